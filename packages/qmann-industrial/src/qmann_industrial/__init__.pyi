from .config import FaultConfig as FaultConfig
from .config import FaultSettings as FaultSettings
from .config import IndustrialConfig as IndustrialConfig
from .config import IndustrialSettings as IndustrialSettings
from .faults.data import Readings as Readings
from .faults.data import read_readings as read_readings
from .faults.reports import FaultReport as FaultReport
from .tasks import FAULT as FAULT
from .tasks import TASKS as TASKS
from .tasks import audit as audit
from .tasks import classify_fault as classify_fault
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import load as load
from .tasks import predict as predict
from .tep import read_tennessee_eastman as read_tennessee_eastman
from .tep import tennessee_eastman as tennessee_eastman

__version__: str
