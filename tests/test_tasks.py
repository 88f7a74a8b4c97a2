"""Every task of every domain keeps the laws of the conformance suite."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_beats import drawn_beats

from qmann_autonomous import TASKS as AUTONOMOUS
from qmann_core.testing import check_task, quick
from qmann_drug import TASKS
from qmann_finance import FORECAST, VOLATILITY
from qmann_health import TASKS as HEALTH
from qmann_industrial import TASKS as INDUSTRIAL
from qmann_materials import TASKS as MATERIALS


def rows(prices, chosen):
    return replace(prices, frames={name: f.iloc[chosen] for name, f in prices.frames.items()})


@pytest.mark.slow
@pytest.mark.parametrize("task", [FORECAST, VOLATILITY], ids=lambda task: task.name)
def test_task_conforms(task, tmp_path):
    """On the last two years, and two folds."""

    def recent(application):
        return rows(task.demo(application), slice(-540, None))

    config = quick(task.presets["fast"], test_days=150, refit_every=100)
    check_task(
        replace(task, demo=recent), config, tmp_path, earlier=lambda p: rows(p, slice(None, -22))
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["solubility", "hydration", "activity"])
def test_task_on_molecules_conforms(name, tmp_path):
    """On every twelfth molecule, by a split that does not need all of them."""
    task = TASKS[name]

    def some(application):
        molecules = task.demo(application)
        asked = molecules.table["target"].isna()
        return replace(molecules, table=molecules.table[asked | (molecules.table["row"] % 12 == 0)])

    config = quick(task.presets["fast"], split="random", test_fraction=0.2)
    check_task(replace(task, demo=some), config, tmp_path)


def test_monitor_conforms(tmp_path):
    """On samples around the anomaly."""
    task = HEALTH["monitor"]

    def short(application):
        signal = task.demo(application)
        values, marked = signal.values[3700:4300], signal.marked[3700:4300]
        return replace(signal, values=values, marked=marked, normal=400)

    check_task(replace(task, demo=short), quick(task.presets["fast"]), tmp_path)


@pytest.mark.slow
def test_ecg_conforms(tmp_path):
    """On beats that nobody had."""
    task = HEALTH["ecg"]
    beats = task.load(drawn_beats(120, asked=4), task.presets["fast"].application)
    check_task(replace(task, demo=lambda _: beats), quick(task.presets["fast"]), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["diagnose", "survival"])
def test_task_on_patients_conforms(name, tmp_path):
    """On every sixth patient, and those that are asked."""
    task = HEALTH[name]

    def some(application):
        patients = task.demo(application)
        kept = patients.target.isna() | (patients.table.index % 6 == 0)
        columns = {each: getattr(patients, each, None) for each in ("table", "target", "event")}
        return replace(patients, **{each: c[kept] for each, c in columns.items() if c is not None})

    check_task(replace(task, demo=some), quick(task.presets["fast"]), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rul", "fleet"])
def test_task_on_machines_conforms(name, tmp_path):
    """On every fourth machine, and those that are running."""
    task = INDUSTRIAL[name]

    def some(application):
        machines = task.demo(application)
        names = machines.names
        return machines.select([*names[:110:4], *names[110:]])

    check_task(replace(task, demo=some), quick(task.presets["fast"], most=120), tmp_path)


@pytest.mark.slow
def test_faults_conform(tmp_path):
    """On a few sensors of the plant, and every second row."""

    def some(application):
        readings = INDUSTRIAL["fault"].demo(application)
        rows = np.arange(0, len(readings.table), 2)
        sensors = readings.table.iloc[rows][["XMEAS(9)", "XMEAS(11)", "XMV(10)", "XMV(11)"]]
        kept = {name: getattr(readings, name).iloc[rows] for name in ("run", "when", "target")}
        return replace(readings, table=sensors, **kept)

    config = quick(INDUSTRIAL["fault"].presets["fast"], block=40, window=10)
    check_task(replace(INDUSTRIAL["fault"], demo=some), config, tmp_path)


@pytest.mark.slow
def test_anomalies_conform(tmp_path):
    """On a few sensors of the plant, one normal run and one with a fault."""

    def some(application):
        watched = INDUSTRIAL["anomalies"].demo(application)
        readings, rows = watched.readings, np.r_[:500, 1700:1860]
        sensors = readings.table.iloc[rows][["XMEAS(9)", "XMEAS(11)", "XMV(10)", "XMV(11)"]]
        kept = {name: getattr(readings, name).iloc[rows] for name in ("run", "when", "state")}
        told = replace(readings, table=sensors, **kept)
        return replace(watched, readings=told, normal=500, marked=watched.marked[rows])

    config = quick(INDUSTRIAL["anomalies"].presets["fast"], persist=(1, 1))
    check_task(replace(INDUSTRIAL["anomalies"], demo=some), config, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", MATERIALS)
def test_task_on_materials_conforms(name, tmp_path):
    """On a part of the alloys, in two blocks of circuits, beside one baseline."""
    task, every = MATERIALS[name], 8 if name == "strength" else 4
    baselines = {"mean": task.baselines["mean"]}

    def some(application):
        alloys = task.demo(application)
        kept = alloys.table["target"].isna() | (alloys.table["row"] % every == 0)
        return replace(alloys, table=alloys.table[kept])

    config = quick(task.presets["fast"])
    quantum = config.quantum.model_copy(update={"n_blocks": 2})
    config = config.model_copy(update={"quantum": quantum})
    check_task(replace(task, demo=some, baselines=baselines), config, tmp_path)


@pytest.mark.slow
def test_trajectory_conforms(tmp_path):
    """On the first days of some vessels; that windows do not look ahead is tested with them."""
    task = AUTONOMOUS["trajectory"]

    def some(application):
        tracks = task.demo(application)
        table = tracks.table
        kept = table["agent"].isin(table["agent"].unique()[::6]) & (table["time"] < 250_000)
        return replace(tracks, table=table[kept].reset_index(drop=True))

    config = quick(task.presets["fast"], every=3600)
    config = config.model_copy(
        update={"classical": config.classical.model_copy(update={"landmarks": 64})}
    )
    check_task(replace(task, demo=some), config, tmp_path)
