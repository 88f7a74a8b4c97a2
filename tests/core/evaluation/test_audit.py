"""The audit's own validity: what it finds, what it does not find, and what it says."""

import json
import math

import numpy as np
import pytest
from scipy import signal

from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation import Audit, audit_losses
from qmann_core.evaluation.audit import seeds_needed
from qmann_core.evaluation.comparison import holm
from qmann_core.evaluation.rivals import measure

SEEDS, TEST = 10, 300
NETWORKS = ("hybrid", "classical", "separable", "frozen")
BASELINES = ("GARCH", "HAR")
AUDITS = 200


def heavy(generator, shape, phi=0.5):
    """An autoregression along the last axis, driven by Student's t of 3: variance 1."""
    noise = generator.standard_t(3, (*shape[:-1], shape[-1] + 50)) / math.sqrt(3)
    return math.sqrt(1 - phi**2) * signal.lfilter([1.0], [1.0, -phi], noise)[..., 50:]


def draw(generator, *, ratio, effect=0.0):
    """Losses of a hybrid and five rivals which, at effect 0, are equally good.

    All share what is hard about each test sample. Each model is at home on some samples and not on
    others, in runs of neighbours (autocorrelation .5) and with heavy tails; each seed of a network
    is good or bad as a whole, and does a little differently on each sample. The standard error of
    the difference of two networks that is due to the seeds is ``ratio`` times the one due to the
    samples, and both together are 1: ``effect`` is by how many of them the hybrid is better.
    """
    models = NETWORKS + BASELINES
    of_sample = 1 / (1 + ratio**2) ** 0.5  # the errors of a mean, so that both together are 1
    of_seed = ratio * of_sample
    unit = math.sqrt(2)  # two models of the same kind are compared
    long_run = math.sqrt((1 + 0.5) / (1 - 0.5))
    own = of_sample / unit * math.sqrt(TEST) / long_run * heavy(generator, (len(models), 1, TEST))
    seeds = of_seed / unit * math.sqrt(SEEDS / 2) * generator.standard_t(4, (len(models), SEEDS, 1))
    each = 0.5 * generator.standard_normal((len(models), SEEDS, TEST))
    shared = 50 * np.abs(heavy(generator, (TEST,)))
    losses = dict(zip(models, shared + own + seeds + each, strict=True))
    losses["hybrid"] = losses["hybrid"] - effect
    fixed = dict(zip(models, shared + own, strict=True))  # what knows no seed
    return losses | {name: fixed[name] for name in BASELINES}


def measured(generator, **how):
    return measure(draw(generator, **how), horizon=1, seed=0, resamples=1)


RATIOS = {"samples": 0.05, "both": 1.0, "seeds": 20.0}


@pytest.fixture(scope="module", params=RATIOS)
def nulls(request):
    """Audits of equally good models, where the noise is mostly of the samples, or of the seeds."""
    generator = np.random.default_rng(0)
    ratio = RATIOS[request.param]
    return request.param, [measured(generator, ratio=ratio) for _ in range(AUDITS)]


@pytest.mark.slow
def test_something_is_claimed_in_at_most_five_percent_of_audits_of_nothing(nulls):
    _, audits = nulls
    claims = sum(any(rival.comparison.significant for rival in rivals) for rivals in audits)
    assert claims <= 0.05 * AUDITS


@pytest.mark.slow
def test_seeds_alone_would_claim_what_is_due_to_the_test_samples(nulls):
    """The trap: every seed agrees, because all of them are tested on the same few samples."""
    kind, audits = nulls
    claims = np.mean(
        [(holm(np.array([rival.seed_p for rival in rivals])) < 0.05).any() for rivals in audits]
    )
    if kind == "samples":
        assert claims > 0.8
    elif kind == "both":
        assert claims > 0.15
    else:
        assert claims <= 0.05


@pytest.mark.parametrize("ratio", RATIOS.values(), ids=list(RATIOS))
@pytest.mark.parametrize("sign", [-1, 1])
def test_an_effect_of_four_and_a_half_standard_errors_is_found(ratio, sign):
    """Errors of the difference, of seeds and samples together; with ten seeds and five rivals."""
    generator = np.random.default_rng(1)
    found = []
    for _ in range(100):
        rivals = measured(generator, ratio=ratio, effect=4.5 * sign)
        by_name = {rival.name: rival.comparison for rival in rivals}
        twin = by_name["classical"]
        assert not (twin.worse if sign > 0 else twin.better)
        found.append(twin.better if sign > 0 else twin.worse)
    assert np.mean(found) >= 0.8


def planted(effects, *, n_seeds=SEEDS, noise=0.05, n_test=200):
    """Losses whose means differ as told, with a little noise of seeds and samples."""
    generator = np.random.default_rng(5)
    base = generator.standard_gamma(2.0, n_test)
    return {
        name: base
        + effect
        + noise * generator.standard_normal(n_test)
        + 0.1 * noise * generator.standard_normal((1 if name in BASELINES else n_seeds, 1))
        + noise * generator.standard_normal((1 if name in BASELINES else n_seeds, n_test))
        for name, effect in {"hybrid": 0.0, **effects}.items()
    }


def audited(losses, **changes):
    settings = {
        "title": "volatility",
        "metric": "QLIKE",
        "horizon": 1,
        "seed": 0,
        "parameters": {name: 100 for name in losses if name in NETWORKS},
        "seconds": dict.fromkeys(losses, 2.0),
        "rates": {name: 1.0 for name in losses if name in NETWORKS},
    }
    return audit_losses(losses, **(settings | changes))


def test_help_is_earned_against_every_twin():
    better = {"classical": 0.5, "separable": 0.4, "frozen": 0.3, "memory off": 0.2, "HAR": -0.3}
    assert audited(planted(better)).verdict == (
        "The quantum part helps: by QLIKE, hybrid is better than its classical twin (p = .010), "
        "its twin without entanglement (p = .010), its twin with frozen circuits (p = .010) and "
        "itself with the memory off (p = .010); against the baselines, hybrid is worse than HAR "
        "(p = .010)."
    )


@pytest.mark.parametrize("twin", ["classical", "separable", "frozen"])
def test_one_twin_that_is_as_good_is_enough_for_no_evidence(twin):
    effects = {"classical": 0.5, "separable": 0.5, "frozen": 0.5, twin: 0.0}
    verdict = audited(planted(effects)).verdict
    assert verdict.startswith("No evidence that the quantum part helps: by QLIKE, ")
    assert "no evidence that hybrid is better or worse than its" in verdict


def test_a_hybrid_that_is_worse_is_called_so():
    verdict = audited(planted({"classical": -0.5})).verdict
    assert verdict == (
        "The quantum part does not help: by QLIKE, hybrid is worse than its classical twin "
        "(p = .002)."
    )


def test_baselines_alone_say_nothing_about_the_quantum_part():
    verdict = audited(planted({"HAR": 0.5})).verdict
    assert verdict == (
        "No evidence that the quantum part helps: by QLIKE, against the baselines, hybrid is "
        "better than HAR (p = .002)."
    )


def test_equal_networks_are_no_evidence():
    """As where training never improves on a closed form that all networks share."""
    losses = planted({"HAR": 0.0})
    losses |= {name: losses["hybrid"].copy() for name in NETWORKS}
    rivals = {rival.name: rival for rival in audited(losses).rivals}
    for name in NETWORKS[1:]:
        found = rivals[name]
        assert (found.seed_p, found.sample_p, found.comparison.adjusted) == (1.0, 1.0, 1.0)
        assert (found.wins, found.effect, found.relative) == (0, 0.0, 0.0)
        assert found.comparison.interval == (0.0, 0.0)


@pytest.mark.parametrize(("rivals", "needed"), [(1, 6), (3, 7), (5, 8), (9, 9)])
def test_so_many_seeds_are_needed(rivals, needed):
    assert seeds_needed(rivals) == needed
    assert rivals * 2 / 2**needed < 0.05 <= rivals * 2 / 2 ** (needed - 1)


def test_too_few_seeds_are_said_to_be_too_few():
    effects = {"classical": 0.5, "separable": 0.5, "frozen": 0.5}
    few = audited(planted(effects, n_seeds=6), notes=("first",))
    assert few.verdict.startswith("No evidence that the quantum part helps")
    assert few.notes[0] == "first"
    assert few.notes[1] == (
        "Nothing can be shown with so few seeds: with 6, Wilcoxon's test gives at least p = 0.031, "
        "to be multiplied by the number of rivals, 3; take 7 seeds or more"
    )
    enough = audited(planted(effects, n_seeds=7))
    assert enough.verdict.startswith("The quantum part helps")
    assert enough.notes == ()
    single = audited(planted(effects, n_seeds=1))
    assert single.heading == "volatility, simulated: 1 seed, 200 test samples"
    assert {rival.comparison.adjusted for rival in single.rivals} == {1.0}


def test_seeds_that_agree_on_too_few_samples_are_remarked():
    losses = planted({"classical": 0.0})
    bump = np.zeros(200)
    bump[:2] = 40.0  # two samples on which every seed of the twin fails
    losses["classical"] = losses["classical"] + bump
    audit = audited(losses)
    (rival,) = audit.rivals
    assert rival.seed_p == 2 / 2**SEEDS
    assert audit.verdict.startswith("No evidence")
    (note,) = audit.notes
    assert note == (
        "The seeds agree about classical, but on other test samples it could be otherwise: test on "
        "more of them"
    )


def test_figures_are_those_of_the_losses():
    losses = planted({"classical": 0.1, "HAR": -0.2})
    audit = audited(losses)
    for rival in audit.rivals:
        own, other = losses["hybrid"], losses[rival.name]
        found = rival.comparison
        assert found.difference == pytest.approx(own.mean() - other.mean())
        assert rival.by_seed == pytest.approx(own.mean(axis=1) - other.mean(axis=1))
        assert rival.relative == pytest.approx(100 * (own.mean() / other.mean() - 1))
        assert rival.wins == np.sum(own.mean(axis=1) < other.mean(axis=1))
        assert found.interval[0] < found.difference < found.interval[1]
        assert found.p_value == max(rival.seed_p, rival.sample_p)
    raw = np.array([rival.comparison.p_value for rival in audit.rivals])
    np.testing.assert_allclose([r.comparison.adjusted for r in audit.rivals], holm(raw))
    frame = audit.to_frame()
    assert frame["model"].tolist() == ["hybrid", "classical", "HAR"]
    np.testing.assert_allclose(frame["loss"], [loss.mean() for loss in losses.values()])
    assert frame["wins"].tolist()[1:] == [rival.wins for rival in audit.rivals]
    assert frame["parameters"].isna().tolist() == [False, False, True]
    (title, compared), (_, tests), (_, costs) = audit.tables()
    assert title.splitlines()[0] == "volatility, simulated: 10 seeds, 200 test samples"
    assert compared["rival"].tolist() == tests["rival"].tolist() == ["classical", "HAR"]
    assert costs["CPU s"].tolist() == [2.0] * 3


def test_json_gives_back_the_same_audit():
    audit = audited(planted({"classical": 0.1, "HAR": -0.2}), notes=("a", "b"))
    values = json.loads(json.dumps(audit.to_dict(), allow_nan=False))
    assert values["verdict"] == audit.verdict
    assert Audit.from_dict(values) == audit


def test_the_picture_has_a_dot_for_each_seed_and_an_interval_for_each_rival():
    audit = audited(planted({"classical": 0.1, "separable": -0.1, "HAR": -0.2}))
    networks, costs, baselines, _ = audit.plot().axes
    for axes, rivals in ((networks, audit.networks), (baselines, audit.baselines)):
        zero, *drawn = axes.lines
        assert zero.get_xdata() == [0, 0]
        for rival, (dots, interval, mean) in zip(rivals, zip(*[iter(drawn)] * 3), strict=True):  # noqa: B905
            np.testing.assert_allclose(dots.get_xdata(), rival.by_seed)
            np.testing.assert_allclose(interval.get_xdata(), rival.comparison.interval)
            np.testing.assert_allclose(mean.get_xdata(), rival.comparison.difference)
    assert [bar.get_width() for bar in costs.patches] == [2.0, 2.0]
    assert [label.get_text() for label in networks.get_yticklabels()] == [
        "classical twin",
        "no entanglement",
    ]


def test_losses_that_cannot_be_audited_are_refused():
    losses = planted({"classical": 0.1})
    with pytest.raises(ConfigError, match=r"'hybrid' with at least one rival; got .* \['hybrid'\]"):
        audited({"hybrid": losses["hybrid"]})
    with pytest.raises(ConfigError, match=r"got losses of \['a', 'b'\]"):
        audited({"a": losses["hybrid"], "b": losses["hybrid"]})
    with pytest.raises(ConfigError, match="horizon must be at least 1, got 0"):
        audited(losses, horizon=0)
    with pytest.raises(DataError, match=r"10 seeds and 200 test samples: .* horizon of 100"):
        audited(losses, horizon=100)
    with pytest.raises(DataError, match=r"classical have the shape \(4, 200\): expected \(10, 200"):
        audited(losses | {"classical": losses["classical"][:4]})
    with pytest.raises(DataError, match=r"\(10, 100\): expected"):
        audited(losses | {"classical": losses["classical"][:, :100]})
    spoilt = losses["classical"].copy()
    spoilt[3, 5] = math.nan
    with pytest.raises(DataError, match="1 losses of classical are not finite"):
        audited(losses | {"classical": spoilt})
