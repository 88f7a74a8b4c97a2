"""Trajectories: the head, its regions, what reports say, and the risk that follows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from drawn_tracks import WINDOW, drawn_tracks
from scipy.optimize import minimize
from scipy.spatial.distance import mahalanobis
from scipy.stats import multivariate_normal

from qmann_autonomous import TASKS, assess_risk, fit, load_tracks, predict_group, predict_trajectory
from qmann_autonomous.heads import Drift
from qmann_autonomous.modes import stand_ins
from qmann_autonomous.scores import score_paths
from qmann_core.data import Samples
from qmann_core.errors import ConfigError, DataError

TASK, SMALL = TASKS["trajectory"], {"classical.landmarks": 64}
HOW = {"preset": "fast", "set": SMALL, "progress": False, **WINDOW}
TRACKS = load_tracks(drawn_tracks(24))


@pytest.fixture(scope="module")
def fitted():
    return fit("trajectory", TRACKS, **HOW, place=True)


@pytest.fixture(scope="module")
def report(fitted):
    return fitted.predict(TRACKS)


def solved(y, regressors=None, *, straight=False, modes=1):
    """A head that reads a constant, or other regressors."""
    known = torch.ones(len(y), 1) if regressors is None else torch.from_numpy(regressors).float()
    samples = Samples(
        torch.ones(len(y), 1),
        torch.from_numpy(y).float(),
        regressors=known,
        targets={"ahead": ("1", "2"), "axis": ("forward", "left")},
        aux={
            "straight": torch.full((len(y),), straight),
            "modes": torch.full((len(y),), modes),
        },
    )
    head = Drift(0, samples)
    for part in (head.location, head.log_scale):
        part.read_kernel()
    head.fit(samples)
    return head, samples, head.decode(head(samples.x[:, :0], samples.regressors))


def test_few_that_turn_do_not_move_the_location():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(400, 2, 2))
    y[:40] += 50
    _, _, outputs = solved(y)
    found = outputs["location"][0].double().numpy()
    away = lambda at: np.linalg.norm((y - at.reshape(2, 2)).reshape(400, 4), axis=1).mean()  # noqa: E731
    best = minimize(away, np.zeros(4)).x.reshape(2, 2)
    assert np.abs(found - best).max() < 0.3
    assert np.abs(y.mean(axis=0) - best).min() > 4


def test_scores_are_mahalanobis_distances_and_areas_those_of_ellipses():
    head, samples, outputs = solved(np.random.default_rng(1).normal(size=(60, 2, 2)) * [3, 1])
    given = {name: each.double().numpy() for name, each in outputs.items()}
    far = head.nonconformity(given, samples)
    shape = given["factor"][5, 1] @ given["factor"][5, 1].T
    y = samples.y[5, 1].numpy()
    assert far[5, 1] == pytest.approx(
        mahalanobis(y, given["location"][5, 1], np.linalg.inv(shape)), rel=1e-6
    )
    radius = np.full((60, 2, 1), 2.0)
    score = score_paths({**given, "radius": radius}, samples, samples, (0.9,))
    axes = np.linalg.eigvalsh(shape) ** 0.5
    area = np.pi * (2 * axes).prod()
    assert np.pi * score["radius 90"][5] ** 2 == pytest.approx(area, rel=1e-6)
    assert score["coverage 90"].mean() == pytest.approx(100 * (far <= 2).mean())
    # a normal has 1 - exp(-r^2 / 2) of its mass within r standard deviations
    assert score["coverage 90"].mean() == pytest.approx(100 * (1 - np.exp(-2)), abs=9)
    law = [
        multivariate_normal(given["location"][5, k], 4 / -2 / np.log(0.1) * factor @ factor.T)
        for k, factor in enumerate(given["factor"][5])
    ]
    likely = [each.logpdf(y) for each, y in zip(law, samples.y[5].numpy(), strict=True)]
    assert score["NLL"][5] == pytest.approx(-np.mean(likely), rel=1e-6)


def test_two_modes_are_where_halves_of_a_normal_have_their_means():
    found = stand_ins({"location": np.zeros((1, 1, 2)), "factor": np.eye(2)[None, None] * 3}, 2)
    one, other = found[0, :, 0]
    np.testing.assert_allclose(one, -other, atol=0.1)
    assert np.linalg.norm(one) == pytest.approx(3 * np.sqrt(2 / np.pi), rel=0.02)


def test_the_best_of_more_modes_is_nearer():
    y = np.random.default_rng(1).normal(size=(60, 1, 2)).repeat(2, axis=1)
    _, samples, outputs = solved(y, modes=6)
    given = {name: each.double().numpy() for name, each in outputs.items()}
    score = score_paths({**given, "radius": np.full((60, 2, 1), 2.1)}, samples, samples, (0.9,))
    assert score["minADE 6"].mean() < 0.6 * score["ADE"].mean()
    assert score["minFDE 6"].mean() < 0.6 * score["FDE"].mean()


def test_speed_alone_leads_straight_ahead():
    rng = np.random.default_rng(2)
    sign = rng.choice([-1.0, 1.0], size=(60, 1))
    y = sign[..., None] * np.array([[1, 5], [2, 5]]) + rng.normal(size=(60, 2, 2)) / 10
    far = solved(y, sign, straight=True)[2]["location"].numpy() * sign[..., None]
    np.testing.assert_allclose(far, np.tile([[1, 0], [2, 0]], (60, 1, 1)), atol=0.1)


def test_circuits_see_turns_that_constant_velocity_does_not(fitted):
    scores = fitted.evaluation.scores
    assert scores["hybrid"]["ADE"] < 0.7 * scores["constant velocity"]["ADE"]
    assert fitted.evaluation.circuits["hybrid"].share > 0.95


def test_regions_hold_what_comes(fitted):
    assert 85 <= fitted.evaluation.scores["hybrid"]["coverage 95"] <= 100


def test_a_report_is_in_the_frame_of_the_tracks(report):
    last = TRACKS.table.groupby("agent")[["x", "y"]].last()
    by = report.table.groupby("agent")
    assert report.table["seconds"].tolist()[:5] == [1, 2, 3, 4, 5]
    first = by[["x m", "y m"]].first()
    assert np.linalg.norm(first.to_numpy() - last.loc[first.index].to_numpy(), axis=1).max() < 5
    straight = report.table[report.table["agent"] == "a0"].iloc[-1]
    track = TRACKS.table[TRACKS.table["agent"] == "a0"].iloc[-6:][["x", "y"]].to_numpy()
    there = track[-1] + (track[-1] - track[0])
    assert np.linalg.norm(straight[["x m", "y m"]].to_numpy(float) - there) < 2
    assert (report.table["long-95 m"] >= report.table["wide-95 m"]).all()
    assert (report.table["long-95 m"] > report.table["long-80 m"]).all()
    assert "constant velocity" in report.typical_error
    assert "K = 1" in report.typical_error
    np.testing.assert_array_equal(report.modes[:, 0], report.paths.place)
    assert report.evidence["case"].str.contains(" at ").all()
    assert report.plot().axes[0].get_xlabel() == "x in m"


def test_who_is_elsewhere_or_has_not_moved_goes_straight_on(fitted):
    table = drawn_tracks(3, seed=5)
    table.loc[table["agent"] == "a1", "x"] += 9000
    table.loc[table["agent"] == "a2", ["x", "y"]] = [1.0, 2.0]
    found = fitted.predict(load_tracks(table))
    regions = found.table.groupby("agent")["long-95 m"].first()
    assert regions.isna().tolist() == [False, True, True]
    assert any("1 agents are outside of the area" in note for note in found.notes)
    assert any("1 agents have moved less than 1 m" in note for note in found.notes)
    still = found.table[found.table["agent"] == "a2"][["x m", "y m"]].to_numpy()
    np.testing.assert_allclose(still, [[1, 2]] * 5, atol=1e-9)
    away = found.table[found.table["agent"] == "a1"][["x m", "y m"]].to_numpy()
    np.testing.assert_allclose(np.diff(away, 2, axis=0), 0, atol=1e-9)


def test_several_modes_need_no_other_fit(fitted):
    found = fitted.predict(TRACKS, modes=3)
    np.testing.assert_allclose(found.modes.mean(axis=1), found.paths.place, atol=0.5)


@pytest.mark.slow
def test_an_answer_without_the_offset_is_as_complete():
    found = predict_trajectory(
        TRACKS, **{k: v for k, v in HOW.items() if k != "set"}, offset="none"
    )
    scores = found.evaluation.scores
    assert scores["hybrid"]["ADE"] < scores["constant velocity"]["ADE"]


@pytest.mark.slow
def test_a_group_says_whether_neighbours_helped():
    """Nobody's tracks depend on another's."""
    found = predict_group(TRACKS, preset="fast", progress=False, **WINDOW)
    assert "no evidence that with neighbours is better or worse than without" in found.notes[0]
    assert len(found.fitted.learned.x[0]) == 11 + 6 + 3 * 5


def test_two_that_meet_are_a_conflict():
    table = drawn_tracks(20)
    time = np.arange(60)
    for name, side in {"left": -1.0, "right": 1.0}.items():
        x = side * (70 - time) + 500
        table = pd.concat([table, pd.DataFrame({"agent": name, "time": time, "x": x, "y": 500.0})])
    found = assess_risk(table, radius=3, preset="fast", progress=False, **WINDOW | {"horizon": 12})
    first = found.table.iloc[0]
    assert {first["agent"], first["other"]} == {"left", "right"}
    assert first["alarm"] == "conflict"
    # 11 m apart from the middle each, closing at 2 m/s, touching at 3 m
    assert first["straight TTC s"] == pytest.approx((2 * 11 - 3) / 2, abs=0.1)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"at": 3}, DataError, "agents can be predicted|windows of"),
        ({"radius": 0}, ConfigError, "radius"),
        ({"horizon": 1}, ConfigError, "expected two steps"),
        ({"level": (40,)}, ConfigError, "50 % or more"),
    ],
)
def test_inputs_that_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        assess_risk(TRACKS, preset="fast", progress=False, **WINDOW | change)


def test_a_model_that_is_trained_is_refused():
    samples = replace(solved(np.random.default_rng(0).normal(size=(9, 2, 2)))[1])
    with pytest.raises(ConfigError, match="model=quantum_kernel"):
        Drift(3, samples)
