from .config import IndustrialConfig as IndustrialConfig
from .config import IndustrialSettings as IndustrialSettings
from .tasks import TASKS as TASKS
from .tasks import audit as audit
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import load as load
from .tasks import predict as predict
from .tep import read_tennessee_eastman as read_tennessee_eastman
from .tep import tennessee_eastman as tennessee_eastman

__version__: str
