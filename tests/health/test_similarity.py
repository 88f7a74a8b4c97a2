"""Patients like a given one."""

import numpy as np
import pandas as pd
import pytest

from qmann_core.errors import ConfigError, DataError
from qmann_health import similar_patients

TABLE = pd.DataFrame(
    {
        "mrn": ["a", "b", "c", "d", "e", "a"],
        "age": [40.0, 41, 80, 60, np.nan, 40],
        "sex": ["f", "f", "m", "m", "f", "f"],
        "nodes": [1.0, 1, 20, 5, 1, 1],
        "status": ["dead", "alive", "alive", "alive", "dead", None],
    }
)


def test_the_nearest_come_first_and_say_why():
    found = similar_patients(TABLE, "a", 3, target="status=dead", identifier="mrn")
    frame = found.to_frame()
    assert list(frame["patient"]) == ["row 2", "row 5", "row 4"]  # and not another row of a
    assert list(frame["outcome"]) == ["alive", "dead", "alive"]
    assert frame["agrees in"][0] == "3 of 3: age, sex, nodes"
    assert frame["agrees in"][1] == "2 of 2: sex, nodes"
    assert frame["differs most in"][2] == "age, sex, nodes"
    assert list(frame["rank by nearness"]) == [1, 3, 2]  # the two need not agree
    assert frame["fidelity"].is_monotonic_decreasing
    assert found.notes[0] == "Research use, not a medical device."


def test_fidelity_is_the_squared_cosine():
    numbers = TABLE[["age", "nodes"]].drop(index=4).reset_index(drop=True)
    z = (numbers - numbers.mean()) / numbers.std(ddof=0)
    keys = np.column_stack((np.ones(5), z / np.sqrt(2)))
    cosine = keys @ keys[2] / np.linalg.norm(keys, axis=1) / np.linalg.norm(keys[2])
    found = similar_patients(numbers, 3, 4).to_frame()
    expected = [cosine[int(name.removeprefix("row ")) - 1] ** 2 for name in found["patient"]]
    np.testing.assert_allclose(found["fidelity"], expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("patient", "options", "error", "message"),
    [
        ("z", {"identifier": "mrn"}, DataError, "no row of 'mrn' has this patient"),
        (9, {}, ConfigError, "whole number from 1 to 6"),
        ("x", {}, ConfigError, "got patient='x'"),
        (1, {"k": 0}, ConfigError, "whole number from 1"),
    ],
)
def test_mistakes_are_said(patient, options, error, message):
    with pytest.raises(error, match=message):
        similar_patients(TABLE, patient, **options)
