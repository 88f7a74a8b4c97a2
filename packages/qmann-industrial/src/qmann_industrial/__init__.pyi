from .config import IndustrialConfig as IndustrialConfig
from .config import IndustrialSettings as IndustrialSettings
from .tasks import TASKS as TASKS
from .tasks import audit as audit
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import load as load
from .tasks import predict as predict

__version__: str
