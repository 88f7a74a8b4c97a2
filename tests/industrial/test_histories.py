"""Histories of strangers: what is read from them, what is refused, and what is said."""

import numpy as np
import pandas as pd
import pytest

from qmann_core.errors import ConfigError, DataError
from qmann_industrial import HistoryConfig, demo_histories, load_histories
from qmann_industrial.histories import check_failures, with_running
from qmann_industrial.life.features import read_histories
from qmann_industrial.simulated import health

LIVES = {"a": 4, "b": 3, "c": 5}
WIDE = pd.DataFrame(
    {
        "engine_id": np.repeat([*LIVES], [*LIVES.values()]),
        "Cycles": np.concatenate([np.arange(1, n + 1) for n in LIVES.values()]),
        "heat": np.arange(12.0),
        "flow": np.arange(12.0)[::-1] ** 2,
    }
)


def long(table):
    return table.melt(["engine_id", "Cycles"], ["heat", "flow"], "tag", "value")


def same(one, other):
    assert list(one.frames) == list(other.frames)
    for name, frame in one.frames.items():
        pd.testing.assert_frame_equal(frame, other.frames[name], check_like=True, check_names=False)


def test_wide_long_and_files_say_the_same(tmp_path):
    found = load_histories(WIDE)
    assert {name: len(frame) for name, frame in found.frames.items()} == LIVES
    assert found.failed == dict.fromkeys(LIVES, True)
    assert found.frames["b"]["heat"].to_dict() == {1: 4.0, 2: 5.0, 3: 6.0}
    assert found.notes == ()
    WIDE.to_csv(tmp_path / "w.csv", index=False)
    long(WIDE).to_parquet(tmp_path / "l.parquet")
    for source in (long(WIDE), tmp_path / "w.csv", tmp_path / "l.parquet"):
        same(load_histories(source), found)
    other = WIDE.rename(columns={"engine_id": "who", "Cycles": "when"})
    same(load_histories(other, unit="who", time="when"), found)


def test_text_of_c_mapss_is_told_by_its_columns(tmp_path):
    rng, lines = np.random.default_rng(0), []
    for unit, life in ((1, 3), (2, 4)):
        for cycle in range(1, life + 1):
            readings = [f"{value:.4f}" for value in rng.normal(size=23)]
            lines.append(f"{unit} {cycle} {' '.join(readings)} 100.0  \n")
    (tmp_path / "train.txt").write_text("".join(lines))
    found = load_histories(tmp_path / "train.txt")
    assert [len(frame) for frame in found.frames.values()] == [3, 4]
    assert found.sensors == (
        *(f"setting {k}" for k in (1, 2, 3)),
        *(f"sensor {k}" for k in range(1, 21)),
    )
    assert found.notes == ("left out, the same in every row: 'sensor 21'",)
    (tmp_path / "bad.txt").write_text("1 1 2 3\n1 2 2 3\n")
    with pytest.raises(DataError, match="4 columns separated by blanks, and C-MAPSS has 26"):
        load_histories(tmp_path / "bad.txt")


def test_dates_are_days_since_the_first_reading():
    dates = pd.Timestamp("2020-03-01") + pd.to_timedelta(12 * WIDE["Cycles"], unit="h")
    found = load_histories(WIDE.assign(Cycles=dates.astype(str)))
    assert found.frames["a"].index.tolist() == [0, 0.5, 1, 1.5]
    assert found.notes == ("Cycles: days since the first reading of each unit",)


@pytest.mark.parametrize("flags", [[0, 0, 0, 1] + [0] * 8, ["yes"] * 4 + ["no"] * 8])
def test_a_column_says_which_units_failed(flags):
    found = load_histories(WIDE.assign(failed=flags))
    assert found.failed == {"a": True, "b": False, "c": False}
    assert found.sensors == ("heat", "flow")
    assert not any(load_histories(WIDE.assign(failed=flags), running=True).failed.values())
    assert load_histories(WIDE.assign(ended=flags), failed="ended").failed == found.failed
    for table in (WIDE, WIDE.assign(ended=flags)):
        running = load_histories(table, failed="ended", running=True)
        assert running.sensors == ("heat", "flow")
        assert not any(running.failed.values())


def test_what_is_harmless_is_mended_and_said():
    table = WIDE.assign(flow=WIDE["flow"].astype(object), remark="fine", speed=7)
    table.loc[2, "flow"] = "stuck"
    table.loc[3, "flow"] = None
    alone = pd.DataFrame({"engine_id": ["d"], "Cycles": [1], "heat": [3.0]})
    found = load_histories(pd.concat([table.iloc[::-1], alone], ignore_index=True))
    notes = " ".join(found.notes)
    assert (
        "column 'flow': 1 of 13 cells are no numbers and count as missing: row 10 ('stuck')"
        in notes
    )
    assert "left out, no numbers: 'remark'" in notes
    assert "left out, the same in every row: 'speed'" in notes
    assert "left out, one row only: 'd'" in notes
    assert "out of order and are sorted by time: 'c', 'b', 'a'" in notes
    assert found.frames["a"]["flow"].isna().tolist() == [False, False, True, True]
    assert found.frames["c"]["heat"].tolist() == [7, 8, 9, 10, 11]


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (WIDE.drop(columns="engine_id"), {}, "which column is the unit.*unit=NAME"),
        (WIDE.drop(columns="Cycles"), {}, "which column is the time.*time=NAME"),
        (WIDE, {"unit": "pump"}, "no column 'pump' among"),
        (WIDE, {"failed": "broken"}, "no column 'broken' among"),
        (WIDE.assign(failed="maybe"), {}, "says neither that a unit failed.*row 1 .'maybe'"),
        (WIDE.assign(Cycles=1), {}, "9 rows repeat a unit, cycle.*row 2 .'a 1'"),
        (pd.concat([long(WIDE), long(WIDE).tail(1)]), {}, "1 rows repeat a unit, cycle, sensor"),
        (WIDE.assign(heat=1, flow=2), {}, "no sensor ever changes"),
        (WIDE[["engine_id", "Cycles"]], {}, "no column of numbers beside unit and time"),
        (WIDE.assign(heat="hot", flow="fast"), {}, "no column of numbers beside unit and time"),
        (WIDE.iloc[[0, 4, 7]], {}, "no unit has two rows or more"),
        (WIDE.assign(Cycles=[1, "x", *range(3, 13)]), {}, "'Cycles' is not a number.*row 2"),
        (WIDE.rename(columns={"flow": "heat"}), {}, "two columns are named 'heat'"),
        ("nowhere.csv", {}, "no such file"),
    ],
)
def test_what_cannot_be_read_is_refused(table, options, message):
    with pytest.raises(DataError, match=message):
        load_histories(table, **options)


def test_units_that_have_not_failed_cannot_be_learned_from():
    with pytest.raises(DataError, match=r"0 of 3 units failed.*running="):
        check_failures(load_histories(WIDE, running=True))
    with pytest.raises(DataError, match=r"3 of 3 units failed at their end\. Expected at least 5"):
        check_failures(load_histories(WIDE))


def test_running_units_stand_beside_those_that_failed(tmp_path):
    known, other = load_histories(WIDE), WIDE.assign(heat=WIDE["heat"] + 1, more=3)
    found = with_running(known, load_histories(other, running=True))
    assert list(found.frames) == ["a", "b", "c", "running a", "running b", "running c"]
    assert [name for name in found.frames if not found.failed[name]] == list(found.frames)[3:]
    assert list(found.frames["running a"]) == list(known.frames["a"])
    with pytest.raises(DataError, match="unit 'a' is in DataFrame, too, with the same readings"):
        with_running(known, load_histories(WIDE, running=True))
    with pytest.raises(DataError, match="no column 'flow', which the model reads"):
        with_running(known, load_histories(WIDE.drop(columns="flow"), running=True))
    other.to_csv(tmp_path / "r.csv", index=False)
    table = WIDE.assign(failed=1)
    application = HistoryConfig(running=str(tmp_path / "r.csv"))
    assert read_histories(table, application).failed == found.failed
    with pytest.raises(ConfigError, match=r"windows=\(9, 3\): expected rows of a short"):
        read_histories(table, HistoryConfig(windows=(9, 3)))


def test_the_demo_is_simulated_wear():
    found, again = demo_histories(), demo_histories()
    assert found.simulated
    assert "imulated" in found.notes[0]
    assert list(found.failed.values()) == [True] * 110 + [False] * 10
    same(found, again)
    life, wear, exponent = 180.0, 0.1, 2.0
    ends = health(np.array([0.0, life / 2, life]), life, wear, exponent)
    np.testing.assert_allclose(ends, [0.9, 0.9 - np.expm1(np.log(1.9) / 4), 0], atol=1e-12)
