"""Convex readouts on features: one solver, a loss each."""

from .cox import Cox as Cox
from .dual import alone as alone
from .losses import QLIKE as QLIKE
from .losses import Logistic as Logistic
from .losses import Loss as Loss
from .losses import Multinomial as Multinomial
from .losses import Squared as Squared
from .nystroem import Nystroem as Nystroem
from .readout import Readout as Readout
from .solver import MANY as MANY
from .solver import LinearPredictor as LinearPredictor
from .solver import solve as solve
from .student import StudentScale as StudentScale
