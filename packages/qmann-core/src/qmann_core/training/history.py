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

    @property
    def epoch(self) -> int:
        """Epochs that are over."""
        return len(self.training)


@runtime_checkable
class Callback(Protocol):
    """Told the history up to the end of each epoch; may raise ``StopTraining`` to end training."""

    def on_epoch_end(self, history: History) -> None: ...
