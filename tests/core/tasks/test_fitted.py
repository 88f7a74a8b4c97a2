"""Fit, evaluate and predict, on series whose law is known."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation import Calibration
from qmann_core.nn import build_network
from qmann_core.tasks import Evaluation, evaluate, fit
from qmann_core.tasks.card import card
from qmann_core.tasks.evaluation import CLOSED_FORM


def without_clock(evaluation):
    values = evaluation.to_dict()
    del values["seconds"]
    return json.dumps(values, sort_keys=True)


def p_value(evaluation, rival):
    return {c.rival: c.adjusted for c in evaluation.comparisons}[rival]


def test_a_planted_signal_is_found(fitted):
    """The location is a curve that the closed form cannot see, at a known scale."""
    scores = {name: s["pinball"] for name, s in fitted.evaluation.scores.items()}
    found = (scores["closed form"] - scores["hybrid"]) / (scores["closed form"] - scores["truth"])
    assert 0.7 < found < 1.05
    assert p_value(fitted.evaluation, "closed form") < 0.001
    assert "hybrid is better than closed form (p < .001)" in fitted.evaluation.verdict


def test_the_classical_twin_finds_it_too(fitted):
    scores = {name: s["pinball"] for name, s in fitted.evaluation.scores.items()}
    assert scores["classical"] < 0.8 * scores["closed form"]


@pytest.mark.parametrize("twin", [None, "classical"])
def test_no_signal_is_found_where_targets_are_shuffled(toy, twin):
    settings = toy.settings(shuffled=True, n_days=500, test_size=200)
    evaluation = evaluate(toy.TOY, toy.generate(settings.application), settings, twin)
    losses = {name: scores["pinball"] for name, scores in evaluation.scores.items()}
    own = losses[evaluation.model]
    assert own == pytest.approx(losses["closed form"], rel=0.1)
    assert own > losses["closed form"] or p_value(evaluation, "closed form") > 0.05


@pytest.mark.parametrize("model", ["hybrid", "classical", "closed form", "truth"])
@pytest.mark.parametrize("level", [80, 95])
def test_intervals_cover_as_often_as_they_say(fitted, model, level):
    n = fitted.evaluation.n_test
    error = 100 * np.sqrt(level / 100 * (1 - level / 100) / n)
    assert abs(fitted.evaluation.scores[model][f"coverage {level}"] - level) < 3 * error


def test_intervals_of_a_network_that_knows_the_law_are_as_wide_as_the_law(fitted):
    scores = fitted.evaluation.scores
    assert scores["hybrid"]["width 80"] == pytest.approx(scores["truth"]["width 80"], rel=0.15)
    assert scores["closed form"]["width 80"] > 1.3 * scores["truth"]["width 80"]


def test_the_evaluation_is_about_the_last_days(toy, fitted, series):
    evaluation, application = fitted.evaluation, toy.SETTINGS.application
    assert evaluation.n_test == evaluation.scores["hybrid"]["rows"] == application.test_size
    assert evaluation.n_refits == application.test_size // application.refit_every
    days = np.datetime64(series.start) + np.arange(application.n_days)
    known = days[:-1]  # the target of the newest day is not known
    assert evaluation.end == str(known[-1])
    assert evaluation.start == str(known[-application.test_size])


def test_networks_are_counted(toy, fitted, series):
    counts = fitted.evaluation.parameters
    samples = toy.features(series, toy.SETTINGS.application)
    for name, twin in (("hybrid", None), ("classical", "classical")):
        built = build_network(toy.SETTINGS, samples, toy.head, twin)
        assert counts[name] == built.parameter_count()
    assert set(counts) == set(fitted.evaluation.seconds) == {"hybrid", "classical"}
    assert min(fitted.evaluation.seconds.values()) > 0


def test_evaluate_is_the_evaluation_of_fit(toy, pair):
    alone = evaluate(toy.TOY, toy.generate(pair.config.application), pair.config)
    assert without_clock(alone) == without_clock(pair.evaluation)


def test_the_classical_model_has_no_other_twin(toy):
    settings = toy.settings(hybrid={"epochs": 1, "refit_epochs": 1}, n_days=300, test_size=100)
    evaluation = evaluate(toy.TOY, toy.generate(settings.application), settings, "classical")
    assert list(evaluation.scores) == ["classical", "closed form", "truth"]
    assert list(evaluation.parameters) == ["classical"]
    assert {c.reference for c in evaluation.comparisons} == {"classical"}


def test_seeds_decide(toy):
    small = {"n_days": 200, "test_size": 60}
    settings = toy.settings(hybrid={"epochs": 1, "refit_epochs": 1}, **small)
    series = toy.generate(settings.application)
    first, again = (evaluate(toy.TOY, series, settings) for _ in range(2))
    other = evaluate(toy.TOY, series, settings.model_copy(update={"seed": 1}))
    assert without_clock(first) == without_clock(again) != without_clock(other)
    assert first.scores["truth"] == other.scores["truth"]


def test_members_are_averaged(toy, pair):
    model = pair.model
    settings = pair.config
    samples = toy.features(toy.generate(settings.application), settings.application)
    first, second = (member(samples.x, samples.regressors) for member in model.members)
    assert not torch.allclose(first, second)
    torch.testing.assert_close(model(samples.x, samples.regressors), (first + second) / 2)


def test_a_member_does_not_depend_on_how_many_there_are(toy, pair):
    one = pair.config.model_copy(
        update={"hybrid": pair.config.hybrid.model_copy(update={"members": 1})}
    )
    alone = fit(toy.TOY, toy.generate(one.application), one).model.members[0].state_dict()
    among = pair.model.members[0].state_dict()
    assert all(torch.equal(tensor, among[name]) for name, tensor in alone.items())


def test_a_prediction_is_the_newest_day_of_each_series(toy, pair):
    application = pair.config.application
    series = toy.generate(application)
    table = pair.predict(series).to_frame()
    assert table["series"].tolist() == ["a", "b"]
    last = np.datetime64(series.start) + application.n_days - 1
    assert (table["date"] == last).all()
    samples = toy.features(series, application)
    newest = samples[np.flatnonzero(~samples.known)]
    with torch.no_grad():
        decoded = pair.model.head.decode(pair.model(newest.x, newest.regressors))
    locations, scales = decoded["location"][:, 0].tolist(), decoded["scale"][:, 0].tolist()
    assert table["location"].tolist() == pytest.approx(locations)
    wanted = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
    for name, location, scale, row in zip("ab", locations, scales, table.itertuples(), strict=True):
        standard = pair.calibrations[name].quantiles(wanted)[0]
        assert row[4:] == pytest.approx(location + scale * standard)


def test_other_levels_are_cut_from_the_same_law(toy, pair):
    series = toy.generate(pair.config.application)
    usual, other = pair.predict(series).to_frame(), pair.predict(series, level=[80]).to_frame()
    assert list(other) == ["series", "date", "location", "q0.1", "q0.5", "q0.9"]
    for column in other:
        assert other[column].tolist() == usual[column].tolist()


def test_a_stranger_is_predicted_with_pooled_intervals(toy, pair):
    application = pair.config.application.model_copy(update={"n_series": 3})
    report = pair.predict(toy.generate(application))
    assert report.warnings == ("not seen at the fit, intervals are pooled: c",)
    row = report.to_frame().iloc[2]
    assert row["series"] == "c"
    both = [pair.calibrations[name] for name in "ab"]
    pooled = Calibration(
        scores=np.concatenate([c.scores for c in both]),
        probabilities=both[0].probabilities,
        adapted=(both[0].adapted + both[1].adapted) / 2,
    )
    median, *others = (row[f"q{p:g}"] - row["location"] for p in (0.5, 0.025, 0.1, 0.9, 0.975))
    expected = pooled.quantiles(np.array([0.025, 0.1, 0.5, 0.9, 0.975]))[0]
    assert np.array(others) / median == pytest.approx(np.delete(expected, 2) / expected[2])
    known = toy.generate(pair.config.application)
    assert report.to_frame()[:2].equals(pair.predict(known).to_frame())


def test_a_report_tells_the_model_from_the_others(toy, fitted, series):
    report = fitted.predict(series)
    assert report.metrics == fitted.evaluation.scores["hybrid"]
    assert list(report.baselines) == ["classical", "closed form", "truth"]
    values = report.to_dict()
    assert values["model"] == "hybrid"
    assert values["prediction"][0]["date"] == "2002-09-28"
    assert Evaluation.from_dict(values["evaluation"]) == fitted.evaluation
    assert report.heading == "toy (hybrid model, circuits simulated)"


def test_global_state_is_left_as_found(toy):
    settings = toy.settings(hybrid={"epochs": 1, "refit_epochs": 1}, n_days=200, test_size=60)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    fit(toy.TOY, toy.generate(settings.application), settings)
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


def test_a_short_history_is_refused(toy):
    settings = toy.settings(n_days=300)
    with pytest.raises(DataError, match=r"got 297 dates, of which the last 400 are to test on"):
        fit(toy.TOY, toy.generate(settings.application), settings)


def test_a_history_too_short_to_predict_is_refused(toy, fitted, series):
    short = dataclasses.replace(series, rows={"a": series.rows["a"], "b": series.rows["a"][:3]})
    assert len(fitted.predict(short).to_frame()) == 2
    empty = toy.features(short, toy.SETTINGS.application)
    task = dataclasses.replace(toy.TOY, features=lambda *_: empty[empty.unit == 0])
    with pytest.raises(DataError, match="too few rows to predict b: give a longer history"):
        dataclasses.replace(fitted, task=task).predict(short)


def test_a_series_that_is_not_there_when_tested_is_refused_by_name(toy):
    series = toy.generate(toy.SMALL.application)
    ended = dataclasses.replace(series, rows={**series.rows, "b": series.rows["b"][:100]})
    with pytest.raises(DataError, match=r"^b has 0 days in the evaluation from 2000-05-21 to 2000"):
        fit(toy.TOY, ended, toy.SMALL)


def test_data_of_another_shape_are_refused(toy, pair):
    def features(series, application):
        return toy.features(series, application.model_copy(update={"window": 4}))

    other = dataclasses.replace(pair, task=dataclasses.replace(toy.TOY, features=features))
    message = r"shapes \(\(4, 3\), 2\), but the model reads \(\(3, 3\), 2\): give the same columns"
    with pytest.raises(DataError, match=message):
        other.predict(toy.generate(pair.config.application))


def test_an_unknown_twin_is_refused_before_any_work(toy):
    task = dataclasses.replace(toy.TOY, features=None)
    with pytest.raises(ConfigError, match="got twin=quantum: expected None, classical"):
        fit(task, None, toy.SMALL, "quantum")


def test_a_network_that_training_never_improved_is_called_what_it_is(toy):
    """At such rates no epoch is better than the start."""
    rates = {"learning_rate": 1e-30, "quantum_learning_rate": 1e-30}
    settings = toy.settings(hybrid={"epochs": 2, **rates}, n_days=200, test_size=60)
    records = toy.generate(settings.application)
    fitted = fit(toy.TOY, records, settings)
    evaluation, report = fitted.evaluation, fitted.report(records)
    assert list(evaluation.scores) == [CLOSED_FORM, "classical", "closed form", "truth"]
    assert evaluation.model == report.model == CLOSED_FORM
    assert report.metrics["pinball"] == pytest.approx(evaluation.scores["classical"]["pinball"])
    assert f"{CLOSED_FORM}: training never improved on the closed form" in evaluation.verdict
    assert "starts from, so no circuit has a say." in evaluation.verdict
    assert "hybrid" not in evaluation.verdict
    assert (dict(evaluation.circuits), evaluation.carried, report.circuit) == ({}, (), None)
    text = card(toy.TOY.name, fitted.summary, evaluation, settings)
    assert text.startswith(f"# toy: {CLOSED_FORM} model\n")
    alone = evaluate(toy.TOY, records, settings, "classical")
    assert alone.model == "classical"
    assert alone.verdict.endswith(
        "classical: training never improved on the closed form that it starts from."
    )


def test_training_that_diverges_says_which_rate_to_lower(toy, series):
    settings = toy.settings(hybrid={"learning_rate": float("inf")})
    with pytest.raises(
        ConfigError, match=r"with hybrid\.learning_rate and .* at inf and 0\.02, try lower"
    ):
        fit(toy.TOY, series, settings)
