"""What is asked of a trained model, and the cases that its answers come with.

Two pumps with dates; fixed calibration, so that any unit may be answered from all that was trained
on.
"""

from dataclasses import replace

import jaxtyping
import numpy as np
import pandas as pd
import pytest
import small
import torch

from qmann_core.data import Samples, walk_forward
from qmann_core.data.orders import after_all
from qmann_core.errors import DataError
from qmann_core.evaluation.baselines import mean_value
from qmann_core.nn.tabular import regression_head
from qmann_core.tasks import Task, evidence, fit, load_fitted
from qmann_core.tasks.scores import score_regression

CONFIG = small.settings("quantum_kernel", validation_fraction=0.3)


def demo(_application):
    """Levels of 30 days; what follows the last two is not known."""
    rng = np.random.default_rng(0)
    return {name: (np.datetime64("2024-01-01"), rng.normal(size=(30, 2))) for name in ("a", "b")}


def features(pumps, _application):
    y = [np.append(levels[1:-1, 0], (np.nan, np.nan)) for _, levels in pumps.values()]
    return Samples(
        small.tensor(np.concatenate([levels[:, None] for _, levels in pumps.values()])),
        small.tensor(np.concatenate(y)[:, None]),
        time=np.concatenate([start + np.arange(len(levels)) for start, levels in pumps.values()]),
        unit=np.repeat(np.arange(len(y)), [len(each) for each in y]),
        units=tuple(pumps),
        lead=(2,),
    )


def split(samples, _application):
    return walk_forward(samples.time, samples.unit, test_size=6, refit_every=3, embargo=2)


def report(prediction):
    samples, found = prediction.samples, prediction.evidence
    pump = np.array(samples.units)[samples.unit]
    table = lambda by: pd.DataFrame({"pump": pump, "day": by.samples.time})  # noqa: E731
    cases = {"case": found.series, "seen": found.time}
    shown = found.to_frame("pump", pump, cases, {"level": found.y[:, :, 0]})
    return small.TableReport(**prediction.common("pumps", table, evidence=shown))


TASK = Task(
    name="pumps",
    summary="The level of a pump",
    load=lambda source, _application: source,
    demo=demo,
    features=features,
    split=split,
    head=regression_head,
    score=score_regression,
    baselines={"mean": mean_value},
    report=report,
    presets={"standard": CONFIG},
    calibration="fixed",
)


@pytest.fixture(scope="module")
def fitted():
    return fit(TASK, demo(None), CONFIG)


def asking(fitted, asked):
    return replace(fitted, task=replace(TASK, asked=asked))


@pytest.mark.parametrize(("asked", "days"), [("newest", [30]), ("unknown", [29, 30])])
def test_only_what_is_asked_is_answered(fitted, asked, days):
    table = asking(fitted, asked).predict(demo(None)).table
    expected = np.datetime64("2023-12-31") + np.tile(days, 2)
    np.testing.assert_array_equal(table["day"].to_numpy().astype("datetime64[D]"), expected)
    assert table["pump"].tolist() == np.repeat(["a", "b"], len(days)).tolist()


def test_all_rows_are_answered_alike_in_blocks_of_any_size(fitted, monkeypatch):
    whole = asking(fitted, "all").predict(demo(None))
    assert len(whole.table) == 60
    monkeypatch.setattr(evidence, "_QUERIES", 7)
    parts = asking(fitted, "all").predict(demo(None))
    np.testing.assert_allclose(parts.evidence["weight %"], whole.evidence["weight %"], rtol=1e-3)


def test_nothing_to_ask_is_refused(fitted):
    samples = features(demo(None), None)
    known = replace(samples, y=torch.ones(60, 1))
    with pytest.raises(DataError, match="nothing to predict"):
        asking(fitted, "unknown").report_of(None, known)
    with pytest.raises(DataError, match="too few rows to predict empty"):
        fitted.report_of(None, replace(samples, units=("a", "b", "empty")))


def test_cases_are_named_and_dated_as_at_the_fit_whoever_asks(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = load_fitted(TASK, tmp_path / "model")
    start, levels = demo(None)["b"]
    for model in (fitted, loaded):
        first = model.predict({"earlier": (start - 900, levels[:9])}).evidence.iloc[0]
        assert (first["pump"], first["case"]) == ("earlier", "b")
        assert first["seen"] == pd.Timestamp("2024-01-09")
        assert first["level"] == pytest.approx(levels[9, 0])


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_placed_after_all_dates_stay_dates(unit):
    samples = features(demo(None), None)
    dated = replace(samples, time=samples.time.astype(f"datetime64[{unit}]"))
    placed = after_all(dated)
    assert placed.dated
    assert bool((placed.origin[None] > dated.settled[:, None]).all())
    counted = after_all(replace(dated, time=np.arange(60)))
    np.testing.assert_array_equal(placed.origin, counted.origin)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"lead": (0,)}, r"got leads \(0,\)"),
        ({"time": np.arange(2)}, "time: 2"),
        ({"aux": {"label": torch.zeros(4)}}, "label: 4"),
    ],
)
def test_samples_that_do_not_fit_together_are_refused(wrong, says, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as it is for users
    with pytest.raises(DataError, match=says):
        Samples(torch.zeros(3, 1, 2), torch.zeros(3, 1), **wrong)
