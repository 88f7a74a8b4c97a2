"""Saved models that somebody changed and sealed again: an error of ours in one line, or an answer.

Nothing is trained: one model is shipped, of the other the weights are as they were drawn.
"""

import copy
import json
import random
import shutil
import time
import tracemalloc
import warnings

import numpy as np
import pytest
import torch

from qmann_core.errors import QMANNError
from qmann_core.storage import read_tensors, write_tensors
from qmann_core.tasks import load_fitted

SECONDS, BYTES, LENGTH = 5.0, 1e9, 300
HUGE = (10**5, 10**9, 2**63 - 1, 10**30)
ODD = (None, True, -1, 0, 1.5, "x", "", [], {}, [[]], {"": 0}, "9" * 5000, "ä\n\x00")
DTYPES = (torch.float64, torch.float16, torch.int64, torch.int8, torch.bool, torch.complex64)


def places(values, path=()):
    """Every place in nested dicts and lists."""
    pairs = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in pairs:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def change_description(values, chance):
    path = chance.choice(list(places(values)))
    owner = values
    for key in path[:-1]:
        owner = owner[key]
    old, key = owner[path[-1]], path[-1]
    match chance.randrange(5):
        case 0:
            del owner[key]
        case 1:
            owner[key] = chance.choice(ODD)
        case 2:
            owner[key] = chance.choice(HUGE)
        case 3:
            for _ in range(chance.choice((40, 300))):
                old = [old]
            owner[key] = old
        case _:
            new = chance.choice(("extra", "_", "format"))
            if isinstance(owner, dict):
                owner[new] = old
            else:
                owner.extend([old] * chance.choice((1, 10**4)))
    return ".".join(map(str, path))


def change_tensors(tensors, chance):
    name = chance.choice(sorted(tensors))
    old = tensors[name]
    flat = old.flatten().clone()
    match chance.randrange(9):
        case 0:
            del tensors[name]
        case 1:
            tensors[f"{name}.more"] = old
        case 2:
            tensors[name] = torch.cat((flat, flat.new_ones(1 + chance.randrange(3)))).clone()
        case 3:
            tensors[name] = old.unsqueeze(chance.randrange(old.ndim + 1))
        case 4:
            tensors[name] = old.to(chance.choice(DTYPES))
        case 5 | 6 if len(flat):
            odd = (float("nan"), float("inf"), 1e30) if old.is_floating_point() else (-1, 99, 2**7)
            flat[chance.randrange(len(flat))] = chance.choice(odd)
            tensors[name] = flat.view_as(old)
        case 7:
            tensors[name] = old.new_zeros(chance.choice(((0,), (60000, 4), (2, 0, 10**12), ())))
        case _:
            tensors[name] = old[: len(old) // 2] if old.ndim else old.new_zeros(0)
    return name


def change_bytes(file, chance):
    data = bytearray(file.read_bytes())
    if chance.random() < 0.5:
        del data[chance.randrange(len(data)) :]
    else:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)


@pytest.fixture(scope="module")
def models(shipped, tmp_path_factory):
    """For each a task, a folder, and something to predict."""
    from qmann_drug.tasks import TASKS

    folder = tmp_path_factory.mktemp("models")
    forecast = untrained_forecast(folder / "forecast")
    return [(TASKS["hydration"], shipped, ["CCO"]), forecast]


def untrained_forecast(folder):
    import pandas as pd

    from qmann_core.config import load_config
    from qmann_core.evaluation import Calibration, Comparison
    from qmann_core.nn import Ensemble, build_network
    from qmann_core.tasks import Fitted
    from qmann_core.tasks.backtest import Backtest
    from qmann_core.tasks.evaluation import Evaluation
    from qmann_core.tasks.others import Other
    from qmann_finance.tasks import TASKS

    task = TASKS["forecast"]
    settings = ("hybrid.members=2", "application.min_rows=100", "application.horizon=2")
    small = ("memory.capacity=20", "quantum.n_qubits=2", "classical.controller=lstm")
    kind = ("classical.hidden_size=4", "memory.kind=quantum")
    config = load_config(task.preset("fast"), overrides=[*settings, *small, *kind])
    rng = np.random.default_rng(0)
    prices = pd.DataFrame(
        {"date": pd.bdate_range("2020-01-01", periods=200), "close": 100 + rng.normal(size=200)}
    )
    samples = task.features(task.records(prices, config), config.application)
    torch.manual_seed(0)
    members = [build_network(config, samples, task.head) for _ in range(2)]
    for member in members:
        member.fit_statistics(samples[samples.known])
        member.remember(samples[samples.known])
    probabilities = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
    scores = rng.normal(size=(50, 2))
    calibration = Calibration(scores, probabilities, np.stack([probabilities, probabilities]))
    models, tested = ("hybrid", "random walk"), samples[np.arange(5)]
    outputs = {
        "location": np.zeros((5, 2)),
        "scale": np.ones((5, 2)),
        "quantiles": np.tile(probabilities, (5, 2, 1)),
    }
    evaluation = Evaluation(
        scores={name: {"pinball": 1.0, "coverage 80": 60.0} for name in models},
        primary="pinball",
        comparisons=(Comparison(*models, 1.0, 1.0, 0.0, (-1.0, 1.0), 1.0, 1.0),),
        verdict="None.",
        parameters={},
        seconds={},
        start="2020-01-01",
        end="2020-02-01",
        n_test=5,
        n_refits=1,
        validation=dict(zip(models, (2.0, 1.0), strict=True)),
        coverage={"2020": {"n": 5.0, "coverage 80": 60.0}},
    )
    Fitted(
        task=task,
        config=config,
        twin=None,
        model=Ensemble(members).eval(),
        calibrations={samples.units[0]: calibration},
        evaluation=evaluation,
        template=samples[np.arange(0)],
        others={"random walk": Other({})},
        tested=Backtest.of(tested, dict.fromkeys(models, outputs), tuple(probabilities.tolist())),
    ).save(folder)
    return task, folder, prices


@pytest.mark.slow
def test_changed_models_answer_or_say_in_one_line_what_is_wrong(models, tmp_path, times):
    chance = random.Random(0)
    for task, folder, source in models:  # what is imported and compiled once does not count
        load_fitted(task, folder).predict(source)
    for number in range(times):
        task, folder, source = models[number % len(models)]
        place = tmp_path / "model"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(folder, place)
        file = place / "model.safetensors"
        tensors, values = read_tensors(file)
        values = copy.deepcopy(values)
        what = "bytes"
        if chance.random() < 0.1:
            change_bytes(place / chance.choice(("model.safetensors", "config.json")), chance)
        else:
            what = chance.choice((change_tensors, change_description))
            what = what(tensors if what is change_tensors else values, chance)
            write_tensors(file, tensors, values, beside={"config.json": json.dumps(values)})
        check(task, place, source, f"mutation {number}: {what}")


def check(task, place, source, what):
    began = time.perf_counter()
    tracemalloc.start()
    try:
        with warnings.catch_warnings():  # weights of 1e30 may answer infinity
            warnings.simplefilter("ignore", RuntimeWarning)
            report = load_fitted(task, place).predict(source)
            assert report.to_frame() is not None
    except QMANNError as error:
        text = str(error).replace(str(place), "model")
        assert "\n" not in text, (what, text)
        assert len(text) <= LENGTH, (what, len(text), text)
    except Exception as error:
        raise AssertionError(what) from error
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < BYTES, what
    assert time.perf_counter() - began < SECONDS, what
