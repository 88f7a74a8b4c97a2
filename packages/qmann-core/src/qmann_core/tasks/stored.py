"""Parts of a trained model as tensors of its file, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor

from ..data import Samples
from ..errors import DataError
from ..evaluation import Calibration
from ..parsing import shown
from .backtest import Backtest, without_inputs
from .evidence import Known
from .others import Other

_LABELS, _TARGETS, _DATA = "known/label", "known/y", "data/csv.gz"
_FILE = "model.safetensors"
_TWIN, _LEARNED, _BACKTEST = "twin/", "learned/", "backtest/"
LEARNED_X = f"{_LEARNED}x"
_PARTS = ("calibration/", "known/", "data/", "other/", _TWIN, _LEARNED, _BACKTEST)


def calibration_tensors(calibrations: Mapping[str, Calibration], of: str = "") -> dict[str, Tensor]:
    """As they are stored; ``of`` another model than the network."""
    return {
        f"{of}calibration/{name}/{part}": torch.from_numpy(np.ascontiguousarray(values))
        for name, calibration in calibrations.items()
        for part, values in asdict(calibration).items()
    }


def stored_calibration(tensors: Mapping[str, Tensor], name: str, of: str = "") -> Calibration:
    """A unit's, from what was stored.

    Raises:
        DataError: a part is missing, or they are not those of one calibration.
    """
    of = f"{of}calibration/{name}/"
    scores, probabilities, adapted = (
        _stored(tensors, f"{of}{part}", torch.float64, n_axes)
        for part, n_axes in (("scores", 2), ("probabilities", 1), ("adapted", 2))
    )
    if adapted.shape != (scores.shape[1], len(probabilities)):
        raise DataError(
            f"{_FILE}: {shown(of)} adapted is {list(adapted.shape)}; expected "
            f"{[scores.shape[1], len(probabilities)]}: restore it, or fit again"
        )
    return Calibration(scores=scores, probabilities=probabilities, adapted=adapted)


def known_tensors(known: Known) -> dict[str, Tensor]:
    """As they are stored."""
    return {_LABELS: _as_text(known.label), _TARGETS: torch.from_numpy(known.y)}


def stored_known(tensors: Mapping[str, Tensor]) -> Known | None:
    """What the model was trained on, if labels name it.

    Raises:
        DataError: labels that are no text, or not one for each row of the targets.
    """
    if not tensors.keys() & {_LABELS, _TARGETS}:
        return None
    older = _TARGETS in tensors and tensors[_TARGETS].dtype == torch.float32
    y = _stored(tensors, _TARGETS, torch.float32 if older else torch.float64, 2)
    labels = _as_lines(_stored(tensors, _LABELS, torch.uint8, 1))
    if len(labels) != len(y):
        raise DataError(
            f"{_FILE}: {_LABELS} names {len(labels)} rows, and {_TARGETS} has {len(y)}: restore "
            "it, or fit again"
        )
    return Known(labels, y)


def data_tensors(data: bytes) -> dict[str, Tensor]:
    """As they are stored."""
    return {_DATA: torch.frombuffer(bytearray(data), dtype=torch.uint8)}


def stored_data(tensors: Mapping[str, Tensor]) -> bytes | None:
    """What the model was fitted to, where it goes on from there.

    Raises:
        DataError: it is none.
    """
    return _stored(tensors, _DATA, torch.uint8, 1).tobytes() if _DATA in tensors else None


def _stored(
    tensors: Mapping[str, Tensor], name: str, dtype: torch.dtype, n_axes: int
) -> Shaped[np.ndarray, "..."]:
    tensor = tensors.get(name)
    if tensor is None or tensor.dtype != dtype or tensor.ndim != n_axes:
        found = "absent" if tensor is None else f"{tensor.dtype} {list(tensor.shape)}"
        raise DataError(
            f"{_FILE}: {shown(name)} is {found}; expected {dtype} with {n_axes} axes: restore "
            "it, or fit again"
        )
    return np.asarray(tensor.numpy())


def stored_state(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The networks' own."""
    return {k: v for k, v in tensors.items() if not k.startswith(_PARTS)}


def other_prefix(number: int) -> str:
    """Of the calibrations of another model."""
    return f"other/{number}/"


def other_tensors(others: Sequence[Other]) -> dict[str, Tensor]:
    """Those of models beside the network, as they are stored: one of them may be a network."""
    found = dict[str, Tensor]()
    for number, other in enumerate(others):
        found |= calibration_tensors(other.calibrations, other_prefix(number))
        state = {} if other.model is None else other.model.state_dict()
        found |= {f"{_TWIN}{name}": each for name, each in state.items()}
    return found


def stored_twin(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A twin's own; empty where none is stored."""
    return _below(tensors, _TWIN)


def learned_tensors(samples: Samples) -> dict[str, Tensor]:
    """What baselines are fitted to, as it is stored."""
    found = {"x": samples.x, **_sample_tensors(samples)}
    usual = Samples(samples.x, samples.y).regressors
    if not torch.equal(usual.nan_to_num(), samples.regressors.nan_to_num()):
        found["regressors"] = samples.regressors
    return {f"{_LEARNED}{name}": each for name, each in found.items()}


def stored_learned(tensors: Mapping[str, Tensor], template: Samples) -> Samples | None:
    """What baselines are fitted to, if that is stored.

    Raises:
        DataError: it does not fit the model.
    """
    if not (found := _below(tensors, _LEARNED)):
        return None
    x = _like(found, "x", template.x)
    if "regressors" not in found:
        return _samples(found, template, x, Samples(x, torch.empty(len(x), 1)).regressors)
    return _samples(found, template, x, _like(found, "regressors", template.regressors))


def backtest_tensors(backtest: Backtest) -> dict[str, Tensor]:
    """As they are stored."""
    found = _sample_tensors(backtest.samples)
    found["probabilities"] = torch.tensor(backtest.probabilities, dtype=torch.float64)
    for number, outputs in enumerate(backtest.outputs.values()):
        for name, values in outputs.items():
            found[f"{number}/{name}"] = torch.from_numpy(values.astype(np.float32))
    if (label := backtest.samples.label) is not None:
        found["label"] = _as_text(label)
    return {f"{_BACKTEST}{name}": each for name, each in found.items()}


def stored_backtest(
    tensors: Mapping[str, Tensor], template: Samples, models: Sequence[str]
) -> Backtest:
    """What models answered on the test rows.

    Raises:
        DataError: a part is missing, or not of those rows.
    """
    found = _below(tensors, _BACKTEST)
    samples = without_inputs(_samples(found, template, torch.empty(len(found.get("y", ())), 1)))
    outputs = {}
    for number, model in enumerate(models):
        parts = _below(found, f"{number}/")
        if not parts or any(len(each) != len(samples) for each in parts.values()):
            raise _unlike(f"{_BACKTEST}{number}", f"{len(samples)} rows")
        outputs[model] = {name: each.double().numpy() for name, each in parts.items()}
    probabilities = _stored(found, "probabilities", torch.float64, 1)
    return Backtest(samples, outputs, tuple(probabilities.tolist()))


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _sample_tensors(samples: Samples) -> dict[str, Tensor]:
    time = samples.time.astype("datetime64[ns]") if samples.dated else samples.time
    return {
        "y": samples.y,
        "time": torch.from_numpy(time.astype(np.int64)),
        "unit": torch.from_numpy(samples.unit.astype(np.int64)),
        **{f"aux/{name}": each for name, each in samples.aux.items()},
    }


def _samples(
    found: Mapping[str, Tensor], template: Samples, x: Tensor, regressors: Tensor | None = None
) -> Samples:
    time, unit = (_stored(found, name, torch.int64, 1) for name in ("time", "unit"))
    y = _like(found, "y", template.y)
    if len(unit) and not 0 <= unit.min() <= unit.max() < len(template.units):
        raise _unlike("unit", f"numbers below {len(template.units)}")
    return Samples(
        x,
        y,
        regressors=regressors,
        time=time.astype("datetime64[ns]") if template.dated else time,
        unit=unit,
        units=template.units,
        targets=template.targets,
        lead=template.lead,
        label=_as_lines(_stored(found, "label", torch.uint8, 1)) if "label" in found else None,
        aux=_below(found, "aux/"),
    )


def _like(found: Mapping[str, Tensor], name: str, rows: Tensor) -> Tensor:
    """A part with as many columns as the model reads."""
    tensor = found.get(name)
    if tensor is None or not tensor.is_floating_point() or tensor.shape[1:] != rows.shape[1:]:
        raise _unlike(name, f"rows of {list(rows.shape[1:])}")
    return tensor


def _unlike(name: str, expected: str) -> DataError:
    return DataError(f"{_FILE}: expected {expected} as {shown(name)}: restore it, or fit again")


def _as_text(label: Shaped[np.ndarray, " row"]) -> Tensor:
    return torch.frombuffer(bytearray("\n".join(label).encode()), dtype=torch.uint8)


def _as_lines(text: Shaped[np.ndarray, " byte"]) -> Shaped[np.ndarray, " row"]:
    """Raises: DataError, what is no text."""
    try:
        return np.array(bytes(text).decode().split("\n"))
    except UnicodeDecodeError as error:
        raise DataError(f"{_FILE}: labels are no text: restore it, or fit again") from error
