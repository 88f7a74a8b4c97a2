from .samples import Samples as Samples
from .splits import Fold as Fold
from .splits import tail as tail
from .splits import walk_forward as walk_forward
from .windows import sliding as sliding
from .windows import steps_ahead as steps_ahead
