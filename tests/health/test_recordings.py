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

from qmann_core.errors import DataError
from qmann_health import read_recording

RATE, N = 250, 1000
WAVE = np.round(np.sin(np.arange(N) / 9) + np.cos(np.arange(N) / 50), 3)
MARKS = pd.Series(["N", "V", "+", "N"], index=[100, 300, 310, 500])
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
