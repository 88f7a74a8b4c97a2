from .config import AutonomousConfig as AutonomousConfig
from .config import AutonomousSettings as AutonomousSettings
from .paths import Paths as Paths
from .tracks import Tracks as Tracks

__version__: str
