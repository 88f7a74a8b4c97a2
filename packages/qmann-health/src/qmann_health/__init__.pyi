from .config import HealthConfig as HealthConfig
from .config import HealthSettings as HealthSettings
from .data import Patients as Patients
from .data import demo_patients as demo_patients
from .data import load_patients as load_patients
from .reports import DiagnosisReport as DiagnosisReport
from .similarity import similar_patients as similar_patients
from .tasks import TASKS as TASKS
from .tasks import audit as audit
from .tasks import diagnose as diagnose
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import load as load
from .tasks import predict as predict

__version__: str
