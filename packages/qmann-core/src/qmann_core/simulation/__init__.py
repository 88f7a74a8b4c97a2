"""How circuits are computed: batched, differentiable, in PyTorch."""

from .plan import ExecutionPlan as ExecutionPlan
from .plan import Prepared as Prepared
from .plan import compile_circuit as compile_circuit
