from .config import AutonomousConfig as AutonomousConfig
from .config import AutonomousSettings as AutonomousSettings
from .driving import drive as drive
from .paths import Paths as Paths
from .planning import Plan as Plan
from .planning import plan as plan
from .planning import safe_distance as safe_distance
from .scenes import Scene as Scene
from .scenes import demo_scene as demo_scene
from .scenes import load_scene as load_scene
from .tracks import Tracks as Tracks

__version__: str
