"""Diagnosis end to end: on a table with gaps, words, repeated patients and a law."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import metrics
from sklearn.datasets import load_wine

from qmann_core.data import Samples
from qmann_core.errors import ConfigError, DataError
from qmann_health import diagnose, evaluate, fit, load
from qmann_health.calibration import figures
from qmann_health.scores import score_diagnosis

N, ASKED = 150, 4


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    age, grade = rng.normal(60, 10, N).round(), rng.choice(["I", "II", "III"], N)
    eta = 0.1 * (age - 60) + 2.0 * (grade == "III") - 0.5
    dead = rng.random(N) < 1 / (1 + np.exp(-eta))
    status = np.where(dead, "dead", "alive").astype(object)
    status[-ASKED:] = None
    age[rng.random(N) < 0.2] = np.nan
    mrn = [f"secret-{i // 2}" for i in range(N)]
    days = pd.date_range("2020-01-01", periods=N).astype(str)
    return pd.DataFrame({"mrn": mrn, "age": age, "grade": grade, "seen": days, "status": status})


@pytest.fixture(scope="module")
def report(table):
    return diagnose(table, "status", progress=False, level=(80, 90), threshold=0.4)


def test_the_report_says_what_is_known(report):
    frame = report.to_frame()
    assert list(frame["row"]) == list(range(N - ASKED + 1, N + 1))
    assert frame["probability"].between(0, 1).all()
    assert set(frame["at 0.4"]) <= {"dead", "alive"}
    assert set(frame["classes 90 %"]) <= {"dead", "alive", "alive or dead", "neither"}
    assert report.title == "Probability of dead"
    assert report.notes[0] == "Research use, not a medical device."
    assert set(report.evidence["outcome"]) <= {"dead", "alive"}
    assert report.evaluation.circuits["hybrid"].share >= 0.95
    json.dumps(report.to_dict())


def test_figures_are_of_the_patients_held_out(report):
    rows = report.backtest[report.backtest["model"] == "hybrid"]
    y, p = rows["outcome"].to_numpy(float), rows["prediction"].to_numpy(float)
    told = report.figures.set_index("model").loc["hybrid"]
    for name, value in figures(y, p, 0.4).items():
        np.testing.assert_allclose(told[name], value, rtol=1e-12)
    np.testing.assert_allclose(told["Brier"], report.metrics["Brier"], rtol=1e-6)
    at = report.decisions.set_index("threshold").loc[0.4]
    found = (p >= 0.4).astype(float)
    expected = (found * y).mean() - (found * (1 - y)).mean() * 0.4 / 0.6
    np.testing.assert_allclose(at["hybrid"], expected, rtol=1e-9)
    assert at["treat none"] == 0


def test_pictures_are_drawn(report):
    titles = [axes.get_title() for axes in report.plot().axes]
    assert titles == ["Reliability", "Net benefit"]
    assert "out of sample" in report.plot_backtest().get_suptitle()


def test_a_saved_model_reads_the_next_table_and_names_nobody(report, table, tmp_path):
    report.save(tmp_path / "model")
    model = load(tmp_path / "model")
    asked = table.tail(ASKED).drop(columns=["status", "seen"])
    again = model.predict(asked).to_frame()
    np.testing.assert_array_equal(again["probability"], report.to_frame()["probability"])
    settled = json.loads((tmp_path / "model/config.json").read_text())["config"]["application"]
    assert settled["columns"] == {"age": None, "grade": ["I", "II", "III"]}
    assert (settled["gaps"], settled["words"]) == (["age"], ["alive", "dead"])
    assert all(b"secret" not in file.read_bytes() for file in (tmp_path / "model").iterdir())
    assert "features and targets of the 146 rows" in (tmp_path / "model/card.md").read_text()
    with pytest.raises(DataError, match="no column 'age', which the model reads"):
        model.predict(asked.drop(columns="age"))


def test_an_outcome_in_time_has_the_sensitivity_asked_for(table):
    found = diagnose(table, "status=dead", progress=False, preset="outcome", time="seen")
    row = found.figures.set_index("model").loc["hybrid"]
    assert row["sensitivity"] >= 0.85
    assert any(f"with a specificity of {row['specificity']:.3f}" in note for note in found.notes)
    assert len(found.backtest[found.backtest["model"] == "hybrid"]) == round(0.2 * (N - ASKED))


@pytest.mark.parametrize(
    ("error", "options", "message"),
    [
        (DataError, {"target": "stage"}, "no column 'stage'"),
        (ConfigError, {"target": "status", "threshold": 2}, "threshold"),
        (ConfigError, {"target": "status", "model": "lstm"}, "'quantum_kernel'"),
        (ConfigError, {"target": "status", "preset": "best"}, "got preset 'best'"),
    ],
)
def test_mistakes_are_said(table, error, options, message):
    with pytest.raises(error, match=message):
        diagnose(table, progress=False, **options)


def test_without_anybody_to_predict_it_says_what_to_do(table):
    known = table.dropna(subset=["status"])
    with pytest.raises(DataError, match=r"nothing to predict.*only evaluate or fit"):
        diagnose(known, "status", progress=False)


def test_figures_of_classes_are_scikit_learns():
    rng = np.random.default_rng(0)
    truth, p = rng.choice(3, 200, p=(0.6, 0.3, 0.1)), rng.dirichlet((1, 1, 1), 200)
    y = torch.from_numpy(np.eye(3)[truth])
    samples = Samples(torch.zeros(200, 1), y, targets={"class": ("a", "b", "c")})
    t, said = truth[:100], p[:100]
    answers = {"probability": said, "set": (said > 0.2)[..., None].astype(float)}
    found = score_diagnosis(answers, samples[np.arange(100)], samples[np.arange(100, 200)], (0.9,))
    answer = said.argmax(axis=1)
    prior = np.bincount(truth[100:]) / 100
    other = np.array([max(range(3), key=lambda k: row[k] / prior[k]) for row in said])
    expected = {
        "log loss": metrics.log_loss(t, said),
        "accuracy": metrics.accuracy_score(t, answer),
        "balanced accuracy": metrics.balanced_accuracy_score(t, answer),
        "F1": metrics.f1_score(t, answer, average="macro"),
        "adjusted accuracy": metrics.accuracy_score(t, other),
        "adjusted balanced accuracy": metrics.balanced_accuracy_score(t, other),
        "Brier": np.mean([sum((row - np.eye(3)[k]) ** 2) for row, k in zip(said, t, strict=True)]),
    }
    for name, value in expected.items():
        assert np.mean(found[name]) == pytest.approx(value, rel=1e-9), name


@pytest.mark.slow
def test_of_three_words_each_has_a_probability():
    """Three vineyards, which chemists tell apart."""
    wine = load_wine(as_frame=True).frame
    kinds = wine["target"].map({0: "Barolo", 1: "Grignolino", 2: "barbera"}).astype(object)
    report = diagnose(wine.assign(target=kinds.mask(wine.index % 30 == 0)), progress=False)
    frame, words = report.to_frame(), ["Barolo", "Grignolino", "barbera"]
    columns = [f"P({word})" for word in words]
    np.testing.assert_allclose(frame[columns].sum(axis=1), 1)
    assert frame["most probable"].tolist() == kinds[::30].tolist()
    assert set(report.evidence["outcome"]) <= set(words)
    assert report.confusion.index.tolist() == words
    assert np.trace(report.confusion) == report.metrics["accuracy"] * report.evaluation.n_test
    assert report.metrics["accuracy"] >= 0.94
    assert report.metrics["Brier"] < report.baselines["mean"]["Brier"] / 5
    assert report.fitted.config.application.words == tuple(words)
    assert len(report.plot().axes) == 1
    with pytest.raises(ConfigError, match="got sensitivity, which a target of 3 classes has not"):
        diagnose(wine, "target", sensitivity=0.9, progress=False)


@pytest.mark.slow
def test_each_patient_is_tested_once_in_folds(table):
    found = evaluate("diagnose", table, target="status", split="folds", progress=False)
    assert found.n_test == N - ASKED
    assert fit("diagnose", table, target="status", progress=False).config.application.words
