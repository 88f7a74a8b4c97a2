"""Panels of any domain: engines by cycle, vessels by second, patients by visit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, Series
from pandas.testing import assert_frame_equal

from qmann_core.data import Panel, PanelSchema, read_panel
from qmann_core.data.tables import Column
from qmann_core.errors import DataError

ENGINES = PanelSchema(
    unit=("unit", "engine"), time=("cycle",), clock="count", rest=Column("sensor"), word="engine"
)
VESSELS = PanelSchema(
    columns=(Column("lat"), Column("lon"), Column("sog", required=False, gaps=True)),
    unit=("mmsi",),
    time=("time", "basedatetime"),
    clock="date",
    aliases={"latitude": "lat", "longitude": "lon"},
    word="vessel",
)
PATIENTS = PanelSchema(
    columns=(Column("glucose", positive=True), Column("insulin", required=False, gaps=True)),
    unit=("patient id", "patient"),
    time=("date",),
    thing="glucose level",
    word="patient",
)
FLEET = DataFrame(
    {
        "unit": [1, 1, 1, 2, 2],
        "cycle": [1, 2, 4, 1, 2],
        "Sensor_2": [0.5, 0.25, 0.125, 2.0, 3.0],
        "T24": [7, 8, 9, 5, 4],
    }
)


def frame(index, name="cycle", **columns) -> DataFrame:
    return DataFrame(columns, index=pd.Index(index, name=name), dtype=float)


def test_every_other_column_is_a_value_under_its_own_name():
    panel = read_panel(FLEET, ENGINES)
    assert (panel.names, panel.source, panel.notes) == (("1", "2"), "DataFrame", ())
    first = frame([1, 2, 4], Sensor_2=[0.5, 0.25, 0.125], T24=[7, 8, 9])
    assert_frame_equal(panel.frames["1"], first)
    assert_frame_equal(panel.frames["2"], frame([1, 2], Sensor_2=[2, 3], T24=[5, 4]))
    shown = panel.to_frame()
    assert shown.columns.tolist() == ["unique_id", "first", "last", "rows", "columns"]
    assert shown.to_numpy().tolist()[0] == ["1", 1, 4, 3, "Sensor_2 T24"]


def test_order_of_columns_and_index_make_no_difference():
    whole = read_panel(FLEET, ENGINES)
    shuffled = FLEET[["T24", "cycle", "Sensor_2", "unit"]]
    for table in (shuffled, FLEET.set_index(["unit", "cycle"]), FLEET.set_index("cycle")):
        again = read_panel(table, ENGINES)
        for name, expected in whole.frames.items():
            assert_frame_equal(again.frames[name], expected, check_like=True)


def test_one_unit_alone_is_named_after_its_file_or_as_one_says(tmp_path):
    alone = FLEET.iloc[:3, 1:]
    alone.to_csv(tmp_path / "pump.7.csv", index=False)
    assert read_panel(tmp_path / "pump.7.csv", ENGINES).names == ("pump",)
    assert read_panel(alone, ENGINES).names == ("engine",)
    named = read_panel(alone, ENGINES, called="pump 8")
    assert (named.names, named.source) == (("pump 8",), "pump 8")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("0123456789eNA+-. x", min_size=1), min_size=1, max_size=5, unique=True))
def test_identifiers_are_text_as_it_stands(tmp_path_factory, names):
    names = list(dict.fromkeys(name.strip() or "x" for name in names))
    path = tmp_path_factory.mktemp("ids") / "p.csv"
    rows = "".join(f"{name},{cycle},1.5\n" for name in names for cycle in (1, 2))
    path.write_text(f"unit,cycle,s1\n{rows}")
    assert read_panel(path, ENGINES).names == tuple(names)


def test_times_of_day_and_aliases(tmp_path):
    path = tmp_path / "ais.csv"
    path.write_text(
        "MMSI,BaseDateTime,Latitude,Longitude,Status\n"
        "007,2020-12-01T00:00:05,40.5,-74.0,moored\n"
        "008,2020-12-01T00:00:06,40.6,-74.1,\n"
        "007,2020-12-01T00:01:05,40.7,-74.2,moored\n"
    )
    panel = read_panel(path, VESSELS)
    assert panel.notes == ("'007', '008': columns not used: 'Status'",)
    seen = pd.DatetimeIndex(["2020-12-01 00:00:05", "2020-12-01 00:01:05"], name="time")
    expected = DataFrame({"lat": [40.5, 40.7], "lon": [-74.0, -74.2]}, index=seen.as_unit("us"))
    assert_frame_equal(panel.frames["007"], expected)


def test_a_table_can_be_wide_where_one_column_is_required():
    wide = DataFrame(
        {"date": ["2024-01-01", "2024-01-02", "2024-01-05"], "0700": [5.0, 6, 7], "NA": 9.0}
    )
    panel = read_panel(wide, PATIENTS)
    long = wide.melt(id_vars="date", var_name="patient", value_name="y")
    for name, column in {"0700": [5, 6, 7], "NA": [9, 9, 9]}.items():
        assert panel.frames[name]["glucose"].tolist() == column
        assert_frame_equal(panel.frames[name], read_panel(long, PATIENTS).frames[name])
    with pytest.raises(DataError, match=r"no column 'lat' among '0700', 'NA'"):
        read_panel(wide.rename(columns={"date": "time"}), VESSELS)


def test_values_that_are_missing():
    long = DataFrame({"patient": ["a"], "date": ["2024-01-01"], "pulse": [60]})
    told = r"no glucose level among the columns 'patient', 'pulse'\. .*glucose \(or y in long"
    with pytest.raises(DataError, match=told):
        read_panel(long, PATIENTS)
    with pytest.raises(DataError, match="a column of glucose levels for each patient"):
        read_panel(long[["date"]], PATIENTS)
    with pytest.raises(DataError, match=r"no cycle column among .* a column named cycle in a"):
        read_panel(long, ENGINES)


def test_an_empty_unit_or_a_blank_name_is_refused():
    table = FLEET.astype({"unit": object})
    table.loc[3, "unit"] = " "
    with pytest.raises(DataError, match=r"column 'unit' is empty at 1 of 5 rows: row 4 \(nan\)"):
        read_panel(table, ENGINES)


@pytest.mark.parametrize(
    ("cycles", "told"),
    [
        ([1, 3, 2, 1, 2], r"engine '1': the cycles go back in time at row 3 \(2\)\..* by cycle"),
        ([3, 2, 1, 1, 2], r"engine '1': .*reverse the rows, which stand newest first"),
        ([1, 2, 2, 1, 2], r"duplicate cycles at row 2 \(2\), row 3 \(2\)\. .*column unit if they"),
        ([1, 2, "x", 1, 2], r"column 'cycle' is not a number at 1 of 5 rows: row 3 \('x'\)"),
    ],
)
def test_cycles_out_of_order_are_refused(cycles, told):
    with pytest.raises(DataError, match=told):
        read_panel(FLEET.assign(cycle=cycles), ENGINES)


def test_wrong_values_are_named_by_their_time():
    with pytest.raises(DataError, match=r"engine '2': .*'T24' is infinite .*: cycle 2 \(inf\)"):
        read_panel(FLEET.assign(T24=[1, 1, 1, 1, np.inf]), ENGINES)


@pytest.mark.parametrize(
    ("schema", "times", "gap", "said"),
    [
        (ENGINES, [1, 2, 5, 6], 2, r"between 2 and 5 (3). Expected gaps of at most 2: *max_gap"),
        (
            VESSELS,
            pd.to_datetime(["2024-01-01 00:00:00", "2024-01-01 00:01:00", "2024-01-01 01:01:30"]),
            600,
            (
                "between 2024-01-01 00:01:00 and 2024-01-01 01:01:30 (3630 seconds). Expected "
                "gaps of at most 600 seconds: *max_gap_seconds"
            ),
        ),
    ],
)
def test_gaps_are_refused(schema, times, gap, said):
    table = DataFrame({schema.time[0]: times, "lat": 1.0, "lon": 2.0})
    assert read_panel(table, schema).notes == ()
    found, _, way_out = said.partition(": *")
    with pytest.raises(DataError) as caught:
        read_panel(table, schema, max_gap=gap)
    assert f"no rows {found}: " in str(caught.value)
    assert str(caught.value).endswith(f"or raise {way_out}")


def test_empty_rows_around_a_unit_are_left_out_with_a_note():
    table = FLEET.astype(float).assign(unit=[1, 1, 1, 2, 2])
    table.loc[0, ["Sensor_2", "T24"]] = np.nan
    panel = read_panel(table, ENGINES)
    assert panel.frames["1"].index.tolist() == [2, 4]
    assert panel.notes == ("not all engines span the whole table: '1' starts at 2",)


def test_units_are_chosen_before_they_are_checked():
    bad = FLEET.assign(T24=[1, 1, 1, 1, np.inf])
    panel = read_panel(bad, ENGINES, units=["1"])
    assert panel.names == panel.select("1").names == ("1",)
    with pytest.raises(
        DataError, match=r"no engine '12'\. Nearest: '2', '1'\. Expected one of '1', '2'"
    ):
        read_panel(FLEET, ENGINES, units=["12"])
    with pytest.raises(DataError, match="got no engine to read"):
        panel.select([])


def test_a_domain_can_refuse_raw_values_and_clean_checked_ones():
    seen = []

    def clean(checked, where):
        seen.append(where)
        return checked * 2, ("doubled", *(() if len(checked) > 2 else ("short",)))

    def refuse(raw, where):
        if raw["T24"].max() > 100:
            raise DataError(f"{where}: in Kelvin")

    panel = read_panel(FLEET, ENGINES, clean=clean, check=refuse)
    assert panel.notes == ("'1', '2': doubled", "'2': short")
    assert seen == ["DataFrame, engine '1'", "DataFrame, engine '2'"]
    assert_frame_equal(panel.frames["2"], frame([1, 2], Sensor_2=[4, 6], T24=[10, 8]))
    with pytest.raises(DataError, match="engine '1': in Kelvin"):
        read_panel(FLEET.assign(T24="x").assign(T24=500), ENGINES, check=refuse)


def test_records_of_a_domain_stay_what_they_are():
    class Fleet(Panel):
        pass

    fleet = Fleet(**vars(read_panel(FLEET, ENGINES)))
    assert isinstance(fleet.select(["2"]), Fleet)
    assert fleet.select(["2"]).word == "engine"


def test_a_series_without_a_name_is_the_value():
    days = pd.date_range("2024-01-01", periods=2)
    (name,) = read_panel(Series([4.0, 5.0], index=days), PATIENTS).names
    assert name == "glucose"


@pytest.mark.parametrize("name", ["", " ", None, np.nan])
def test_a_column_without_a_name_is_refused(name):
    table = DataFrame({"date": ["2024-01-01"], name: [1.0], "a": [2.0]})
    with pytest.raises(DataError, match="column 2 has no name"):
        read_panel(table, PATIENTS)


def test_more_units_than_can_be_meant_are_refused():
    wide = DataFrame(1.0, index=pd.date_range("2024", periods=2), columns=map(str, range(1001)))
    with pytest.raises(DataError, match=r"1001 patients\. Expected at most 1000: .* '0', '1', '2'"):
        read_panel(wide, PATIENTS)
    assert read_panel(wide, PATIENTS, units=["7"]).names == ("7",)
    long = DataFrame({"patient": range(10_001), "date": "2024-01-01", "glucose": 1.0})
    with pytest.raises(DataError, match="column 'patient' has 10001 names of patients"):
        read_panel(long, PATIENTS, units=["7"])


def test_messages_have_bounds_whatever_the_names():
    long = "x" * 5000
    table = DataFrame({"date": ["2024-01-01", "2024-01-02"], long: [1, -1], long + "y": [1, 2]})
    for options in ({}, {"units": ["z" * 5000]}, {"units": [long + "z"]}, {"called": "p" * 40}):
        with pytest.raises(DataError) as caught:
            read_panel(table, PATIENTS, **options)
        assert len(str(caught.value)) <= 300
