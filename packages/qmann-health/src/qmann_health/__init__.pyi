from .alarms import MonitorReport as MonitorReport
from .calibration import binned as binned
from .config import HealthConfig as HealthConfig
from .config import HealthSettings as HealthSettings
from .data import Patients as Patients
from .data import demo_patients as demo_patients
from .data import load_patients as load_patients
from .reports import DiagnosisReport as DiagnosisReport
from .similarity import similar_patients as similar_patients
from .survival.calibration import by_groups as by_groups
from .survival.censoring import kaplan_meier as kaplan_meier
from .survival.data import Followed as Followed
from .survival.data import demo_followed as demo_followed
from .survival.data import load_followed as load_followed
from .survival.reports import SurvivalReport as SurvivalReport
from .tasks import TASKS as TASKS
from .tasks import audit as audit
from .tasks import diagnose as diagnose
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import load as load
from .tasks import monitor as monitor
from .tasks import predict as predict
from .tasks import survival_risk as survival_risk
from .treatment import TreatmentEffect as TreatmentEffect
from .treatment import treatment_effect as treatment_effect

__version__: str
