"""Rows one after another: the alarms of a report, what is wrong with the data, and kills."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kills import events_despite_kills

from qmann_core.errors import ConfigError, DataError
from qmann_industrial import FaultSettings, fit, load, monitor
from qmann_industrial.commands import run
from qmann_industrial.stream.monitor import record
from qmann_industrial.stream.slots import digest_of
from qmann_industrial.stream.watch import Watch

SENSORS = [f"s{k}" for k in range(6)]
NORMAL, STEP = 700, 60


def rows_of(n, seed):
    """Sensors that move together, a row a minute."""
    x = np.random.default_rng(seed).normal(size=(n, len(SENSORS)))
    table = pd.DataFrame((x + x.mean(axis=1, keepdims=True)).round(3), columns=SENSORS)
    table.insert(0, "time", [f"2026-01-{1 + k // 1440:02d} {k // 60 % 24:02d}:{k % 60:02d}"
                             for k in range(n)])  # fmt: skip
    return table


@pytest.fixture(scope="module")
def model():
    return fit("anomalies", rows_of(NORMAL + 50, 0), normal=NORMAL, preset="fast", progress=False)


@pytest.fixture(scope="module")
def watched():
    """Two runs that come mixed, each with two faults that end, cells and rows that are missing."""
    parts = []
    for seed, name in enumerate("ab"):
        part = rows_of(300, seed + 1)
        part.loc[50:90, "s1"] += 12
        part.loc[200:206, "s3"] -= 15
        part.loc[60:70, "s2"] = np.nan
        part.loc[120:125, SENSORS] = np.nan
        parts.append(part.assign(run=name))
    parts[1].loc[290:, "s4"] += 20
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def dicts(table):
    return table.to_dict("records")


def texts(table, folder):
    file = folder / "rows.csv"
    table.to_csv(file, index=False)
    return file


def lines(table, folder):
    file = folder / "rows.jsonl"
    table.to_json(file, orient="records", lines=True)
    return file


def pipe(table, folder):
    return io.BufferedReader(io.BytesIO(texts(table, folder).read_bytes()), buffer_size=500)


WAYS = {
    "blocks": lambda table, _: (dicts(table), {}),
    "rows": lambda table, _: (iter(dicts(table)), {}),
    "sevens": lambda table, _: (iter(dicts(table)), {"block": 7}),
    "file": lambda table, folder: (texts(table, folder), {"follow": False}),
    "JSON": lambda table, folder: (str(lines(table, folder)), {"follow": False}),
    "pipe": lambda table, folder: (pipe(table, folder), {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_events_are_the_rows_of_a_report(model, watched, tmp_path, way):
    stream, how = WAYS[way](watched, tmp_path)
    events = list(monitor(model, stream, **how))
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [event.row for event in events] == sorted(event.row for event in events)
    table = model.predict(watched).to_frame()
    missing, found = table[table["sensors"] == "no data"], table[table["sensors"] != "no data"]
    said = [(e.run, e.when) for e in events if e.kind == "no data"]
    assert sorted(said) == sorted(zip(missing["run"], missing["onset"], strict=True))
    raised = {(e.run, e.since) for e in events if e.kind == "alarm"}
    assert raised == set(zip(found["run"], found["onset"], strict=True))
    ends = {(e.run, e.since): e for e in events if e.kind == "end"}
    assert len(ends) == len(found) - 1 >= 4
    for row in found.to_dict("records"):
        end = ends.pop((row["run"], row["onset"]), None)
        if end is None:  # the fault in which the data end
            assert (row["run"], row["end"]) == ("b", watched["time"].iloc[-1])
            continue
        assert (end.until, end.sensors) == (row["end"], row["sensors"])
        assert end.height == pytest.approx(row["height"], rel=1e-5)


def test_rows_by_themselves_have_each_their_alarm():
    table = rows_of(NORMAL + 50, 0).drop(columns="time")
    alone = fit("anomalies", table, normal=NORMAL, preset="rows", progress=False)
    new = rows_of(40, 3).drop(columns="time")
    new.loc[[10, 11, 30], "s2"] += 25
    events = list(monitor(alone, dicts(new)))
    found = alone.predict(new).to_frame()
    assert [e.when for e in events] == list(found["onset"])
    assert {"11", "12", "31"} <= set(found["onset"])
    np.testing.assert_allclose([e.height for e in events], found["height"], rtol=1e-5)


@pytest.mark.parametrize("cut", [1, 53, 57, 123, 410, 599])
def test_a_state_goes_on_where_it_was(model, watched, tmp_path, cut):
    whole, rows = list(monitor(model, dicts(watched))), dicts(watched)
    parts = [
        *monitor(model, rows[:cut], state=tmp_path),
        *monitor(model, rows[cut:], state=tmp_path),
    ]
    assert [replace(e, height=None) for e in parts] == [replace(e, height=None) for e in whole]
    again = monitor(model, lambda taken: iter(rows[taken:]), state=tmp_path, after=len(whole))
    assert list(again) == []


def test_nothing_is_learned(model, watched):
    before, watch = digest_of(model), Watch(model, "stream")
    odd = dicts(rows_of(400, 5).assign(s0=lambda table: table["s0"] + 9))
    raised = [event.kind for event in watch.take(odd)]
    assert raised == ["alarm"]  # however long it lasts
    assert digest_of(model) == before
    assert not watch.offset.any()


def test_what_is_remembered_is_bounded(model):
    watch, sizes = Watch(model, "stream"), []
    for part in range(3):
        rows = dicts(rows_of(400, 5))
        for k, row in enumerate(rows):
            row["run"], row[f"new {part} {k}"] = f"{part} {k}", 1
        watch.take(rows)
        sizes.append(len(json.dumps(watch.state(), default=lambda array: array.tolist())))
    assert sizes[2] < 1.2 * sizes[1]
    assert len(watch.runs) == 100


def test_a_lasting_shift_is_accepted_when_told(model, tmp_path):
    moved = rows_of(600, 6)
    moved[["s1", "s4"]] += 9
    moved.loc[100:300:2, "s1"] = np.nan
    early, late, odd = dicts(moved[:100]), dicts(moved[100:500]), dicts(moved[500:])
    assert [e.kind for e in monitor(model, early, state=tmp_path)] == ["alarm"]
    told = list(monitor(model, late, state=tmp_path, shift=200))
    assert [e.kind for e in told] == ["shift", "end"]
    assert told[0].row == 300
    assert {name.split()[0] for name in told[0].sensors.split(", ")[:2]} == {"s1", "s4"}
    assert " +9" in told[0].sensors or " +8.9" in told[0].sensors
    for row in odd[50:]:
        row["s1"] -= 9  # what was usual before is not, now
    assert [e.row for e in monitor(model, odd, state=tmp_path) if e.kind == "alarm"][-1] in range(
        551, 565
    )


def changed(n=40, **columns):
    """Normal rows of which some cells are others."""
    rows = dicts(rows_of(n, 7))
    for name, cells in columns.items():
        for place, cell in cells.items():
            rows[place][name] = cell
    return rows


def without(name, places):
    return [{k: v for k, v in row.items() if k != name or place not in places}
            for place, row in enumerate(changed())]  # fmt: skip


def again(*places):
    rows = changed()
    return rows[:20] + [rows[k] for k in places] + rows[20:]


WRONG = {
    "gap": (changed()[:20] + changed()[30:], [("gap", 21, "660 after the row before, usually 60")]),
    "no gap": (changed()[:20] + changed()[23:], []),
    "repeats": (again(19), [("out of order", 21, "1 dropped"), ("in order", 22, "1 dropped")]),
    "goes back": (
        again(*range(5, 17)),
        [("out of order", 21, "1 dropped"), ("out of order", 30, "10 dropped"),
         ("in order", 33, "12 dropped")],
    ),
    "no time": (changed(time={20: "noon", 21: None}), []),
    "frozen": (changed(s2=dict.fromkeys(range(5, 25), 0.25)), [("stale", 16, "10 rows")]),
    "frozen, gaps": (
        changed(s2=dict.fromkeys(range(5, 30), 0.25) | dict.fromkeys(range(16, 20))),
        [("stale", 16, "10 rows")],
    ),
    "text": (changed(s2={5: "bad", 7: "bad"}), [("schema", 6, "text: 's2'")]),
    "empty": (changed(s2={5: "", 6: "NaN", 7: "N/A", 8: None, 9: float("inf")}), []),
    "gone": (without("s2", range(5, 9)), [("schema", 6, "gone: 's2'")]),
    "new": (changed(t9={5: 1, 6: 2}), [("schema", 6, "new: 't9'")]),
    "no data": (
        changed(**{name: dict.fromkeys(range(5, 9)) for name in SENSORS[:4]}),
        [("no data", 6, ""), ("data again", 10, "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_the_data_is_said(model, name):
    rows, expected = WRONG[name]
    for stream in (rows, iter(rows)):
        found = [e for e in monitor(model, stream) if e.kind not in ("alarm", "end")]
        assert [(e.kind, e.row) for e in found] == [(kind, row) for kind, row, _ in expected]
        assert all(said in e.detail for e, (_, _, said) in zip(found, expected, strict=True))


def test_rows_out_of_order_change_nothing(model, watched):
    mine = watched[watched["run"] == "a"]
    rows = dicts(mine)
    late = [row for k, row in enumerate(rows) for row in (row, rows[max(k - 7, 0)])]
    plain = [(e.kind, e.when, e.since, e.until) for e in monitor(model, rows)]
    found = [e for e in monitor(model, late) if "order" not in e.kind]
    assert [(e.kind, e.when, e.since, e.until) for e in found] == plain


def test_a_file_is_followed(model, watched, tmp_path):
    mine = watched[watched["run"] == "a"].drop(columns="run")
    file = texts(mine[:200], tmp_path)
    plain = [e.to_dict() for e in monitor(model, dicts(mine))]
    events = monitor(model, file, silence=0.3, state=tmp_path / "state")
    part = [next(events) for e in plain if e["row"] <= 200]
    rest = mine[200:].to_csv(index=False, header=False)
    with file.open("a") as more:
        more.write(rest[:-1])
    part += [next(events) for e in plain if 200 < e["row"] < 300]
    keys = ("kind", "row", "when", "since", "until")
    assert [[e.to_dict().get(key) for key in keys] for e in part] == [
        [e.get(key) for key in keys] for e in plain
    ]
    assert next(events).kind == "silent"
    assert events.gi_frame.f_locals["watch"].row == 299  # the end of the last line is not written
    texts(mine[:90], tmp_path)  # truncated
    assert next(events).kind == "file"
    assert next(events).kind == "out of order"
    assert next(events).kind == "out of order"
    file.rename(tmp_path / "old.csv")
    new = mine[:150].assign(time=mine["time"].str.replace("-01-", "-02-")[:150])
    texts(new, tmp_path)
    assert [next(events).kind for _ in range(4)] == ["file", "in order", "gap", "alarm"]
    events.close()


def test_a_line_counts_once_it_has_its_end(model, watched, tmp_path):
    file, how = tmp_path / "rows.csv", {"follow": False, "state": tmp_path / "state"}
    text = watched[watched["run"] == "a"].to_csv(index=False)
    plain = list(monitor(model, dicts(watched[watched["run"] == "a"])))
    found = []
    for end in (3, 40, 5000, 5003, len(text)):
        file.write_text(text[:end])
        found += monitor(model, file, **how)
    assert [replace(e, height=None, run="") for e in found] == [
        replace(e, height=None, run="") for e in plain
    ]


SEMICOLONS = 'time;s0;s1;s2;s3;s4;s5\n1;0,5;1;1;1;1;"1"\n\n2;0,5;1;1;1;1;1;9\n'


def test_cells_apart_by_semicolons_have_decimal_commas(model, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(b"\xef\xbb\xbf" + SEMICOLONS.replace("\n", "\r\n").encode())
    events = list(monitor(model, file, follow=False))
    assert [(e.kind, e.row, e.detail) for e in events] == [("schema", 2, "new: 'column 8'")]


def state_of(model, watched, folder):
    """Events, and a state whose newest slot is damaged by what a function does to its text."""
    rows = dicts(watched)
    events = [*monitor(model, rows[:300], state=folder), *monitor(model, rows[300:], state=folder)]
    return events, sorted(folder.glob("slot-*"), key=lambda slot: json.loads(
        slot.read_text().partition("\n")[2])["count"])  # fmt: skip


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text.replace("1", "2", 1)])
def test_the_other_slot_counts_where_one_is_damaged(model, watched, tmp_path, damage):
    events, (older, newer) = state_of(model, watched, tmp_path)
    newer.write_text(damage(newer.read_text()))
    count = json.loads(older.read_text().partition("\n")[2])["watch"]["number"]
    replay = lambda taken: iter(dicts(watched)[taken:])  # noqa: E731
    rest = list(monitor(model, replay, state=tmp_path))
    assert [(e.number, e.kind, e.row) for e in rest] == [
        (e.number, e.kind, e.row) for e in events[count:]
    ]
    for slot in (older, newer):
        slot.write_text(damage(slot.read_text()))
    with pytest.raises(DataError, match="damaged, in both slots"):
        next(monitor(model, replay, state=tmp_path))


def test_a_state_belongs_to_one_model_and_one_monitor(model, watched, tmp_path):
    state_of(model, watched, tmp_path)
    settings = model.config.application.model_copy(update={"persist": (2, 4)})
    other = model.under(model.config.model_copy(update={"application": settings}))
    with pytest.raises(DataError, match="another model, or of other settings"):
        next(monitor(other, [], state=tmp_path))
    events = monitor(model, dicts(watched), state=tmp_path)
    next(events)
    with pytest.raises(DataError, match="another run keeps the state of a monitor there now"):
        next(monitor(model, [], state=tmp_path))
    events.close()


@pytest.mark.parametrize("n", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_no_alarm_is_lost_or_doubled_by_kills(model, tmp_path, n):
    rows = rows_of(700 * n, 8).drop(columns="time") / np.pi  # more digits, fewer rows at once
    for start in range(30, len(rows) - 20, 60):
        rows.loc[start : start + 12, "s3"] += 12
    file, rng = texts(rows.assign(time=range(len(rows))), tmp_path), np.random.default_rng(0)
    plain, killed, kills, wrote = events_despite_kills(model, file, tmp_path, n, rng)
    assert killed == plain
    assert plain.count('"alarm"') >= 10 * n
    assert kills >= n // 2
    assert wrote >= n // 10


def test_events_are_appended_once(model, watched, tmp_path):
    file, output, state = texts(watched, tmp_path), tmp_path / "events.jsonl", tmp_path / "state"
    how = {"events": output, "state": state}
    said = list(record(model, file, **how))
    whole = output.read_text()
    assert [json.loads(line) for line in whole.splitlines()] == [e.to_dict() for e in said]
    assert list(record(model, file, **how)) == []
    for slot in state.glob("slot-*"):  # as if it were killed in the first block, in a line
        slot.unlink()
    with pytest.raises(DataError, match=f"has {len(said)} events, and there is no state"):
        next(record(model, file, **how))
    next(monitor(model, lambda _: iter([]), state=state), None)
    output.write_text(whole[:-5])
    assert list(record(model, file, **how)) == said[-1:]
    assert output.read_text() == whole
    output.write_text("no events\n")
    with pytest.raises(DataError, match="is no file of events"):
        next(record(model, file, **how))


def test_on_the_command_line(model, watched, tmp_path, capsys, monkeypatch):
    model.save(tmp_path / "model")
    assert digest_of(load(tmp_path / "model")) == digest_of(model)
    file = texts(watched, tmp_path)
    words = ["monitor", str(tmp_path / "model")]
    assert run([*words, str(file), "--output", str(tmp_path / "e.jsonl"), "--state",
                str(tmp_path / "state")]) == 0  # fmt: skip
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "e.jsonl").read_text()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(pipe(watched, tmp_path)))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert run([*words, "-"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == len(printed.splitlines())
    assert shown[0].startswith("a 2026-01-01 00:")
    assert ": ALARM, since 2026-01-01" in shown[0]
    for wrong, said in (
        ([str(tmp_path / "none.csv")], "cannot be read"),
        ([str(file), "--shift", "-1"], "got shift='-1': expected a whole number from 0"),
        ([str(file), "--silence", "soon"], "got silence='soon': expected a number"),
    ):
        assert run([*words, *wrong]) == 2
        assert said in capsys.readouterr().err


def test_other_models_and_rows_are_refused(model):
    shots = model.config.model_copy(
        update={"quantum": model.config.quantum.model_copy(update={"shots": 9})}
    )
    for other, error, said in (
        (replace(model, config=FaultSettings()), DataError, "Expected one of anomalies"),
        (replace(model, config=shots), ConfigError, "with 9 shots"),
        (replace(model, twin="classical"), ConfigError, "got a model in which hybrid answers"),
    ):
        with pytest.raises(error, match=said):
            monitor(other, [])
    with pytest.raises(DataError, match=r"none of the sensors .* is among the columns 'a'"):
        list(monitor(model, [{"a": 1}]))
    with pytest.raises(DataError, match=r"got the columns s0,a,a\. Expected each name once"):
        list(monitor(model, io.BufferedReader(io.BytesIO(b"s0,a,a\n1,2,3\n"))))
    with pytest.raises(DataError, match="got a row of type list"):
        list(monitor(model, [[1, 2]]))
    with pytest.raises(DataError, match="a line of more than"):
        list(monitor(model, io.BufferedReader(io.BytesIO(b"x" * 2**18))))
