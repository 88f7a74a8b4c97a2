"""What a training run tells, its state between two epochs, and the folder that keeps it."""

import dataclasses
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn

from ..errors import DataError
from ..files import make_folder
from ..storage import check_kinds, finite, read_tensors, write_tensors
from .optimiser import AdamW

_LOG = logging.getLogger("qmann.training")
_MODEL, _BEST = "model", "best"
_FEW = 4  # differences that are told


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


@dataclass(frozen=True)
class RunState:
    """What is known after an epoch, besides what the model and the optimiser hold."""

    history: History
    best: Mapping[str, Tensor]
    """State of the model after the best epoch."""
    finished: bool = False

    @property
    def epoch(self) -> int:
        return self.history.epoch

    @property
    def improved(self) -> bool:
        """Whether the epoch that ended is the best so far."""
        return self.history.best_epoch == self.epoch

    def after(
        self, training: float, validation: float | None, seconds: float, model: nn.Module
    ) -> "RunState":
        """The state one epoch later; ``model`` is copied where it is the best so far.

        Without a validation loss every epoch is the best so far.
        """
        old = self.history
        improved = validation is None or validation < old.validation[old.best_epoch]
        history = dataclasses.replace(
            old,
            training=(*old.training, training),
            validation=old.validation if validation is None else (*old.validation, validation),
            best_epoch=self.epoch + 1 if improved else old.best_epoch,
            seconds=old.seconds + seconds,
        )
        return RunState(history, snapshot(model) if improved else self.best)

    def ended(self, epochs: int) -> "RunState":
        """The same state with training over, early or after all ``epochs``."""
        history = dataclasses.replace(self.history, stopped_early=self.epoch < epochs)
        return dataclasses.replace(self, history=history, finished=True)


@dataclass(frozen=True, eq=False)
class RunFolder:
    """A folder with ``last.safetensors`` and ``best.safetensors`` of one training run.

    Both hold the whole state: the one after the last checkpoint, the other after the best epoch.
    Generators are not in it, because each epoch seeds its own from the run's seed, which is.
    """

    folder: Path
    identity: dict[str, Any]
    model: nn.Module
    optimisers: Mapping[str, AdamW]

    def save(self, state: RunState) -> None:
        """Write ``best.safetensors`` after an improvement, then ``last.safetensors``."""
        groups = {
            _MODEL: self.model.state_dict(),
            _BEST: state.best,
            **{name: optimiser.state() for name, optimiser in self.optimisers.items()},
        }
        tensors = {f"{g}/{name}": t for g, members in groups.items() for name, t in members.items()}
        metadata = {
            "identity": self.identity,
            "history": dataclasses.asdict(state.history),
            "epoch": state.epoch,
            "finished": state.finished,
        }
        make_folder(self.folder, "checkpoints")
        for name in (*["best"] * state.improved, "last"):
            write_tensors(self._path(name), tensors, metadata)

    def resume(self) -> RunState | None:
        """Put model and optimisers where ``last.safetensors`` says, if there is one.

        Raises:
            DataError: the file is damaged, or belongs to another model, configuration, seed or
                data; says what differs.
        """
        source = self._path("last")
        if not source.exists():
            return None
        tensors, metadata = read_tensors(source)
        if not metadata.keys() >= {"identity", "history", "finished"}:
            raise DataError(f"{source}: not a checkpoint of a training run; choose another folder")
        groups: dict[str, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            group, _, member = name.partition("/")
            groups.setdefault(group, {})[member] = tensor
        own = self.model.state_dict()
        check_kinds(own, groups.get(_MODEL, {}), source=source)
        self._check_identity(source, metadata["identity"])
        check_kinds(own, groups.get(_BEST, {}), source=source)
        for name, optimiser in self.optimisers.items():
            check_kinds(optimiser.state(), groups.get(name, {}), source=source)
        finite(tensors, source)
        history = _history(metadata, source)
        self.model.load_state_dict(groups[_MODEL])
        for name, optimiser in self.optimisers.items():
            optimiser.load(groups[name])
        state = RunState(history, groups[_BEST], metadata["finished"] is True)
        _LOG.info("%s: continuing after epoch %d", source, state.epoch)
        return state

    def _check_identity(self, source: Path, told: Any) -> None:
        here, there = self.identity, told if isinstance(told, dict) else {}
        differing = [key for key in here | there if here.get(key) != there.get(key)]
        if differing:
            listed = "; ".join(
                f"{key:.80} is {there.get(key, 'absent')!s:.80} there and "
                f"{here.get(key, 'absent')} here"
                for key in differing[:_FEW]
            )
            more = f"; and {len(differing) - _FEW} more" if len(differing) > _FEW else ""
            raise DataError(
                f"{source}: belongs to another training run: {listed}{more}. Continue with the "
                "same settings and data, or choose another folder"
            )

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.safetensors"


def _history(metadata: Mapping[str, Any], source: Path) -> History:
    try:
        history = TypeAdapter(History).validate_python(metadata["history"])
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"]))
        raise DataError(f"{source}: its history has a wrong {key:.80}; delete it") from error
    n = history.epoch
    if len(history.validation) not in (0, n + 1) or not 0 <= history.best_epoch <= n:
        raise DataError(f"{source}: its history is not that of {n} epochs; delete it")
    return history


def snapshot(model: nn.Module) -> dict[str, Tensor]:
    """A copy of a model's state."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def digest(tensor: Tensor) -> str:
    """Type, shape and hash of a tensor, to tell data apart."""
    values = tensor.detach().cpu().contiguous().numpy()
    return f"{values.dtype}{list(values.shape)} {hashlib.sha256(values.data).hexdigest()[:12]}"
