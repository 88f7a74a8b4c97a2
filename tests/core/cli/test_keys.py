"""Every key of --set is listed, and what is listed can be set."""

import json

import pytest

from qmann_core.config import load_config
from qmann_finance.presets import VOLATILITY_PRESETS


@pytest.fixture(scope="module")
def listed():
    return VOLATILITY_PRESETS["hardware"]


def leaves(values, path=""):
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def test_keys_defaults_and_what_is_allowed(run, listed):
    done = run("config", "volatility", "--preset", "hardware", small=False)
    rows = {row["key"]: row for row in json.loads(done.out)}
    assert list(rows) == [key for key, _ in leaves(listed.model_dump())]
    assert rows["quantum.shots"]["default"] == "8192"
    assert rows["application.level"]["default"] == "95,99"
    assert rows["application.tickers"]["default"] == "null"
    assert rows["application.horizon"]["allowed"] == "whole number, at least 1, at most 60"
    assert rows["hybrid.validation_fraction"]["allowed"] == "number, above 0, below 0.5"
    assert rows["quantum.kernel"]["allowed"] == "projected, fidelity"
    assert rows["application.level"]["allowed"] == "[number, ...]"
    assert all(row["what it is"] for row in rows.values())


def test_what_is_listed_is_what_holds_where_it_is_set(run, listed):
    rows = json.loads(run("config", "volatility", "--preset", "hardware", small=False).out)
    typed = [row for row in rows if "[" not in row["allowed"]]
    again = load_config(listed, overrides=[f"{row['key']}={row['default']}" for row in typed])
    assert again == listed
