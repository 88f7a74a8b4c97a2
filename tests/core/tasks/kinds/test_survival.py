"""Survival with right censoring: risks by a Cox model, and lower bounds of survival times."""

import numpy as np
import plain
import torch
from scipy import optimize
from slopes import by_autograd

from qmann_core.data import Samples, grouped
from qmann_core.evaluation.baselines import closed_form
from qmann_core.nn import Head, OneSided, SkipReadout
from qmann_core.nn.newton import newton
from qmann_core.tasks import Task, fit
from qmann_core.tasks.assessment import Assessment
from qmann_core.testing import check_task

TIMES = np.linspace(0, 9, 46)


class Cox(OneSided, Head):
    """Hazard h0(t) exp(risk). The score is S at the time seen, which censoring makes larger."""

    names, region = ("risk", "survival"), "at least"

    def __init__(self, n_features, samples):
        super().__init__()
        self.risk = SkipReadout(n_features, samples.regressors.shape[1], 1)
        self.register_buffer("hazard", torch.zeros(len(TIMES)))  # cumulative, of risk 0

    def fit(self, train):
        x, y, event = (part.double() for part in (train.regressors, train.y, train.aux["event"]))
        value = lambda w: self.loss(x @ w[:, None], y, {"event": event})  # noqa: E731
        w = newton(value, by_autograd(value), 0 * x[0], least=lambda _: 1e-14)
        self.risk.weights.copy_(w[:, None])
        deaths = event / ((y <= y.T).double() @ torch.exp(x @ w))  # Breslow's estimate
        self.hazard.copy_(deaths @ (y <= torch.from_numpy(TIMES)).double())

    def forward(self, features, regressors):
        return self.risk(features, regressors)

    def loss(self, raw, y, aux):
        at_risk = torch.where(y <= y.T, raw.T, -torch.inf).logsumexp(dim=1)
        return (aux["event"] * (at_risk - raw[:, 0])).sum() / aux["event"].sum().clamp_min(1)

    def decode(self, raw):
        return {"risk": raw, "survival": torch.exp(-self.hazard * raw.exp())}

    def nonconformity(self, outputs, samples):
        rows = zip(samples.y[:, 0].numpy(), outputs["survival"], strict=True)
        return np.array([[np.interp(time, TIMES, curve)] for time, curve in rows])

    def bound(self, outputs, quantiles):
        rows = zip(outputs["survival"][:, ::-1], quantiles[:, 0], strict=True)
        return np.array([np.interp(wanted, curve, TIMES[::-1]) for curve, wanted in rows])


def concordance(time, event, risk):
    pair = event[:, None] & ((time[:, None] < time) | ((time[:, None] == time) & ~event))
    return float(np.sum(pair * (np.sign(risk[:, None] - risk) + 1)) / 2 / pair.sum())


def score(outputs, test, train, levels):
    time, event = test.y[:, 0].numpy(), test.aux["event"].numpy() > 0
    alive = time[:, None] > TIMES
    miss = np.where(alive | event[:, None], alive - outputs["survival"], 0)  # known until censored
    covered = 100.0 * (outputs["at least"] <= time[:, None])
    found = {"Brier": np.square(miss).mean(axis=1)}
    found["concordance"] = concordance(time, event, outputs["risk"][:, 0])
    return found | {f"coverage {100 * p:g}": c for p, c in zip(levels, covered.T, strict=True)}


def demo(_, n=240):
    rng = np.random.default_rng(0)
    x, leaves = rng.normal(size=(n, 3)), rng.uniform(2, 12, n)
    time = rng.weibull(1.5, n) * np.exp(1.5 - 0.7 * x[:, 0] + 0.4 * x[:, 1])
    seen = np.minimum(time, leaves).round(1) + 0.1  # with ties
    seen[-4:] = np.nan
    return np.column_stack((x, seen, time <= leaves)).astype(np.float32)


def features(table, _):
    x, y, event = torch.split(torch.from_numpy(table), [3, 1, 1], dim=1)
    unit, units = np.arange(len(x)), tuple(f"patient {i}" for i in range(len(x)))
    return Samples(x, y, regressors=x, unit=unit, units=units, aux={"event": event[:, 0]})


TASK = Task(
    name="survival",
    summary="How long patients survive",
    load=lambda source, _: source,
    demo=demo,
    features=features,
    split=lambda known, _: grouped(known.unit, 3),
    head=Cox,
    score=score,
    baselines={"Cox": lambda *given: closed_form(Cox, *given)},
    report=plain.report(lambda found: {"at least": found.outputs["at least"][:, 0]}),
    presets={"fast": plain.CONFIG},
    asked="unknown",
    calibration="fixed",
)


def loss(w, x, time, event):
    e = np.exp(x @ w)  # Breslow's rule for ties
    return -sum(x[i] @ w - np.log(e[time >= time[i]].sum()) for i in np.flatnonzero(event))


def test_survival(tmp_path):
    check_task(TASK, plain.CONFIG, tmp_path)
    assessment, expected = Assessment(TASK, demo(None), plain.CONFIG), []
    known, head = assessment.known, Cox(1, assessment.known)
    x, time, event = known.x.double().numpy(), known.y[:, 0].numpy(), known.aux["event"].numpy() > 0
    for train, test in ((fold.train, fold.test) for fold in assessment.folds):
        w = optimize.minimize(loss, np.zeros(3), (x[train], time[train], event[train]), tol=1e-9).x
        head.fit(known[train])
        np.testing.assert_allclose(head.risk.weights[:, 0], w, atol=1e-5)
        expected.append(concordance(time[test], event[test], x[test] @ w))
    np.testing.assert_allclose(assessment.baseline("Cox")["concordance"], np.mean(expected))
    (bound,) = fit(TASK, demo(None), plain.CONFIG).predict(demo(None)[-1:]).to_frame()["at least"]
    assert 0 < bound < 9
