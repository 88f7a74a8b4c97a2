from .config import AutonomousConfig as AutonomousConfig
from .config import AutonomousSettings as AutonomousSettings
from .paths import Paths as Paths
from .tracks import Tracks as Tracks
from .tracks import demo_tracks as demo_tracks
from .tracks import load_tracks as load_tracks

__version__: str
