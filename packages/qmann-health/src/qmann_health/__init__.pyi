from .monitor import MonitorReport as MonitorReport
from .tasks import TASKS as TASKS
from .tasks import audit as audit
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import load as load
from .tasks import monitor as monitor
from .tasks import predict as predict
