"""The strategy for deep circuits on many qubits, where memory decides."""

from typing import final

from .gatewise import SweepProgram


@final
class AdjointProgram(SweepProgram):
    """As `GatewiseProgram`, but the backward pass undoes the state.

    The circuit U = U_k ... U_1 is unitary, so the state before move k is the inverse of U_k times
    the state after it: the backward pass starts from the final state, all that is kept, and takes
    it back to the start together with the gradient,

        psi_(k-1) = U_k^-1 psi_k,    g_(k-1) = U_k^-1 g_k,    dL/dU_k = g_k psi_(k-1)^dagger.

    Memory does not grow with depth; the backward pass takes a third longer than with kept states.
    There are no second derivatives. Jones and Gacon, arXiv:2009.02823.
    """

    undoes = True
    name = "adjoint"
