"""Training: the loop, its checkpoints, and its seeds."""

from .metrics import pinball as pinball
from .metrics import qlike as qlike
from .metrics import scaled_absolute_error as scaled_absolute_error
from .run_state import Callback as Callback
from .run_state import History as History
from .seeding import derive as derive
from .seeding import seeded as seeded
from .seeding import single_precision as single_precision
from .seeding import torch_threads as torch_threads
from .trainer import HybridTrainer as HybridTrainer
from .trainer import StopTraining as StopTraining
