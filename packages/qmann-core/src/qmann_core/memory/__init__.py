"""Quantum content-addressable memory: what it stores, how it is searched, and what that costs."""

from .amplification import AmplitudeAmplification as AmplitudeAmplification
from .banks import CaseMemory as CaseMemory
from .banks import Recalled as Recalled
from .classical_memory import ClassicalMemory as ClassicalMemory
from .decoherence import Decoherence as Decoherence
from .predicates import Equal as Equal
from .predicates import Masked as Masked
from .predicates import Within as Within
from .qmatrix import QMatrix as QMatrix
from .quantum_memory import QuantumMemory as QuantumMemory
from .result import RecallResult as RecallResult
