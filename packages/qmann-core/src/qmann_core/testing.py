"""The conformance suite for authors of domains and layers: laws that every task and layer keeps.

def test_my_task(tmp_path):
    check_task(MY_TASK, quick(MY_TASK.presets["fast"]), tmp_path)
"""

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.integrate import odeint
from torch import Tensor, nn

from .config import QMANNConfig
from .data import Folds, Samples
from .data.orders import after_all
from .data.splits import check_apart
from .nn import Head, build_network
from .tasks import Fitted, Report, Task, answer, load_fitted
from .tasks.evidence import gather

_ROUNDING = 1e-12  # by where rows lie in memory, some processors add them up in another order


def check_layer(layer: nn.Module, x: Tensor) -> None:
    """Assert what every layer must do with an input of shape (batch, ..., n_in).

    Samples do not see each other; leading batch axes work; the call draws nothing from the global
    generator; copies, pickles and state_dicts compute the same; gradients with respect to inputs
    and weights are right, in float64.

    Raises:
        AssertionError: a law is broken.
    """
    layer = copy.deepcopy(layer).double().eval()
    x = x.double()
    before = torch.get_rng_state()
    y = layer(x)
    assert torch.equal(before, torch.get_rng_state()), "the call moved the global generator"
    torch.testing.assert_close(torch.cat([layer(row) for row in torch.split(x, 1)]), y)
    torch.testing.assert_close(layer(x.unsqueeze(0)).squeeze(0), y)
    assert torch.equal(copy.deepcopy(layer)(x), y), "a deep copy computes something else"
    assert torch.equal(pickle.loads(pickle.dumps(layer))(x), y), "a pickle differs"  # noqa: S301
    other = copy.deepcopy(layer)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other(x), y), "the state_dict does not hold everything"
    parameters = dict(layer.named_parameters())

    def run(x: Tensor, *values: Tensor) -> Tensor:
        named = dict(zip(parameters, values, strict=True))
        result: Tensor = torch.func.functional_call(layer, named, (x,))
        return result

    inputs = (
        x.clone().requires_grad_(),
        *(p.detach().requires_grad_() for p in parameters.values()),
    )
    right = torch.autograd.gradcheck(run, inputs, raise_exception=False)
    assert right, "gradients are wrong"


def damped_pendulum() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """(x, y) to train and to test on: a damped pendulum's angular velocity, four steps to the next.

    y'' = -0.15 y' - 9.81 sin(y) from y = 0, y' = 3, at 240 times in [0, 20], scaled to [-1, 1]; x
    is (157 or 78, 4, 1) and y (157 or 78, 1), in float64 after rounding to float32. Data and split
    of Chen, Yoo and Fang, arXiv:2009.01783, and of their script.
    """
    t = np.linspace(0, 20, 240)
    path = odeint(lambda y, _: [y[1], -0.15 * y[1] - 9.81 * np.sin(y[0])], [0, 3], t)[:, 1]
    scaled = 2 * (path - path.min()) / (path.max() - path.min()) - 1
    series = torch.from_numpy(scaled.astype(np.float32)).double()
    n = len(series) - 5
    x, y = series.unfold(0, 4, 1)[:n].unsqueeze(-1), series[4 : 4 + n].unsqueeze(-1)
    split = int(0.67 * n)
    return (x[:split], y[:split]), (x[split:], y[split:])


def quick(config: QMANNConfig, **application: Any) -> QMANNConfig:
    """A configuration that trains for one epoch a fit, with changes of the application part."""
    hybrid = config.hybrid.model_copy(update={"epochs": 1, "refit_epochs": 1})
    changed = config.application.model_copy(update=application)
    return config.model_copy(update={"hybrid": hybrid, "application": changed})


def check_task(
    task: Task[Any, Any],
    config: QMANNConfig,
    folder: Path,
    *,
    earlier: Callable[[Any], Any] | None = None,
) -> None:
    """Assert what every task must do, on its own demo data.

    Features are stateless, and with ``earlier``, which drops the newest part of records, do not
    look ahead; folds train on the past alone, or on other units; baselines do not read the test
    targets; the head starts finite, and so are its residuals, scores and regions; a report repeats
    bit for bit with its seed, and survives saving and loading; where regions are adaptive, the
    cases that it shows as evidence are earlier ones.

    Args:
        task: the task.
        config: a cheap configuration, such as ``quick(task.presets["fast"])``.
        folder: an empty folder to save to.
        earlier: records -> the same records as known at an earlier time.

    Raises:
        AssertionError: a law is broken.
    """
    records = task.demo(config.application)
    samples = task.features(records, config.application)
    _check_features(task, config, records, samples, earlier)
    known = samples[samples.known]
    _check_folds(task, config, known)
    _check_baselines(task, config, records, known)
    head = _check_head(task, config, known)
    _check_presets(task, head)
    report = answer(task, records, config)
    _check_report(report)
    fitted = report.fitted
    assert isinstance(fitted, Fitted)
    _check_evidence(fitted, samples)
    _check_repeats(task, config, records, report, folder)


def _check_features(
    task: Task[Any, Any],
    config: QMANNConfig,
    records: Any,
    samples: Samples,
    earlier: Callable[[Any], Any] | None,
) -> None:
    _assert_equal(task.features(records, config.application), samples)
    for name in ("x", "regressors"):
        assert not bool(getattr(samples, name).isinf().any()), f"{name} is not finite"
    gaps, left = (each.flatten(1).isnan().any(dim=1) for each in (samples.x, samples.regressors))
    assert not bool((left & ~gaps).any()), "regressors is not finite where nothing is missing in x"
    if task.asked != "all":
        assert not samples.known.all(), "the newest sample, whose target is unknown, is missing"
    for unit in range(len(samples.units)):
        steps = np.diff(samples.time[samples.unit == unit])
        assert np.all(steps > steps.dtype.type(0)), "samples of a unit are not in time order"
    if earlier is not None:
        past = task.features(earlier(records), config.application)
        keys = [set(zip(s.unit.tolist(), s.time.tolist(), strict=True)) for s in (past, samples)]
        assert keys[0] < keys[1], "earlier records make other samples"
        both = np.array([k in keys[0] for k in zip(samples.unit, samples.time.tolist())])  # noqa: B905
        _assert_equal(replace(samples[both], y=past.y), past)


def _check_folds(task: Task[Any, Any], config: QMANNConfig, known: Samples) -> None:
    folds, tested = task.split(known, config.application), set[int]()
    check_apart(folds, known.unit, known.units)
    for fold in folds:
        assert not set(fold.train) & set(fold.test), "a fold tests on what it trains on"
        assert not tested & set(fold.test), "a sample is tested twice"
        tested |= set(fold.test.tolist())
        if folds.kind == "independent":
            continue
        start = known.time[fold.test].min()
        for unit in range(len(known.units)):
            times = known.time[known.unit == unit]
            train = known.time[fold.train[known.unit[fold.train] == unit]]
            late = np.searchsorted(times, train) + known.reach
            assert np.all(times[late] <= start), "a training target reaches into the test part"


def _check_baselines(
    task: Task[Any, Any], config: QMANNConfig, records: Any, known: Samples
) -> None:
    application = config.application
    for name, baseline in task.baselines.items():
        for folds in task.split(known, application).walks:
            outputs = baseline(records, known, folds, application)
            for key, value in outputs.items():
                assert np.isfinite(value).all(), f"{name}: {key} is not finite"
            for number, fold in enumerate(folds, start=1):
                seen = torch.full_like(known.y, torch.nan)
                seen[fold.train] = known.y[fold.train]
                first = Folds(folds.rows[:number], folds.kind)
                blind = baseline(records, replace(known, y=seen), first, application)
                reason = f"{name} reads the test targets, or computes otherwise for fewer rows"
                for key, value in outputs.items():
                    told = blind[key][fold.test], value[fold.test]
                    np.testing.assert_allclose(*told, rtol=_ROUNDING, err_msg=reason)


def _check_head(task: Task[Any, Any], config: QMANNConfig, known: Samples) -> Head:
    network = build_network(config, known, task.head)
    network.fit_statistics(known)
    some, head = known[np.arange(min(64, len(known)))], network.head
    with torch.no_grad():
        raw = network(some.x, some.regressors)
        loss = head.loss(raw, some.y, some.aux)
        assert bool(torch.isfinite(loss)), f"the loss starts at {loss}"
        outputs = {name: value.double().numpy() for name, value in head.decode(raw).items()}
        residual = head.residual(network.told(known).regressors, known.y)
    assert len(residual) == len(known), "a residual's size differs"
    assert bool(torch.isfinite(residual).all()), "a residual is not finite"
    assert set(head.names) <= set(outputs), "an output of the outcome is missing"
    assert all(np.isfinite(value).all() for value in outputs.values()), "an output is not finite"
    if "scale" in outputs:
        assert (outputs["scale"] > 0).all(), "a scale is not positive"
    scores = head.nonconformity(outputs, some)
    has_score = ~np.isnan(scores).any(axis=1)  # a row may have none, and calibrates nothing then
    assert has_score.any(), "no row has a score"
    assert np.isfinite(scores[has_score]).all(), "a score is not finite"
    quantiles = np.repeat(scores[..., None], len(head.probabilities(config.application.level)), -1)
    assert len(head.bound(outputs, quantiles)) == len(some), "regions are not of the samples"
    return head


def _check_presets(task: Task[Any, Any], head: Head) -> None:
    for name, preset in task.presets.items():
        kind = type(preset)
        assert kind.model_validate(json.loads(preset.model_dump_json())) == preset, name
        probabilities = head.probabilities(preset.application.level)
        assert list(probabilities) == sorted(set(probabilities)), name


def _check_report(report: Report) -> None:
    assert len(report.to_frame()) > 0, "the report is empty"
    json.dumps(report.to_dict(), allow_nan=True)
    assert {"classical", report.model} <= set(report.evaluation.scores)
    assert report.metrics == report.evaluation.scores[report.model]
    models = list(report.evaluation.scores)
    assert list(dict.fromkeys(report.predictions["model"])) == models, "a model does not answer"
    assert list(dict.fromkeys(report.backtest["model"])) == models, "a model has no backtest"


def _check_evidence(fitted: Fitted, samples: Samples) -> None:
    adaptive = fitted.task.calibration == "adaptive"
    latest = samples[~samples.known] if adaptive else after_all(samples)
    found = gather(fitted.model, latest, fitted.template.units, 3)
    if found is None:  # a configuration without memory
        return
    weighs = found.weight > 0
    early = found.time < latest.time[:, None]
    assert np.all(early | ~weighs), "a remembered case is later than its sample"
    assert np.isfinite(found.y[weighs]).all(), "what followed a remembered case is not known"


def _check_repeats(
    task: Task[Any, Any], config: QMANNConfig, records: Any, report: Report, folder: Path
) -> None:
    before = torch.get_rng_state()
    again = answer(task, records, config)
    assert torch.equal(before, torch.get_rng_state()), "fit moved the global generator"
    expected = _without_clock(report)
    assert _without_clock(again) == expected, "the same seed differs"
    report.save(folder / "model")
    loaded = load_fitted(task, folder / "model")
    found = loaded.report(records)
    assert _without_clock(found) == expected, "a saved model differs"
    assert found.predictions.equals(report.predictions), "a baseline differs when it was saved"
    assert found.backtest.equals(report.backtest), "a saved backtest differs"


def _without_clock(report: Report) -> str:
    values = report.to_dict()
    del values["evaluation"]["seconds"]
    return json.dumps(values, sort_keys=True)


def _assert_equal(a: Samples, b: Samples) -> None:
    for name in ("x", "regressors", "y", "time", "unit"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), name)
    for name, column in a.aux.items():
        np.testing.assert_array_equal(column, b.aux[name], name)
