"""Whether what a saved model holds fits together, before it is asked anything."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from textwrap import shorten
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ..base import AsFitted
from ..data import Samples
from ..errors import DataError, QMANNError
from ..nn import QMANN, Ensemble, Readout
from ..nn.forest import Forest
from ..nn.outcomes import Intervals, Outputs
from ..parsing import shown
from .evidence import gather
from .fitted import Fitted
from .others import Other
from .regions import with_region
from .walk import decode, raw_outputs

_MAKERS = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn)
_ROOM, _TIMES = 2**22, 4  # numbers beside those of the state, of which there are copies
_FAR = 2**62  # nanoseconds or steps: later than all that a model has seen
_MISFITS = (
    ArithmeticError,
    AssertionError,
    IndexError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)


def check_state(model: Ensemble, state: Mapping[str, Tensor]) -> None:
    """Refuse tensors of other names, types or shapes than those of a network.

    Raises:
        DataError: names the first tensor that differs.
    """
    fitted = {
        f"{name}.{own}"
        for name, part in model.named_modules()
        if isinstance(part, AsFitted)
        for own, _ in part.named_buffers(recurse=False)
    }
    floats, usual = set[torch.dtype](), torch.get_default_dtype()
    for name, expected in model.state_dict().items():
        found = state.get(name)
        if found is None:
            raise DataError(f"model.safetensors has no {name}: restore it, or fit again")
        same = found.ndim == expected.ndim if name in fitted else found.shape == expected.shape
        if expected.dtype == usual and found.is_floating_point():
            floats.add(found.dtype)
        elif found.dtype != expected.dtype:
            same = False
        if not same or len(floats) > 1:
            raise DataError(
                f"model.safetensors: {name} is {_kind(found)}, but its configuration asks for "
                f"{_kind(expected)}: restore it, or fit again"
            )
    if others := sorted(state.keys() - model.state_dict().keys()):
        raise DataError(
            f"model.safetensors has {shown(others[0])}, for which its configuration has no place: "
            "restore it, or fit again"
        )


def check_members(model: Ensemble, units: int, known: int | None) -> None:
    """Refuse numbers that count or point to what is not there.

    Raises:
        DataError: says which.
    """
    for member in model:
        for part in member.modules():
            if isinstance(part, Readout):
                _check_range("variant", part.variant, len(part.variants))
            if isinstance(part, Forest):
                part.check(_width(member))
        if (memory := member.memory) is not None:
            _check_range("occupied", memory.occupied, memory.capacity + 1)
            held = slice(memory.n_cases)
            _check_range("group", memory.group[held], units)
            if known is not None:
                _check_range("row", memory.row[held], known)


def check_models(fitted: Fitted) -> None:
    """Refuse others than the models of the evaluation, or a learned part that is not there.

    Raises:
        DataError: says which.
    """
    found = {fitted.network, *fitted.others}
    unknown = {
        name
        for name, other in fitted.others.items()
        if other.model is None and name not in fitted.task.baselines
    }
    if found != fitted.evaluation.scores.keys() or unknown:
        names = ", ".join(sorted(unknown or found ^ fitted.evaluation.scores.keys()))
        raise DataError(
            f"its models do not fit together ({shown(names)}): restore it, or fit again"
        )
    kept = fitted.task.calibration == "fixed" and fitted.config.memory.together == 1
    if (fitted.learned is None) == kept:
        raise DataError("model.safetensors has no learned/x, or one too many: restore it")


def check_together(fitted: Fitted) -> None:
    """Answer for one row, all zeros, so that parts that do not fit are found here.

    Raises:
        DataError: they do not, or the answer is no number.
    """
    template = fitted.template
    time = np.array([_FAR]).astype(template.time.dtype)
    row = replace(
        template,
        x=torch.zeros(1, *template.x.shape[1:]),
        y=torch.zeros(1, *template.y.shape[1:]),
        regressors=torch.zeros(1, template.regressors.shape[1]),
        time=time,
        unit=np.zeros(1, dtype=np.int64),
    )
    own, levels = Other(fitted.calibrations, fitted.model), fitted.config.application.level
    twins = [other.model for other in fitted.others.values() if other.model is not None]
    with fitting(), torch.no_grad():
        answers = {id(model): _answer(model, row) for model in (fitted.model, *twins)}
        for other in (own, *fitted.others.values()):
            model = other.model or fitted.model
            outputs = answers[id(model)]
            alone = other.calibrations or model.head.region in outputs
            if not alone and (other is own or other.model is not None):
                raise DataError("calibrations are missing: restore it, or fit again")
            for calibration in other.calibrations.values():
                whole = with_region(outputs, (calibration,), model.head, levels)
                region = whole[model.head.region]
                shape = outputs[model.head.names[0]].shape
                if isinstance(model.head, Intervals) and region.shape[:-1] != shape:
                    told = f"{region.shape[1]} targets, not of {shape[1]}"
                    raise DataError(f"calibrations are of {told}")
        gather(fitted.model, row, template.units, 1, fitted.known)
        evaluation = fitted.evaluation
        evaluation.to_frame(), evaluation.to_dict(), evaluation.carried, evaluation.short
        fitted.tested.first().frame(fitted.model.head), fitted.coverage


def _answer(model: Ensemble, row: Samples) -> Outputs:
    raw = raw_outputs(model, row)
    if not raw.isfinite().all():
        raise DataError("it answers NaN or infinity to zeros: restore it, or fit again")
    return decode(model, raw)


@contextmanager
def fitting() -> Iterator[None]:
    """Parts of a model that do not fit together raise what a reader of the file understands.

    Raises:
        DataError: see above.
    """
    try:
        yield
    except QMANNError:
        raise
    except _MISFITS as error:
        reason = shorten(str(error), 120, placeholder=" ...")
        raise DataError(
            f"its parts do not fit together ({reason}): restore it, or fit again"
        ) from error


def _check_range(name: str, numbers: Tensor, end: int) -> None:
    if numbers.numel() and not (numbers.min() >= 0 and numbers.max() < end):
        raise DataError(
            f"model.safetensors: {name} is not always from 0 to {end - 1}: restore it, or fit again"
        )


def _width(member: QMANN) -> int:
    """Of what a solved readout reads."""
    return int(member.controller.n_states)  # type: ignore[arg-type]


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"


class Bounded(TorchFunctionMode):
    """Inside, no more numbers are made than a model has that these tensors are the state of.

    A small file cannot ask for a large network.

    Raises:
        DataError: more are asked for.
    """

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._left = _ROOM + _TIMES * sum(tensor.numel() for tensor in state.values())

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        options = kwargs or {}
        if func in _MAKERS and str(options.get("device")) != "meta":
            size = options.get("size", args[:1] if func is torch.full else args)
            shape = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
            self._left -= math.prod(shape)
            if self._left < 0:
                raise DataError(
                    "its configuration asks for a larger network than model.safetensors holds: "
                    "restore it, or fit again"
                )
        return func(*args, **options)
