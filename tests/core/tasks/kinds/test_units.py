"""Many units with sensor windows: engines on counters of their own, and how long they will last.

No fold tests on an engine that it has trained on; cases of other engines are evidence for one
whatever the counters say.
"""

import numpy as np
import pandas as pd
import pytest
import small
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qmann_core.data import Samples, grouped, sliding
from qmann_core.evaluation.baselines import mean_value, nearest_neighbours
from qmann_core.nn.tabular import regression_head
from qmann_core.tasks import Task, fit
from qmann_core.tasks.assessment import Assessment
from qmann_core.tasks.scores import score_regression
from qmann_core.testing import check_task

WINDOW = 5
CONFIG = small.settings("quantum_kernel", validation_fraction=0.25)
LIVES = {"a": (0, 44), "b": (100, 61), "c": (200, 52), "still running": (0, 57)}
"""Of each engine, where its counter starts and how many cycles it lasts."""


def demo(_application):
    """Counter, sensors and cycles left of each engine; of the last, only the first 30."""
    engines = {}
    for number, (name, (start, life)) in enumerate(LIVES.items()):
        cycle = np.arange(life)
        wear = (cycle / life)[:, None] ** np.array([1, 2, 3])
        sensors = wear + 0.1 * np.random.default_rng(number).normal(size=wear.shape)
        engines[name] = start + cycle, sensors, life - 1.0 - cycle
    cycle, sensors, _ = engines["still running"]
    return {**engines, "still running": (cycle[:30], sensors[:30], np.full(30, np.nan))}


def features(engines, _application):
    x = [sliding(sensors, WINDOW) for _, sensors, _ in engines.values()]
    time, left = (
        np.concatenate([engine[k][WINDOW - 1 :] for engine in engines.values()]) for k in (0, 2)
    )
    return Samples(
        small.tensor(np.concatenate(x)),
        small.tensor(left[:, None]),
        time=time,
        unit=np.repeat(np.arange(len(x)), [len(each) for each in x]),
        units=tuple(engines),
        targets={"target": ("cycles left",)},
    )


def table(prediction):
    engine = np.array(prediction.samples.units)[prediction.samples.unit]
    ends = prediction.outputs["quantiles"][:, 0].T
    quantiles = {f"q{p:g}": end for p, end in zip(prediction.probabilities, ends, strict=True)}
    return pd.DataFrame({"engine": engine, "cycle": prediction.samples.time, **quantiles})


def report(prediction):
    engine = np.array(prediction.samples.units)[prediction.samples.unit]
    found = prediction.evidence
    case = {"case": found.series, "cycle": found.time}
    evidence = found.to_frame("engine", engine, case, {"cycles left": found.y[:, :, 0]})
    return small.TableReport(**prediction.common("engines", table, evidence=evidence))


TASK = Task(
    name="engines",
    summary="Cycles that an engine has left",
    load=lambda source, _application: source,
    demo=demo,
    features=features,
    split=lambda samples, _application: grouped(samples.unit),
    head=regression_head,
    score=score_regression,
    baselines={"nearest neighbours": nearest_neighbours, "mean": mean_value},
    report=report,
    presets={"standard": CONFIG},
    asked="newest",
    calibration="fixed",
)


@pytest.mark.slow
def test_engines_keep_the_laws_of_a_task(tmp_path):
    check_task(TASK, CONFIG, tmp_path)


def test_errors_are_those_of_scikit_learn_with_one_engine_left_out_at_a_time():
    assessment = Assessment(TASK, demo(None), CONFIG)
    score, known = assessment.baseline("nearest neighbours"), assessment.known
    model = make_pipeline(StandardScaler(), KNeighborsRegressor(5))
    x, y = known.x.flatten(1).double().numpy(), known.y[:, 0].numpy()
    found = cross_val_predict(model, x, y, groups=known.unit, cv=LeaveOneGroupOut())
    squared = np.square(found - y)
    assert score["squared error"].mean() == pytest.approx(squared.mean(), rel=1e-6)
    one_each = np.bincount(known.unit, weights=squared) / np.bincount(known.unit)
    np.testing.assert_allclose(assessment.losses(score), one_each, rtol=1e-6)


def test_a_new_engine_is_answered_once_with_cases_of_those_that_were_trained_on():
    fitted = fit(TASK, demo(None), CONFIG)
    cycle, sensors, left = demo(None)["c"]
    found = fitted.predict({"new": (cycle - 200, sensors, np.full_like(left, np.nan))})
    assert found.table[["engine", "cycle"]].to_numpy().tolist() == [["new", 51]]
    assert set(found.evidence["case"]) <= {"a", "b", "c"}
    assert found.evidence.iloc[0].to_dict().items() >= {"case": "c", "cycle": 251}.items()
