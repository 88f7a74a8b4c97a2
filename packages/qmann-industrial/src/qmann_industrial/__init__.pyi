from .config import FaultConfig as FaultConfig
from .config import FaultSettings as FaultSettings
from .config import HistoryConfig as HistoryConfig
from .config import HistorySettings as HistorySettings
from .faults.data import Readings as Readings
from .faults.data import read_readings as read_readings
from .faults.reports import FaultReport as FaultReport
from .histories import Histories as Histories
from .histories import load_histories as load_histories
from .life.fleet import FleetReport as FleetReport
from .life.reports import LifeReport as LifeReport
from .simulated import demo_histories as demo_histories
from .tasks import TASKS as TASKS
from .tasks import audit as audit
from .tasks import classify_fault as classify_fault
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import fleet_health as fleet_health
from .tasks import load as load
from .tasks import predict as predict
from .tasks import predict_rul as predict_rul
from .tep import read_tennessee_eastman as read_tennessee_eastman
from .tep import tennessee_eastman as tennessee_eastman

__version__: str
