"""Every model answers, the best one on the validation part comes first, and all are tracked."""

from dataclasses import replace

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation import Comparison, adaptive_conformal
from qmann_core.evaluation.contribution import Contribution
from qmann_core.tasks import Evaluation, audit, fit, load_fitted
from qmann_core.tasks.assessed import Assessed
from qmann_core.tasks.assessment import Assessment
from qmann_core.training import metrics

LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])


@pytest.fixture(scope="module")
def series(toy):
    return toy.generate(toy.SMALL.application)


@pytest.fixture(scope="module")
def best(toy, series):
    return fit(toy.TOY, series, toy.SMALL.model_copy(update={"answer": "best"}))


def test_the_validation_part_is_the_later_half_before_the_first_test(toy, pair, series):
    """The law is known, so its loss there can be worked out by hand."""
    samples = toy.features(series, toy.SMALL.application)
    known = samples[samples.known]
    first = toy.split(known, toy.SMALL.application)[0].train
    dates = np.unique(known.time[first])
    start = dates[len(dates) - round(0.15 * len(dates))]
    losses = []
    for unit in (0, 1):
        own = known[first[(known.time[first] >= start) & (known.unit[first] == unit)]]
        middle = toy.location(own.x[:, -1, 0].double().numpy(), 1.5)
        scale = np.exp(own.regressors[:, 1].double().numpy() / 2)
        y, half = own.y[:, 0].double().numpy(), len(own) // 2
        scores = ((y - middle) / scale)[:, None]
        application = toy.SMALL.application
        standard, _ = adaptive_conformal(
            scores, LEVELS, delay=np.array([1]), start=half,
            window=application.calibration_window, rate=application.calibration_rate,
        )  # fmt: skip
        ends = middle[half:, None, None] + scale[half:, None, None] * standard
        losses.append(metrics.pinball(y[half:, None], ends, LEVELS).mean(axis=(1, 2)))
    expected = np.mean(losses)  # both series have the same dates
    assert pair.evaluation.validation["truth"] == pytest.approx(expected, rel=1e-5)
    assert list(pair.evaluation.validation) == list(pair.evaluation.scores)


def test_no_test_target_has_a_say_in_what_is_best(toy, series):
    assessment = Assessment(toy.TOY, series, toy.SMALL)
    before = assessment.assess_baseline("closed form").validation
    assessment.known.y[np.isin(assessment.known.time, assessment.test.time)] = 9.0
    after = assessment.assess_baseline("closed form")
    np.testing.assert_array_equal(after.validation, before)
    assert after.score["pinball"].mean() > 1


def test_the_best_model_is_named_first_and_stands_beside(toy, pair, series):
    report = pair.predict(series)
    assert (report.model, report.best) == ("hybrid", "truth")
    found, losses = pair.evaluation.preferred, pair.evaluation.validation
    assert (found.reference, found.rival) == ("hybrid", "truth")
    assert found.difference == pytest.approx(losses["hybrid"] - losses["truth"])
    assert report.advice.startswith("truth does better than hybrid on the validation part: pinball")
    assert "(p = .305, so it may be chance)" in report.advice
    first = report.titled[0][1]
    assert first["model"].tolist() == ["truth", "truth", "hybrid", "hybrid"]
    assert_frame_equal(first[2:].drop(columns="model").reset_index(drop=True), report.table)
    values = report.to_dict()
    assert values["best"] == values["evaluation"]["best"] == "truth"
    assert values["best_prediction"][0]["location"] == report.best_table["location"][0]


def test_every_model_answers_the_same_question(toy, pair, series):
    report = pair.predict(series)
    found = report.predictions
    assert list(found) == ["model", *report.table]
    assert found["model"].tolist() == np.repeat(list(pair.evaluation.scores), 2).tolist()
    for name, rows in found.groupby("model"):
        assert rows["series"].tolist() == ["a", "b"], name
    of_law = found[found["model"] == "truth"]
    u = np.array([rows[-1, 0] for rows in series.rows.values()])
    np.testing.assert_allclose(of_law["location"], toy.location(u, 1.5), rtol=1e-6)


def test_the_best_model_can_be_the_answer(toy, pair, best, series, tmp_path):
    report = best.predict(series)
    assert (report.model, report.best, report.advice) == ("truth", "truth", "")
    assert report.best_table is None
    assert_frame_equal(report.table, pair.predict(series).best_table)
    assert report.heading == "toy (truth model)"
    assert report.evaluation.verdict.startswith("By pinball, truth is better than hybrid")
    assert report.backtest["model"].iloc[0] == "truth"
    with pytest.raises(ConfigError, match="but truth answers, which has no circuits: leave"):
        best.predict(series, noise=0.01)
    best.save(tmp_path / "model")
    loaded = load_fitted(toy.TOY, tmp_path / "model")
    assert_frame_equal(loaded.predict(series).predictions, report.predictions)
    with pytest.raises(ConfigError, match="got model=best: an audit compares"):
        audit(toy.TOY, series, best.config)


def test_the_backtest_is_what_was_scored(toy, pair, series):
    frame, scores = pair.backtest, pair.evaluation.scores
    assert list(frame)[:6] == ["model", "unique_id", "date", "target", "outcome", "prediction"]
    assert len(frame) == 4 * pair.evaluation.n_test
    for name, rows in frame.groupby("model"):
        y = rows[["outcome"]].to_numpy()
        ends = rows[["lo-95", "lo-80", "hi-80", "hi-95"]].to_numpy()
        for level, low, high in (("80", 1, 2), ("95", 0, 3)):
            inside = metrics.covered(y[:, 0], ends[:, low], ends[:, high])
            assert 100 * inside.mean() == pytest.approx(scores[name][f"coverage {level}"])
    own = frame[frame["model"] == "hybrid"]
    samples = toy.features(series, toy.SMALL.application)
    for unit, name in enumerate("ab"):
        part = own[own["unique_id"] == name].set_index("date")["outcome"]
        rows = samples[(samples.unit == unit) & np.isin(samples.time, part.index.to_numpy())]
        np.testing.assert_allclose(part, rows.y[:, 0], rtol=1e-6)
    (year,) = pair.coverage.index
    assert (year, pair.coverage["n"].tolist()) == ("2000", [pair.evaluation.n_test])
    assert pair.coverage.loc["2000", "coverage 80"] == pytest.approx(
        scores["hybrid"]["coverage 80"]
    )


def told(n_test=1000, **scores):
    compared = (Comparison("a", "b", 1.0, 2.0, -1.0, (-2.0, 0.5), 0.1, 0.1),)
    return Evaluation(
        scores={"a": scores, "b": {"loss <i>": 2.0}}, primary="loss <i>", comparisons=compared,
        verdict="No <b>.", parameters={}, seconds={}, start=None, end=None, n_test=n_test,
        n_refits=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "value", "n", "said"),
    [
        ("coverage 80", 76.0, 1000, "80 % regions of a held 76.0 % of 1000 tests: they are too"),
        ("coverage 80", 78.0, 1000, ""),  # within three points
        ("coverage 80", 70.0, 40, "80 % regions of a held 70.0 % of 40 tests: they are too"),
        ("coverage 80", 91.0, 1000, ""),
        ("VaR 99 hits %", 1.9, 1000, "VaR 99 of a was passed in 1.9 % of 1000 tests: it is too"),
        ("VaR 99 hits %", 1.4, 1000, ""),
        ("width 80", 3.0, 1000, ""),
    ],
)
def test_regions_that_held_too_little_are_told(metric, value, n, said):
    found = told(n, **{metric: value}).short
    assert len(found) == bool(said)
    assert "".join(found).startswith(said)
    assert all(("by chance" in text) == (n == 40) for text in found)  # within two standard errors


def test_html_has_every_table_and_no_markup_of_the_data(pair, series):
    text = told(**{"loss <i>": 1.0})._repr_html_()
    assert "<p>No &lt;b&gt;.</p>" in text
    assert "loss &lt;i&gt;" in text
    report = pair.predict(series)
    text = report._repr_html_()
    assert text.index(report.advice.partition(" (")[0]) < text.index("<table")
    assert text.count("<table") == len(report.titled)
    assert text.count("<td>truth</td>") == 2


@pytest.mark.parametrize(("share", "improved"), [(1e-12, False), (1e-6, True)])
def test_circuits_that_change_nothing_make_no_hybrid(share, improved):
    parts = {"scored": None, "model": None, "seconds": 0.0, "validation": 0.0, "trained": True}
    contribution = Contribution(share=share, rise=0.0, nonlinear=0.0)
    assert Assessed(**parts, contribution=contribution).improved is improved


def test_models_that_are_not_those_of_the_evaluation_are_refused(toy, pair, tmp_path):
    others = {name: each for name, each in pair.others.items() if name != "truth"}
    replace(pair, others=others).save(tmp_path / "model")
    with pytest.raises(DataError, match=r"its models do not fit together \('truth'\): restore"):
        load_fitted(toy.TOY, tmp_path / "model")
