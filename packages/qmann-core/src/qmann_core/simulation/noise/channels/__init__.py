"""Noise as Kraus operators and Pauli transfer matrices, differentiable in its rates.

A channel maps a density matrix ``rho`` to ``sum_k K_k rho K_k^dagger``. Definitions are those of
Nielsen and Chuang, Quantum Computation and Quantum Information, chapter 8, with PennyLane's
parameters. A rate is a number or a tensor without axes, which may require a gradient.
"""

from .confusion import ReadoutConfusion as ReadoutConfusion
from .maps import superoperator as superoperator
from .maps import transfer_matrix as transfer_matrix
from .pauli import PauliChannel as PauliChannel
from .pauli import bit_flip as bit_flip
from .pauli import depolarising as depolarising
from .pauli import pauli_channel as pauli_channel
from .pauli import phase_flip as phase_flip
from .rates import Rate as Rate
from .relaxation import Relaxation as Relaxation
from .relaxation import amplitude_damping as amplitude_damping
from .relaxation import phase_damping as phase_damping
from .relaxation import thermal_relaxation as thermal_relaxation

Channel = PauliChannel | Relaxation
