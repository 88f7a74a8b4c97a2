"""AdamW on one flat vector."""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

_MEAN_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-8


class AdamW:
    """Adam with decoupled weight decay for one group of parameters with a common rate.

    For the gradient g of step t, with b1 = 0.9, b2 = 0.999 and e = 1e-8::

        m = b1 m + (1 - b1) g
        v = b2 v + (1 - b2) g^2
        p = (1 - rate decay) p - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + e)

    It equals ``torch.optim.AdamW``, which would import torch's compiler when it is built: that
    takes longer than to import torch itself.

    Args:
        parameters: at least one, each once.
        rate: learning rate.
        decay: weight decay.

    Source: Loshchilov and Hutter, arXiv:1711.05101.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], *, rate: float, decay: float) -> None:
        self.parameters = tuple(parameters)
        self._rate, self._decay = rate, decay
        self._sizes = [parameter.numel() for parameter in self.parameters]
        self._mean = flatten(self.parameters).detach().zero_()
        self._square = self._mean.clone()
        self._steps = 0

    @property
    def size(self) -> int:
        """Number of scalars that it trains."""
        return sum(self._sizes)

    @torch.no_grad()
    def step(self, gradient: Float[Tensor, " scalar"], *, factor: float = 1.0) -> None:
        """Move the parameters against ``gradient``, their gradients end to end.

        The learning rate is multiplied by ``factor``.
        """
        self._steps += 1
        rate = factor * self._rate
        self._mean.lerp_(gradient, 1 - _MEAN_DECAY)
        self._square.mul_(_SQUARE_DECAY).addcmul_(gradient, gradient, value=1 - _SQUARE_DECAY)
        scale = self._square.sqrt().div_(math.sqrt(1 - _SQUARE_DECAY**self._steps)).add_(_EPSILON)
        update = (self._mean / scale).mul_(rate / (1 - _MEAN_DECAY**self._steps))
        parts = torch.split(update, self._sizes)
        for parameter, part in zip(self.parameters, parts, strict=True):
            if self._decay:
                parameter.mul_(1 - rate * self._decay)
            parameter.sub_(part.view_as(parameter))

    def state(self) -> dict[str, Tensor]:
        """Everything that the next step depends on, besides the parameters."""
        return {"mean": self._mean, "square": self._square, "steps": torch.tensor(self._steps)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Continue from what ``state`` returned."""
        self._mean.copy_(state["mean"])
        self._square.copy_(state["square"])
        self._steps = int(state["steps"])


def flatten(tensors: Sequence[Tensor]) -> Float[Tensor, " scalar"]:
    """Copies of tensors, end to end."""
    return torch.cat([tensor.flatten() for tensor in tensors])
