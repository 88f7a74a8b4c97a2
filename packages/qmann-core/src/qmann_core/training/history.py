"""What a training run tells: to its callbacks while it runs, to its caller when it is over."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, kw_only=True)
class History:
    """How a training run went; ``json.dumps(dataclasses.asdict(history))`` works."""

    training: tuple[float, ...] = ()
    """Mean loss per training sample of each epoch, taken while the weights moved."""
    validation: tuple[float, ...] = ()
    """Validation loss before training, and then after each epoch: one more than ``training``.

    Empty where there was no validation part.
    """
    best_epoch: int = 0
    """Epoch whose weights the model has now; 0 when training improved nothing."""
    stopped_early: bool = False
    """Whether patience ran out, or a callback stopped, before the last epoch."""
    seconds: float = 0.0
    """Wall time of the epochs, those before a resume included."""


@dataclass(frozen=True, kw_only=True)
class EpochState:
    """What a callback sees at the end of an epoch."""

    epoch: int
    """The epoch that ended, from 1."""
    epochs: int
    """How many there are at most."""
    training_loss: float
    validation_loss: float | None
    """None without a validation part; then the latest epoch counts as the best."""
    best_epoch: int
    """Epoch of the lowest validation loss so far; equal to ``epoch`` when this one improved it."""
    best_loss: float | None
    """The lowest validation loss so far."""
    seconds: float
    """Wall time of all epochs so far."""


@runtime_checkable
class Callback(Protocol):
    """Something that watches training, and may raise ``StopTraining`` to end it."""

    def on_epoch_end(self, state: EpochState) -> None: ...
