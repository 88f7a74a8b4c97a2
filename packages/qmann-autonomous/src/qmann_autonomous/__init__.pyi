from .config import AutonomousConfig as AutonomousConfig
from .config import AutonomousSettings as AutonomousSettings
from .encounters import Approach as Approach
from .encounters import closest_approach as closest_approach
from .encounters import encounter_situation as encounter_situation
from .encounters import following_time_to_collision as following_time_to_collision
from .encounters import post_encroachment_time as post_encroachment_time
from .encounters import time_to_collision as time_to_collision
from .moments import assess_risk as assess_risk
from .paths import Paths as Paths
from .reports import TrajectoryReport as TrajectoryReport
from .risk import conflicts as conflicts
from .risk import risk_result as risk_result
from .tasks import TASKS as TASKS
from .tasks import audit as audit
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import load as load
from .tasks import predict as predict
from .tasks import predict_trajectory as predict_trajectory
from .tracks import Tracks as Tracks
from .tracks import demo_tracks as demo_tracks
from .tracks import load_tracks as load_tracks

__version__: str
