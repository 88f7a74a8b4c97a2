"""A task is a literal; from it come the function, the command line and the conformance tests."""

from .audit import audit as audit
from .evidence import Evidence as Evidence
from .fitted import Fitted as Fitted
from .fitted import evaluate as evaluate
from .fitted import fit as fit
from .progress import Listener as Listener
from .saved import load_fitted as load_fitted
from .saved import save_fitted as save_fitted
from .task import Evaluation as Evaluation
from .task import Outputs as Outputs
from .task import Prediction as Prediction
from .task import Report as Report
from .task import Score as Score
from .task import Task as Task
