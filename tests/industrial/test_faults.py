"""Faults end to end: on runs with two faults, and one that nobody has labelled."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from qmann_core.data import Samples
from qmann_core.errors import ConfigError, DataError
from qmann_industrial import TASKS, FaultConfig, classify_fault, load, read_readings
from qmann_industrial.faults.features import by_runs, described, fault_folds, window_samples
from qmann_industrial.faults.reports import typicality

RUNS, ROWS = 5, 40
FAULTS = {"normal": 0, "leak": 1, "valve 2": 2, "valve 10": 3}
APPLICATION = FaultConfig(window=8, block=20)


@pytest.fixture(scope="module")
def table():
    """A leak moves a, a valve shakes b or c, and in the last run, which is asked, d is off."""
    rng, parts = np.random.default_rng(0), []
    for fault in [*FAULTS] * RUNS + ["leak", None]:
        x = rng.normal(size=(ROWS, 4))
        if fault is None:
            x[:, 3] += 15
        else:
            x[:, 0] += 6 * (fault == "leak")
            x[:, FAULTS[fault] - 1] *= 5 if fault.startswith("valve") else 1
        asked = fault is None or len(parts) == RUNS * len(FAULTS)
        told = {"batch": f"run {len(parts)}", "cycle": range(ROWS), "fault": fault}
        part = pd.DataFrame(x, columns=list("abcd")).assign(**told)
        parts.append(part.assign(fault=None) if asked else part)
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def report(table):
    how = {"window": 8, "block": 20, "step": 4, "unknown_rate": 0.05}
    return classify_fault(table, **how, progress=False)


def test_known_faults_are_named_and_the_others_are_unknown(report):
    frame = report.to_frame()
    run = frame["window"].str.split(" ").str[1].astype(int)
    assert set(frame["fault"][run == RUNS * len(FAULTS)]) <= {"leak", "unknown"}
    assert (frame["fault"] == "leak").sum() >= 8
    assert set(frame["fault"][run == RUNS * len(FAULTS) + 1]) == {"unknown"}
    assert list(frame["window"])[:2] == ["run 20 0 to 7", "run 20 4 to 11"]
    probabilities = frame.filter(like="P(")
    assert list(probabilities) == [
        f"P({word})" for word in ("leak", "normal", "valve 2", "valve 10")
    ]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert report.evaluation.circuits["hybrid"].share >= 0.95
    assert report.metrics["F1"] > 0.9
    assert set(report.evidence["fault"]) <= set(FAULTS)
    assert not any("blocks" in note or "too few" in note for note in report.notes)
    json.dumps(report.to_dict())


def test_held_out_windows_are_counted_by_fault(report):
    counts = report.confusion.to_numpy()
    assert counts.sum() == len(report.backtest.query("model == 'hybrid'")) / len(FAULTS)
    assert np.trace(counts) / counts.sum() == pytest.approx(report.metrics["accuracy"])
    assert report.plot().axes[0].get_xlabel() == "most probable"


def test_a_saved_model_reads_the_next_table(report, table, tmp_path):
    report.save(tmp_path / "model")
    model = load(tmp_path / "model")
    asked = table[table["fault"].isna()].drop(columns="fault").assign(more="text")
    pd.testing.assert_frame_equal(model.predict(asked).to_frame(), report.to_frame())
    with pytest.raises(DataError, match="'b'"):
        model.predict(asked.drop(columns="b"))
    rarely = model.predict(asked, unknown_rate=0.02)
    assert "unknown" not in set(rarely.to_frame()["fault"])
    assert "at a rate of 0.02: 'leak', 'normal', 'valve 2', 'valve 10'" in " ".join(rarely.notes)
    with pytest.raises(ConfigError, match="a saved model predicts as it was fitted"):
        model.predict(asked, window=5)


def test_windows_are_described_by_what_is_there():
    windows = np.random.default_rng(0).normal(size=(5, 7, 3))
    windows[0, 2, 1] = windows[1, :, 2] = np.nan
    found = described(windows)
    for window, row in zip(windows, found, strict=True):
        for k in range(3):
            there = window[np.isfinite(window[:, k]), k]
            mean, spread = (there.mean(), there.std()) if len(there) else (np.nan, np.nan)
            expected = [mean, np.log(spread + 1e-6 * (1 + abs(mean)))]
            np.testing.assert_allclose(row[[k, 3 + k]], expected)
    np.testing.assert_array_equal(described(windows[:, :1]), windows[:, 0])


@pytest.mark.parametrize("runs", [RUNS, 1])
def test_what_is_learned_from_and_tested_on_has_no_row_in_common(table, runs):
    """By runs, or, where there are few, by blocks of 20 rows; windows stay within them."""
    known = table[table["fault"].notna()].drop(columns=["batch", "cycle"])
    if runs == 1:
        known = known.sort_values("fault", kind="stable")
    length = len(known) if runs == 1 else ROWS
    known = known.assign(run=np.arange(len(known)) // length)
    readings = read_readings(known, APPLICATION)
    assert by_runs(readings) == (runs > 1)
    samples = window_samples(readings, APPLICATION)
    (fold,) = fault_folds(samples, APPLICATION)
    rows = {}
    for name, part in (("train", fold.train), ("test", fold.test)):
        ends = [label.split(" ")[1:] for label in samples.label[part]]
        rows[name] = {row for first, _, last in ends for row in range(int(first), int(last) + 1)}
        assert all(int(last) - int(first) == 7 for first, _, last in ends)
        assert set(samples.y[part].argmax(dim=1).tolist()) == set(range(len(FAULTS)))
    assert not rows["train"] & rows["test"]


def test_typicality_is_a_p_value():
    """Of windows like those learned from, a share of at most a is below a; others are far below."""
    rng, n = np.random.default_rng(0), 400
    known = Samples(
        torch.from_numpy(rng.normal(size=(n, 1, 3)).astype(np.float32)),
        torch.tensor([[1.0, 0.0], [0.0, 1.0]]).repeat(n // 2, 1),
        unit=np.arange(n),
        units=tuple(map(str, range(n))),
        targets={"class": ("normal", "fault")},
        lead=(1, 1),
    )
    p = typicality(known, rng.normal(size=(2000, 3)), rng.integers(2, size=2000))
    for share in (0.05, 0.2, 0.5):
        assert np.mean(p <= share) == pytest.approx(share, abs=0.05)
    far = typicality(known, np.full((2, 3), 9.0), np.array([0, 1]))
    np.testing.assert_allclose(far, 1 / (n / 2 + 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="fault"), "no column of faults"),
        (lambda t: t.assign(fault="normal"), "has 1 different words. Expected from 2 to 50"),
        (lambda t: t.assign(cycle=t["cycle"] // 2), "does not increase within a run at"),
        (lambda t: t[["batch", "fault", "cycle"]].assign(a=1.0), "no sensor. Expected columns"),
        (lambda t: t.set_axis([*"abcc", "batch", "cycle", "fault"], axis=1), "stands there twice"),
        (lambda t: t.head(5), "no stretch of a run and a fault has 8 rows"),
        (lambda t: t[t["batch"].isin(["run 0", "run 1"])], "got 2 blocks or runs of 'leak'"),
    ],
)
def test_what_cannot_be_used_is_refused(table, change, message):
    changed = change(table)
    if message.startswith("no stretch"):
        changed = changed.assign(fault=["normal", "leak"] * 2 + ["leak"])
    with pytest.raises(DataError, match=message):
        folds_of(changed)


def folds_of(table):
    return fault_folds(window_samples(read_readings(table, APPLICATION), APPLICATION), APPLICATION)


def test_text_and_constant_columns_are_told(table):
    wild = table.assign(b=table["b"].astype(object), remark="fine", still=1.0)
    wild.loc[3, "b"] = "bad input"
    readings = read_readings(wild, APPLICATION)
    assert list(readings.table) == list("abcd")
    assert np.isnan(readings.table["b"].loc[4])
    assert readings.notes == (
        "left out, mostly no numbers: 'remark'",
        "left out, the same in every row: 'still'",
        "cells that are no numbers count as missing: b (1)",
    )


def test_rows_that_stand_in_two_runs_are_told(table):
    again = pd.concat([table, table.head(7).assign(batch="copy")], ignore_index=True)
    (said,) = read_readings(again, APPLICATION).notes
    assert said.startswith("14 rows stand in several runs")
    (said,) = TASKS["fault"].demo(FaultConfig()).notes  # in the demo there is none
    assert said.startswith("Tennessee Eastman is simulated")
