"""Recordings: a channel of a file of WFDB, EDF, DICOM or OpenSignals, with its rate."""

import json
import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from pandas import Index, Series

from qmann_core.data import find_column, list_names, name_source, need_column
from qmann_core.errors import DataError

_USUAL = ("ii", "lead ii", "mlii", "ecg ii", "ecg lead ii", "ecg", "ekg")
_BEATS = "NLRBAaJSVrFejnE/fQ?"  # of WFDB's symbols, those of heartbeats
_LEAST_RATE = 60  # twice the upper edge of the band-pass by which R peaks are found
_DAMAGED = (
    *(ValueError, OSError, LookupError, TypeError, AttributeError, EOFError, ArithmeticError),
    *(NotImplementedError, struct.error, UserWarning),
)


@dataclass(frozen=True, eq=False)
class Recording:
    """One channel of a recording, without gaps."""

    source: str
    values: Float[np.ndarray, " sample"]
    rate: float
    """Samples per second."""
    channel: str
    unit: str
    """Of the values, such as mV; "" where the file does not say."""
    beats: Series | None = None
    """By sample, the symbol of each heartbeat that somebody annotated, such as N or V (WFDB)."""


Found = tuple[str, Any, Any, str, Series | None]  # channel, values, rate, unit, beats
Choose = Callable[[Sequence[str]], int]


def is_recording(source: Any) -> bool:
    """Whether `read_recording` reads a source, a file by its suffix."""
    if isinstance(source, str | Path):
        return Path(source).suffix.lower() in _READERS
    return isinstance(source, Recording)


def read_recording(source: Any, channel: str | None = None) -> Recording:
    """Read one channel of a recording.

    Args:
        source: A .hea or .dat file of WFDB, with the beats of an .atr file beside it; .edf (EDF,
            EDF+ without gaps); .dcm (DICOM, its first multiplex group); .txt (OpenSignals); or a
            Recording, which stays as it is.
        channel: Its name; by default the only one, or lead II, or the one called ECG.

    Raises:
        DataError: The package that reads the format is not installed, the file is missing, damaged
            or cut off, no or no such channel is named, there is no sampling rate, or the values are
            flat or have gaps.

    Example:
        >>> read_recording("100.hea", "MLII").rate  # doctest: +SKIP
        360.0
    """
    if isinstance(source, Recording):
        return source
    where = name_source(source)
    if not is_recording(source) or not Path(source).is_file():
        raise DataError(
            f"{where}: no recording. Expected a file that is there and ends in "
            f"{', '.join(_READERS)}: check the path, or save a table as CSV"
        )
    reader = _READERS[Path(source).suffix.lower()]
    try:
        told = reader(Path(source), partial(_choose, channel, where))
        found, values, rate, unit, beats = told
        numbers, rate = np.asarray(values, np.float64), float(rate or 0)
    except DataError:
        raise
    except _DAMAGED as error:
        raise DataError(
            f"{where}: cannot be read ({' '.join(str(error).split())[:200]}). Expected a whole "
            f"recording of {reader.__name__[1:]}: save or copy the file again"
        ) from error
    bad, problem = np.flatnonzero(~np.isfinite(numbers)), ""
    if not 0 < rate < np.inf:
        problem = "no sampling rate. Expected one, in Hz: correct the file"
    elif len(bad):
        problem = (
            f"{len(bad)} of {len(numbers)} samples are no finite numbers, the first is number "
            f"{bad[0]}. Expected none: cut the recording there"
        )
    elif (numbers == numbers[:1]).all():
        problem = f"{len(numbers)} samples, flat. Expected a signal that moves: choose another"
    if problem:
        raise DataError(f"{where}: channel {found!r}: {problem}")
    return Recording(where, numbers, rate, found, unit, beats)


def _choose(channel: str | None, where: str, names: Sequence[str]) -> int:
    """Which of the channels is meant."""
    columns = Index(names)
    if channel is not None:
        chosen = need_column(columns, channel, where=where)
    else:
        chosen = names[0] if len(names) == 1 else find_column(columns, _USUAL)
    if chosen is None:
        raise DataError(
            f"{where}: {len(names)} channels, {list_names(names)}. Expected one, lead II or one "
            "called ECG: name it"
        )
    return list(names).index(chosen)


def library(module: str, extra: str, wanted: str) -> Any:
    """A module of an extra of this package.

    Raises:
        DataError: it is not installed; the message names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise DataError(
            f"{wanted} needs the package {module}. Expected it: pip install 'qmann-health[{extra}]'"
        ) from error


def heartbeats(
    ecg: Float[np.ndarray, " sample"], rate: float, where: str
) -> Int[np.ndarray, " beat"]:
    """Samples of the R peaks of an ECG (sleepecg; Pan and Tompkins 1985).

    Raises:
        DataError: sleepecg is not installed, or the ECG is flat, short or of a low rate.
    """
    if rate <= _LEAST_RATE or len(ecg) <= rate or not np.ptp(ecg):
        raise DataError(
            f"{where}: {len(ecg)} samples at {rate:g} Hz, from {ecg.min():g} to {ecg.max():g}. "
            "Expected an ECG that moves, lasts more than a second and has more than "
            f"{_LEAST_RATE} samples per second, better 100, to find heartbeats"
        )
    found = library("sleepecg", "beats", "finding heartbeats").detect_heartbeats(ecg, rate)
    return np.asarray(found)


def _wfdb(path: Path, choose: Choose) -> Found:
    wfdb, stem = library("wfdb", "wfdb", f"reading {path.name}"), str(path.with_suffix(""))
    record, beats = wfdb.rdrecord(stem), None
    at = choose(record.sig_name)
    if path.with_suffix(".atr").is_file():
        marks = wfdb.rdann(stem, "atr")
        symbols = Series(marks.symbol, index=marks.sample, name="symbol", dtype="str")
        beats = symbols[symbols.isin([*_BEATS])]
    return record.sig_name[at], record.p_signal[:, at], record.fs, record.units[at], beats


def _edf(path: Path, choose: Choose) -> Found:
    edfio = library("edfio", "edf", f"reading {path.name}")
    with warnings.catch_warnings(action="error", category=UserWarning):  # it is cut off
        try:
            edf = edfio.read_edf(path)
        except UnboundLocalError as error:  # edfio's, where a data record lasts no time
            raise ValueError("no sampling rate") from error
    if not edf.is_continuous:
        raise ValueError("EDF+D: it has gaps")
    signal = edf.signals[choose([each.label for each in edf.signals])]
    return signal.label, signal.data, signal.sampling_frequency, signal.physical_dimension, None


def _dicom(path: Path, choose: Choose) -> Found:
    pydicom = library("pydicom", "dicom", f"reading {path.name}")
    if not pydicom.misc.is_dicom(path):
        raise ValueError("no DICOM file")
    data = pydicom.dcmread(path)
    group = data.WaveformSequence[0]
    channels = group.ChannelDefinitionSequence
    names = [each.ChannelSourceSequence[0].CodeMeaning for each in channels]
    at = choose(names)
    units = channels[at].get("ChannelSensitivityUnitsSequence")
    told = group.get("SamplingFrequency"), units[0].CodeValue if units else "", None
    return names[at], data.waveform_array(0)[:, at], *told


def _opensignals(path: Path, choose: Choose) -> Found:
    with path.open(encoding="utf-8") as file:
        (device,) = json.loads(
            next((line[1:] for line in file if line.startswith("# {")), "")
        ).values()
    sensors, labels = device["sensor"], device["label"]
    names = sensors if len({"RAW", *sensors}) > len(sensors) else labels  # each told by its kind
    at = choose(names)
    column = device["column"].index(labels[at])
    values = pd.read_csv(path, sep="\t", comment="#", header=None, usecols=[column])[column]
    return names[at], values, device.get("sampling rate"), "", None


_READERS = {".hea": _wfdb, ".dat": _wfdb, ".edf": _edf, ".dcm": _dicom, ".txt": _opensignals}
