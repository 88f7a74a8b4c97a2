"""Beats: what is read of files and recordings, what is refused, and what is answered."""

import json

import numpy as np
import pandas as pd
import pytest
import wfdb
from drawn_beats import drawn_beats

from qmann_core.errors import ConfigError, DataError
from qmann_health import BeatConfig, classify_ecg, load
from qmann_health.beats import read_beats, read_unlabelled
from qmann_health.features import beat_samples
from qmann_health.scores import patient_folds

TABLE = drawn_beats(40)
RATE = 250


def read(source, **application):
    return read_beats(source, BeatConfig(**application))


def write_ucr(folder, table=TABLE, name="Drawn_TRAIN.tsv"):
    numbered = table.assign(label=table["label"].map({"N": 1, "S": 2, "V": 3}))
    numbered.to_csv(folder / name, sep="\t", header=False, index=False)
    return folder / name


def write_recording(folder, symbols, name="a"):
    """A peak at each annotated beat, one every 200 samples from the 20th on."""
    peak = 20 + 200 * np.arange(len(symbols))
    wave = np.exp(-(((np.arange(peak[-1] + 150) - peak[:, None]) / 5) ** 2)).sum(axis=0)
    about = {"fs": RATE, "units": ["mV"], "sig_name": ["MLII"], "fmt": ["16"]}
    wfdb.wrsamp(name, p_signal=wave[:, None], write_dir=str(folder), **about)
    wfdb.wrann(name, "atr", peak, list(symbols), write_dir=str(folder))
    return folder / f"{name}.hea"


def test_rows_of_a_table_are_beats_of_mean_zero_and_deviation_one():
    found = read(TABLE.assign(label=TABLE["label"].replace("S", "")))
    assert found.words == ("N", "V")
    assert found.target.isna().sum() == (TABLE["label"] == "S").sum()
    raw = TABLE.drop(columns="label").to_numpy()
    expected = (raw - raw.mean(axis=1, keepdims=True)) / raw.std(axis=1, keepdims=True)
    np.testing.assert_allclose(found.table, expected, rtol=1e-12)
    assert any("nothing about other patients" in note for note in found.notes)
    counts = found.to_frame().set_index("label")["beats"]
    assert counts["to be predicted"] + counts["N"] + counts["V"] == len(TABLE)


def test_the_files_of_ucr_keep_their_split(tmp_path):
    other = drawn_beats(12, seed=1)
    write_ucr(tmp_path, other, "Drawn_TEST.tsv")
    found = read(write_ucr(tmp_path))
    assert found.words == ("1", "2", "3")
    assert found.test.tolist() == [False] * 40 + [True] * 12
    named = read(write_ucr(tmp_path, name="a.tsv"), test=str(tmp_path / "Drawn_TEST.tsv"))
    pd.testing.assert_frame_equal(named.table, found.table)
    samples = beat_samples(found, BeatConfig())
    (fold,) = patient_folds(samples, BeatConfig())
    tested = {f"row {row}" for row in range(41, 53)}
    assert set(samples.label[fold.test]) == tested
    assert not tested & set(samples.label[fold.train])
    packed = tmp_path / "packed_TRAIN.tsv.gz"
    TABLE.assign(label=1).to_csv(packed, sep="\t", header=False, index=False)
    assert read_unlabelled(packed, BeatConfig()).target is None


def test_patients_are_not_parted(tmp_path):
    found = read(TABLE.assign(pid=np.arange(40) // 4))
    assert not [note for note in found.notes if "other patients" in note]
    for fold in patient_folds(beat_samples(found, BeatConfig()), BeatConfig(split="folds")):
        unit = found.patient
        assert not set(unit[fold.train]) & set(unit[fold.test])
    both = TABLE.assign(pid=1)
    both.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(DataError, match="1 patients are both learned from and tested on"):
        read(TABLE.assign(pid=np.arange(40) // 4), test=str(tmp_path / "a.csv"))


def test_beats_are_cut_around_annotations(tmp_path):
    """Whole ones: the first begins before the recording does; Q stands there once."""
    found = read(write_recording(tmp_path, "NNVNNVQN"))
    assert found.words == ("N", "V")
    assert found.target.tolist() == [0, 1, 0, 0, 1, 0]
    np.testing.assert_allclose(
        found.second.loc[found.table.index], [0.88, 1.68, 2.48, 3.28, 4.08, 5.68]
    )
    seconds = np.linspace(-0.25, 0.45, 128)
    raw = np.exp(-((seconds * RATE / 5) ** 2))
    expected = (raw - raw.mean()) / raw.std()
    np.testing.assert_allclose(found.table.to_numpy(), np.tile(expected, (6, 1)), atol=0.15)
    assert any("of which there is one beat: 'Q'" in note for note in found.notes)
    other = write_recording(tmp_path, "NNVV", name="b")
    assert len(np.unique(read(other, test=str(tmp_path / "a.hea")).patient)) == 2
    (tmp_path / "b.atr").unlink()
    with pytest.raises(DataError, match=r"b.hea: no annotated beats.*\.atr file"):
        read(other)
    found = read_unlabelled(write_recording(tmp_path, "N" * 12), BeatConfig())
    assert found.target is None
    (tmp_path / "a.atr").unlink()
    again = read_unlabelled(tmp_path / "a.hea", BeatConfig())
    assert len(again.table) >= 10
    late = np.abs(again.second.to_numpy()[:, None] - found.second.to_numpy()).min(axis=1)
    assert late.max() < 0.04


WORD = TABLE.astype(object)
WORD.loc[3, "7"] = "high"
SHORT = TABLE.astype(object)
SHORT.loc[5, "24"] = None


@pytest.mark.parametrize(
    ("source", "application", "message"),
    [
        (None, {}, r"no package has labelled beats to show. Expected a .tsv file of the UCR"),
        (TABLE.drop(columns="label"), {}, "no column of labels among '1', '2'"),
        (TABLE, {"target": "kind"}, "no column 'kind'"),
        (TABLE.assign(label="N"), {}, "column 'label' has 1 different words"),
        (TABLE.assign(label=np.arange(40) // 2), {}, "column 'label' has 20 different words"),
        (TABLE.assign(label=0.5 * (np.arange(40) % 3)), {}, "fractions, which look measured"),
        (SHORT, {}, "1 of 40 beats have gaps, words or fewer than 24 samples, the first in row 6"),
        (WORD, {}, "1 of 40 beats have gaps, words or fewer than 24 samples, the first in row 4"),
        (
            TABLE.assign(**{str(k): 0.5 for k in range(1, 25)}),
            {},
            "40 of 40 beats have the same value throughout, the first in row 1",
        ),
        (TABLE.assign(code=TABLE["label"].map({"N": 0, "S": 1, "V": 2})), {}, "column 'code' is"),
        ("beats.doc", {}, "no such file"),
    ],
)
def test_what_cannot_be_used_is_refused(source, application, message):
    with pytest.raises(DataError, match=message):
        read(source, **application)


def test_beats_that_are_learned_from_and_tested_on_are_told(tmp_path):
    twice = pd.concat((TABLE, TABLE.head(3)))
    assert "3 beats stand there twice and may be both" in " ".join(read(twice).notes)
    write_ucr(tmp_path, TABLE.tail(5), "Drawn_TEST.tsv")
    assert "5 beats are both learned from and tested on" in " ".join(
        read(write_ucr(tmp_path)).notes
    )


@pytest.fixture(scope="module")
def report():
    return classify_ecg(drawn_beats(160, asked=4), progress=False, level=(90,))


def test_labels_are_answered_with_evidence(report):
    frame = report.to_frame()
    assert frame["row"].tolist() == [157, 158, 159, 160]
    np.testing.assert_allclose(frame[["P(N)", "P(S)", "P(V)"]].sum(axis=1), 1)
    truth = drawn_beats(160)["label"].tail(4).tolist()
    assert frame["most probable"].tolist() == truth
    shares = report.evidence.merge(
        frame, left_on="beat", right_on=frame["row"].map("row {}".format)
    )
    alike = (shares["outcome"] == shares["most probable"]).groupby(shares["row"]).sum()
    assert [f"{n} of 5" for n in alike] == frame["alike"].tolist()
    assert report.metrics["accuracy"] > 0.9
    assert report.evaluation.circuits["hybrid"].share >= 0.95
    assert report.confusion.to_numpy().sum() == report.evaluation.n_test == 32
    assert report.notes[0] == "Research use, not a medical device."
    assert any("one patient's beats" in note for note in report.notes)
    json.dumps(report.to_dict())


def test_a_saved_model_answers_beats_without_labels(report, tmp_path):
    report.save(tmp_path / "model")
    asked = drawn_beats(160).tail(4)
    again = load(tmp_path / "model").predict(asked.drop(columns="label")).to_frame()
    columns = ["P(N)", "P(S)", "P(V)"]
    np.testing.assert_array_equal(again[columns], report.to_frame()[columns])
    with pytest.raises(DataError, match="the data give features of the shapes"):
        load(tmp_path / "model").predict(asked.drop(columns=["label", "24"]))


def test_options_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="got level"):
        classify_ecg(TABLE, level=(20,), progress=False)
    with pytest.raises(DataError, match="nothing to predict"):
        classify_ecg(TABLE, progress=False)
