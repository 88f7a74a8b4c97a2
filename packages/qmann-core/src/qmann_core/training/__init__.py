"""Training: the loop, its checkpoints, and its seeds."""

from .checkpoint import check_state as check_state
from .checkpoint import fingerprint as fingerprint
from .checkpoint import load_state as load_state
from .checkpoint import read_tensors as read_tensors
from .checkpoint import write_tensors as write_tensors
from .history import Callback as Callback
from .history import EpochState as EpochState
from .history import History as History
from .seeding import derive as derive
from .seeding import seeded as seeded
from .threads import torch_threads as torch_threads
from .trainer import HybridTrainer as HybridTrainer
from .trainer import StopTraining as StopTraining
