"""Kernels as features, so that every readout is a kernel machine."""

import torch
from jaxtyping import Float
from torch import Tensor

from ...base import ClassicalComponent
from ...errors import DataError


class Nystroem(ClassicalComponent):
    """Features K(x, landmarks) L^-T, where L L^T = K(landmarks, landmarks) + jitter.

    Their inner products are the kernel, if all rows are landmarks; otherwise its Nystroem
    approximation (Williams and Seeger 2001). A ridge readout with ``scaling="origin"`` on them is
    kernel ridge regression with alpha = rows * penalty * (mean square of the features).
    """

    factor: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("factor", torch.zeros(0, 0), persistent=False)

    def fit(self, among: Float[Tensor, "landmark landmark"]) -> None:
        """Learn L from the kernel of landmarks among each other.

        The jitter is what rounding in the kernel's precision may take away from its eigenvalues.

        Raises:
            DataError: the kernel is not finite, symmetric and positive within rounding.
        """
        n, eps = len(among), torch.finfo(among.dtype).eps
        kernel = among.double()
        known = kernel.detach()
        size = float(known.diagonal().abs().mean())
        uneven = float((known - known.mT).abs().max())
        rounding = size * max(4 * n**0.5 * eps, n * torch.finfo(kernel.dtype).eps)
        if not uneven <= rounding:
            raise DataError(
                f"got a kernel that differs from its transpose by {uneven:g}: expected a finite, "
                f"symmetric one, to {rounding:.1g}; give K(landmarks, landmarks)"
            )
        jitter = rounding * torch.eye(n).to(kernel)
        factor, failed = torch.linalg.cholesky_ex((kernel + kernel.mT) / 2 + jitter)
        if failed:
            values = torch.linalg.eigvalsh(known)
            raise DataError(
                f"got a kernel with eigenvalues from {values[0]:.3g} to {values[-1]:.3g}: expected "
                f"none below -{rounding:.1g}; take a positive kernel, or clip its eigenvalues"
            )
        self.factor = factor.to(among.dtype)

    def forward(self, kernel: Float[Tensor, "row landmark"]) -> Float[Tensor, "row landmark"]:
        """Features of rows from their kernel with the landmarks."""
        rows = kernel.double().mT
        features: Tensor = torch.linalg.solve_triangular(self.factor.double(), rows, upper=False)
        return features.mT.to(kernel.dtype)
