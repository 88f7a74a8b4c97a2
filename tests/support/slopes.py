"""Derivatives for Newton's method; imported by path."""

from torch.autograd import functional


def by_autograd(value):
    """Gradient and Hessian of a function of few weights."""
    return lambda weights: (
        functional.jacobian(value, weights),
        functional.hessian(value, weights),
    )
