"""A task is a literal; from it come the function, the command line and the conformance tests."""

from ..nn.outcomes import Outputs as Outputs
from .audit import audit as audit
from .evaluation import Evaluation as Evaluation
from .evidence import Evidence as Evidence
from .fitted import Fitted as Fitted
from .fitting import answer as answer
from .fitting import evaluate as evaluate
from .fitting import fit as fit
from .loading import load_fitted as load_fitted
from .lookups import in_place as in_place
from .lookups import usable as usable
from .prediction import Prediction as Prediction
from .progress import Listener as Listener
from .report import Report as Report
from .result import Result as Result
from .scores import interval_figures as interval_figures
from .scores import score_classification as score_classification
from .scores import score_regression as score_regression
from .tabular import class_columns as class_columns
from .tabular import shipped_model as shipped_model
from .tabular import tabular_task as tabular_task
from .tabular import value_columns as value_columns
from .task import Score as Score
from .task import Task as Task
