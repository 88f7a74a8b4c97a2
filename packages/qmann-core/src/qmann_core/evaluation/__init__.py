"""How good, how sure, and whether better than the others."""

from .audit import Audit as Audit
from .audit import audit_losses as audit_losses
from .baselines import closed_form as closed_form
from .baselines import mean_value as mean_value
from .baselines import nearest_neighbours as nearest_neighbours
from .baselines import random_forest as random_forest
from .comparison import Comparison as Comparison
from .comparison import PairedTest as PairedTest
from .comparison import block_bootstrap_interval as block_bootstrap_interval
from .comparison import compare as compare
from .comparison import diebold_mariano as diebold_mariano
from .comparison import holm as holm
from .comparison import p_text as p_text
from .comparison import verdict as verdict
from .conformal import Calibration as Calibration
from .conformal import adaptive_conformal as adaptive_conformal
from .conformal import split_conformal as split_conformal
from .ranking import classes as classes
from .ranking import draw as draw
from .ranking import fidelities as fidelities
from .ranking import nearest_beside as nearest_beside
from .ranking import ranked as ranked
from .rivals import Rival as Rival
