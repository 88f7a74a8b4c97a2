"""Cox against lifelines, and heads against closed forms."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from qmann_core.data import Samples, installed_file
from qmann_core.errors import ConfigError
from qmann_core.nn import Cox, solve
from qmann_core.survival import (
    UNPENALISED,
    KaplanMeierHead,
    band,
    breslow,
    cox_head,
    kaplan_meier,
    linear_cox,
    score_survival,
    survival_at,
    time_until,
)


@pytest.fixture(scope="module")
def gbsg2():
    file = installed_file("lifelines", "datasets/gbsg2.csv", about="the test", install="lifelines")
    table = pd.get_dummies(pd.read_csv(file), drop_first=True, dtype=float)
    covariates = table.drop(columns=["time", "cens"])
    return (covariates - covariates.mean()) / covariates.std(), table[["time", "cens"]]


def test_cox_is_that_of_lifelines(gbsg2):
    """Coefficients by Efron's rule, and Breslow's hazard for the mean patient."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of lifelines with newer pandas
        from lifelines import CoxPHFitter

        z, followed = gbsg2
        options = {"duration_col": "time", "event_col": "cens", "fit_options": {"precision": 1e-12}}
        peer = CoxPHFitter().fit(z.join(followed), **options)
    x, y = (torch.from_numpy(part.to_numpy(float)) for part in (z, followed))
    found = solve(Cox(), x, y, penalty=UNPENALISED[0])
    np.testing.assert_allclose(found.weights[:, 0] / found.deviation, peer.params_, atol=1e-8)
    when, hazard = breslow(y[:, 0], y[:, 1], found(x)[:, 0])
    baseline = peer.baseline_cumulative_hazard_["baseline cumulative hazard"]
    np.testing.assert_allclose(hazard, baseline[when.numpy()], rtol=1e-6)


def test_band_is_that_of_lifelines(gbsg2):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import KaplanMeierFitter

        time, event = gbsg2[1].to_numpy(float).T
        ends = KaplanMeierFitter(alpha=0.2).fit(time, event).confidence_interval_.iloc[1:]
    for end, expected in zip(band(time, event, 80), ends.to_numpy().T, strict=True):
        np.testing.assert_allclose(end.at(ends.index.to_numpy()), expected, rtol=1e-9)


def hazards(time, event, eta):
    """Breslow's estimate as a loop."""
    when, total, found = sorted(set(time[event > 0])), 0.0, []
    for t in when:
        total += event[time == t].sum() / np.exp(eta[time >= t]).sum()
        found.append(total)
    return when, found


def samples(x, time, event, horizon=4.0):
    to = torch.from_numpy
    aux = {"event": to(event.astype(float)), "horizon": torch.full((len(x),), horizon)}
    return Samples(to(x), to(time)[:, None], regressors=to(x), aux=aux)


def cohort(n=300):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 3))
    time = rng.exponential(size=n) / np.exp(0.8 * x[:, 0]) * 5
    leaves = rng.uniform(1, 12, n)
    return samples(x, np.minimum(time, leaves).round(1) + 0.1, time <= leaves)


def test_head_gives_breslows_curves_of_calibrated_risks():
    train = cohort()
    head = linear_cox(UNPENALISED, 0, train).double()
    head.fit(train)
    outputs = {
        k: v.numpy()
        for k, v in head.decode(head(train.regressors[:, :0], train.regressors)).items()
    }
    time, event = train.y[:, 0].numpy(), train.aux["event"].numpy()
    left_out, _ = head.readout.fit(train, torch.column_stack((train.y, train.aux["event"])))
    when, hazard = hazards(time, event, head.slope.item() * left_out[:, 0].numpy())
    at = np.tile(when, (len(time), 1))
    expected = np.exp(-np.outer(np.exp(outputs["risk"][:, 0]), hazard))
    np.testing.assert_allclose(survival_at(outputs, at), expected, rtol=1e-6)
    assert 0.8 < head.slope.item() < 1  # three covariates overfit a little
    half = time_until(outputs, np.full((len(time), 1), 0.5))
    reached = outputs["survival"][:, -1] < 0.5
    np.testing.assert_allclose(survival_at(outputs, half)[reached], 0.5, rtol=1e-9)
    level = np.full((len(time), 1, 1), 0.9)
    bound = head.bound(outputs, level)
    least = np.maximum(outputs["survival"][:, -1:], 0.9)  # some curves end before
    np.testing.assert_allclose(survival_at(outputs, bound), least, rtol=1e-9)
    figures = score_survival({**outputs, "at least": bound}, train, train, (0.9,))
    assert figures["slope"] == pytest.approx(1 / head.slope.item(), rel=0.1)
    assert figures["observed/expected"] == pytest.approx(1, abs=0.05)


def test_without_covariates_it_is_kaplan_meier():
    train = cohort()
    head = KaplanMeierHead().double()
    head.fit(train)
    outputs = {
        k: v.numpy()
        for k, v in head.decode(head(train.regressors[:, :0], train.regressors)).items()
    }
    curve = kaplan_meier(train.y[:, 0].numpy(), train.aux["event"].numpy())
    at = np.tile(curve.time, (len(train), 1))
    np.testing.assert_allclose(survival_at(outputs, at)[0], curve.share, rtol=1e-9)


def test_bound_holds_under_censoring():
    """Of times as they came, which censoring hides."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 1))
    time = rng.exponential(size=4000) / np.exp(x[:, 0])
    leaves = rng.exponential(size=4000) * 2
    seen = samples(x, np.minimum(time, leaves), time <= leaves)
    head = linear_cox(UNPENALISED, 0, seen).double()
    head.fit(seen[np.arange(2000)])
    outputs = {
        k: v.numpy() for k, v in head.decode(head(seen.regressors[:, :0], seen.regressors)).items()
    }
    calibration = {k: v[2000:3000] for k, v in outputs.items()}
    scores = head.nonconformity(calibration, seen[np.arange(2000, 3000)])
    quantile = np.quantile(scores, 0.8)
    bound = head.bound({k: v[3000:] for k, v in outputs.items()}, np.full((1000, 1, 1), quantile))
    assert (time[3000:] >= bound[:, 0]).mean() > 0.78


def test_inputs_are_relevant_for_martingale_residuals():
    """Not for times, of which a censored one is no outcome."""
    train = cohort(60)
    time, event = train.y[:, 0].numpy(), train.aux["event"].numpy()
    when, hazard = hazards(time, event, np.zeros(60))
    lived = [sum(np.diff(hazard, prepend=0)[np.array(when) <= t]) for t in time]
    found = KaplanMeierHead().wanted(train)
    np.testing.assert_allclose(found[:, 0], event - lived, rtol=1e-12)
    assert float(found.sum()) == pytest.approx(0, abs=1e-9)


def test_a_trained_controller_is_refused():
    with pytest.raises(ConfigError, match="quantum_kernel"):
        cox_head(1, cohort())
