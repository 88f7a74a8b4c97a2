"""Remaining life and fleets: inputs, targets, scores, reports."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from qmann_core.errors import DataError
from qmann_core.tasks import fit
from qmann_core.testing import quick
from qmann_industrial import TASKS, HistoryConfig, demo_histories, load, predict_rul
from qmann_industrial.__main__ import run
from qmann_industrial.life.features import every_age, fleet_samples, life_samples, means
from qmann_industrial.life.scores import RemainingLife, nasa_score, score_life, within

NAMES = [f"machine {k}" for k in (*range(1, 26), 118, 119, 120)]


@pytest.fixture(scope="module")
def some():
    return demo_histories().select(NAMES)


@pytest.fixture(scope="module")
def life(some):
    return fit(TASKS["rul"], some, quick(TASKS["rul"].presets["fast"], most=120))


@pytest.fixture(scope="module")
def fleet(some):
    return fit(TASKS["fleet"], some, quick(TASKS["fleet"].presets["fast"], most=120))


def test_inputs_are_means_of_the_past():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(9, 2)), index=np.arange(3, 12))
    found = means(frame, (2, 4))
    for row in range(9):
        past = frame.to_numpy()[: row + 1]
        short, long, all_ = (past[-n:].mean(axis=0) for n in (2, 4, 9))
        np.testing.assert_allclose(found[row], [*short, *(short - long), *(short - all_), row + 3])
    np.testing.assert_array_equal(means(frame.iloc[:5], (2, 4)), found[:5])


def test_targets_are_remaining_lives_up_to_the_cap(some):
    application = HistoryConfig(cap=50, most=300)
    samples = life_samples(some, application)
    known = samples[samples.known]
    lives = np.array([some.frames[name].index[-1] for name in samples.units])
    left = lives[known.unit] - known.aux["age"].numpy()
    np.testing.assert_array_equal(known.aux["left"], left)
    np.testing.assert_array_equal(known.y[:, 0], left.clip(max=50))
    assert np.bincount(known.unit, known.aux["drawn"].numpy(), 28).tolist() == [1] * 25 + [0] * 3
    assert 250 < len(known) <= 300
    ones = np.ones((len(known), 1))
    scores = RemainingLife(1, 1).nonconformity({"location": ones, "scale": ones}, known)
    np.testing.assert_allclose(scores[:, 0], np.where(left > 50, np.nan, left - 1), rtol=1e-6)
    asked = samples[~samples.known]
    assert asked.aux["age"].tolist() == lives[-3:].tolist()
    ages = every_age(some, application)
    np.testing.assert_array_equal(
        ages.aux["age"], np.concatenate([some.frames[n].index for n in NAMES[-3:]])
    )


def test_running_machines_are_censored_at_their_last_row(some):
    samples = fleet_samples(some, HistoryConfig(horizon=30, most=400))
    assert np.array(samples.units)[samples.unit[~samples.known]].tolist() == NAMES[-3:]
    known = samples[samples.known]
    lasts = np.array([some.frames[name].index[-1] for name in samples.units])[known.unit]
    left = lasts - known.aux["age"].numpy()
    np.testing.assert_array_equal(known.y[:, 0], left.clip(max=60))
    np.testing.assert_array_equal(known.aux["event"], (known.unit < 25) & (left <= 60))
    assert (known.unit >= 25).any()


def test_late_answers_cost_more_than_early_ones():
    np.testing.assert_allclose(nasa_score(np.array([-13, 0, 10, 20])), np.expm1([1, 0, 1, 2]))


def test_scores_are_of_clipped_answers_and_of_one_age_a_machine(some):
    samples = life_samples(some, HistoryConfig(cap=50, most=300))
    known = samples[samples.known]
    y, drawn = known.y.double().numpy(), known.aux["drawn"].numpy() > 0
    location = np.where(drawn[:, None], y + 10, y)
    outputs = {"location": location, "quantiles": location[..., None] + [-20, 0, 20]}
    score = score_life(outputs, known, known, (0.05, 0.5, 0.95))
    late = np.minimum(y + 10, 50)[drawn] - y[drawn]
    assert score["RMSE last"] == pytest.approx(np.sqrt(np.square(late).mean()))
    assert score["NASA last"] == pytest.approx(np.expm1(late / 10).mean())
    assert score["coverage 90"].mean() == 100
    assert within(outputs, 50)["quantiles"].max() == 50


def test_report_says_what_is_capped_and_simulated(life, some, tmp_path):
    report = life.report(some)
    table, curves = report.to_frame(), report.curves
    assert table["unit"].tolist() == NAMES[-3:]
    assert table["remaining"].between(0, 125).all()
    assert "125 is that or more" in report.notes[0]
    assert "simulated machines" in report.title
    words = table["90 % in words"].str.endswith("or more")
    np.testing.assert_array_equal(table["hi-90"].isna(), words)
    assert (table["lo-90"] <= table["remaining"]).all()
    assert table["hi-90"].isna().ge(table["hi-80"].isna()).all()
    assert len(curves) == sum(len(some.frames[name]) for name in NAMES[-3:])
    last = curves.groupby("unit", sort=False).tail(1).reset_index(drop=True)
    pd.testing.assert_frame_equal(last, table)
    case = report.evidence.iloc[0]
    assert some.frames[case["case"]].index[-1] - case["at age"] == case["lasted"]
    assert life.evaluation.circuits["hybrid"].share >= 0.95
    assert report.plot() is not None
    assert "125" in report.typical_error
    life.save(tmp_path / "model")
    running = replace(some, frames={NAMES[-1]: some.frames[NAMES[-1]]}, simulated=False)
    again = load(tmp_path / "model").predict(running)
    pd.testing.assert_frame_equal(again.to_frame(), table.tail(1).reset_index(drop=True))
    assert "simulated machines" in again.title  # which it has learned from


def test_fleet_is_ranked_with_the_sensors_behind(fleet, some):
    report = fleet.report(some)
    table, behind = report.to_frame(), report.figures
    risk = table["fails within 30"]
    assert set(table["unit"]) == set(NAMES[-3:])
    assert risk.is_monotonic_decreasing
    assert risk.between(0, 1).all()
    assert table["unit"][0] == "machine 118"  # it is worn most: its life is 189, its age 176
    assert (table["at least 90"] <= table["at least 80"]).all()
    own = behind["unit"].map(table.set_index("unit")["fails within 30"])
    np.testing.assert_allclose(own - behind["were it as usual"], behind["less"], atol=1e-12)
    assert (
        behind.groupby("unit", sort=False)["less"].apply(lambda x: x.is_monotonic_decreasing).all()
    )
    assert "humidity" not in set(behind[behind["unit"] == "machine 118"]["sensor"])  # noise alone
    assert set(report.evidence["then"]) <= {"failed", "seen no longer"}
    assert "simulated machines" in report.title
    assert fleet.evaluation.circuits["hybrid"].share >= 0.95
    assert report.plot() is not None
    assert report.plot_backtest() is not None


def test_a_sensor_that_the_model_reads_must_be_there(life, some):
    frames = {name: frame.drop(columns="flow") for name, frame in some.frames.items()}
    with pytest.raises(DataError, match="no column 'flow', which the model reads among"):
        life.report(replace(some, frames=frames))


def test_machines_that_run_are_no_histories_to_learn_from(some):
    parts = [frame.reset_index().assign(unit=name) for name, frame in some.frames.items()]
    with pytest.raises(DataError, match=r"3 of 28 units failed at their end.*running="):
        predict_rul(pd.concat(parts[25:]), pd.concat(parts[:25]), progress=False)


def test_data_shows_what_is_read(some, tmp_path, capsys):
    frame = some.frames["machine 118"].reset_index().assign(unit="m", failed=0)
    frame.to_csv(tmp_path / "h.csv", index=False)
    assert run(["data", str(tmp_path / "h.csv")]) == 0
    (told,) = json.loads(capsys.readouterr().out)["series"]
    assert told.pop("columns") == " ".join(some.sensors)
    assert told == {"unit": "m", "first": 1, "last": 176, "rows": 176, "failed": False}
