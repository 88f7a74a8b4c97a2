"""What comes out of a task: evaluations as tables and as JSON, reports, presets."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from qmann_core.errors import ConfigError
from qmann_core.evaluation import compare, verdict
from qmann_core.tasks import Evaluation

RNG = np.random.default_rng(0)
LOSSES = {
    "hybrid": RNG.normal(1.0, 0.1, 60),
    "classical": RNG.normal(1.0, 0.1, 60),
    "far": RNG.normal(2.0, 0.1, 60),
}
COMPARISONS = compare(LOSSES, reference="hybrid", horizon=1, seed=0)
EVALUATION = Evaluation(
    scores={
        "hybrid": {"loss": 1.5, "coverage": 80.0},
        "classical": {"loss": 1.25, "coverage": math.inf},
        "far": {"loss": 2.0},
    },
    primary="loss",
    comparisons=COMPARISONS,
    verdict=verdict(COMPARISONS, "loss"),
    parameters={"hybrid": 100, "classical": 101},
    seconds={"hybrid": 2.5, "classical": 0.5},
    start="2020-01-01",
    end="2020-03-01",
    n_test=60,
    n_refits=3,
)


def test_an_evaluation_as_a_table():
    frame = EVALUATION.to_frame()
    assert list(frame.index) == ["hybrid", "classical", "far"]
    assert list(frame) == ["loss", "coverage", "p-value", "circuits %", "parameters", "training s"]
    adjusted = {c.rival: c.adjusted for c in COMPARISONS}
    assert math.isnan(frame.loc["hybrid", "p-value"])
    for rival in ("classical", "far"):
        assert frame.loc[rival, "p-value"] == adjusted[rival]
    assert frame["parameters"].tolist() == [100, 101, pd.NA]
    assert frame["training s"].tolist()[:2] == [2.5, 0.5]
    assert math.isnan(frame.loc["far", "training s"])
    assert math.isnan(frame.loc["far", "coverage"])


def test_an_evaluation_survives_json():
    text = json.dumps(EVALUATION.to_dict())
    again = Evaluation.from_dict(json.loads(text))
    assert again == EVALUATION
    assert again.comparisons == COMPARISONS
    assert json.dumps(again.to_dict()) == text


def test_a_real_evaluation_survives_json(pair):
    again = Evaluation.from_dict(json.loads(json.dumps(pair.evaluation.to_dict())))
    assert again == pair.evaluation
    pd.testing.assert_frame_equal(again.to_frame(), pair.evaluation.to_frame())


def test_a_broken_evaluation_is_refused():
    values = EVALUATION.to_dict()
    del values["verdict"]
    with pytest.raises(ValueError, match="verdict"):
        Evaluation.from_dict(values)


def test_presets_by_name(toy):
    assert toy.TOY.preset("standard") is toy.SETTINGS
    with pytest.raises(ConfigError, match="got preset 'fats': expected one of standard"):
        toy.TOY.preset("fats")
