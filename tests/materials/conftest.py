"""Models of few rows, each fitted once: it takes seconds."""

from dataclasses import replace

import pytest
from drawn_alloys import drawn_alloys
from pandas import concat


def fit_small(name, table, **application):
    """A model in one block of circuits, with one baseline."""
    from qmann_core.tasks import fit
    from qmann_core.testing import quick
    from qmann_materials import TASKS

    task = replace(TASKS[name], baselines={"mean": TASKS[name].baselines["mean"]})
    config = quick(task.presets["fast"], **application)
    quantum = config.quantum.model_copy(update={"n_blocks": 1})
    config = config.model_copy(update={"quantum": quantum})
    return fit(task, task.load(table, config.application), config)


@pytest.fixture(scope="session")
def gaps():
    """Of values, a third of them zero, under temperatures; CoAl was measured at three."""
    alloys = drawn_alloys()
    more = concat([alloys.query("formula == 'CoAl'")] * 3).assign(
        temperature=[25, 300, 600], gap=[1.1, 1.2, 1.3]
    )
    table = concat([alloys.query("formula != 'CoAl'"), more])
    named = {"target": "gap", "conditions": ("temperature",), "unit": "eV"}
    return fit_small("property", table, **named)


@pytest.fixture(scope="session")
def phases():
    """Of three classes."""
    return fit_small("classify", drawn_alloys(), target="phase")


@pytest.fixture(scope="session")
def pairs():
    """Of two classes."""
    table = drawn_alloys().replace({"phase": {"glass": "several"}})
    return fit_small("classify", table, target="phase")
