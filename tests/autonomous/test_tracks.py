"""Tracks of strangers: what is read from each format, what is cleaned, refused and said."""

import numpy as np
import pandas as pd
import pytest

from qmann_autonomous import demo_tracks, load_tracks
from qmann_autonomous.readers import SPEEDS
from qmann_core.errors import ConfigError, DataError

N, FT = 6, 0.3048
STEPS = np.arange(N)
WALK = pd.DataFrame(
    {
        "id": np.repeat(["1", "2"], N),
        "time": np.tile(STEPS * 0.4, 2),
        "x": np.tile(STEPS * 0.5, 2),
        "y": np.repeat([0.0, 3.0], N),
    }
)
SIZED = WALK.assign(speed=1.25, length=4.5, width=1.8, kind="car")
NGSIM = pd.DataFrame(
    {
        "Vehicle_ID": WALK["id"],
        "Frame_ID": WALK["time"] * 10,
        "Global_Time": WALK["time"] * 1000,
        **{f"Local_{side.upper()}": WALK[side] / FT for side in "xy"},
        "v_length": 4.5 / FT,
        "v_Width": 1.8 / FT,
        "v_Class": "car",
        "v_Vel": 1.25 / FT,
        "Lane_ID": 3,
    }
)
ARGOVERSE = pd.DataFrame(
    {
        "track_id": WALK["id"],
        "timestep": (WALK["time"] * 10).round().astype(int),
        "position_x": WALK["x"],
        "position_y": WALK["y"],
        "object_type": "car",
        **dict.fromkeys(("heading", "velocity_x", "velocity_y"), 0.1),
    }
)
SHIP = pd.DataFrame(
    {
        "MMSI": 367000140,
        "BaseDateTime": pd.Timestamp("2020-06-30T12:00:00Z") + pd.to_timedelta(STEPS, unit="min"),
        "LON": -74 + 0.004 * STEPS,
        "LAT": 40.7,
    }
)


def eth_ucy(gap):
    rows = WALK.assign(frame=WALK["time"] * 25).sort_values("frame")
    return "\n".join(gap.join(map(str, row)) for row in rows[["frame", "id", "x", "y"]].to_numpy())


def commonroad():
    state = (
        "<position><point><x>{x}</x><y>{y}</y></point></position><time><exact>{t}</exact></time>"
        "<velocity><exact>1.25</exact></velocity>"
    )
    text = '<commonRoad timeStepSize="0.4">'
    for who, part in WALK.groupby("id"):
        states = [state.format(x=r.x, y=r.y, t=round(r.time / 0.4)) for r in part.itertuples()]
        text += (
            f'<dynamicObstacle id="{who}"><type>car</type><shape><rectangle><length>4.5</length>'
            f"<width>1.8</width></rectangle></shape><initialState>{states[0]}</initialState>"
            f"<trajectory><state>{'</state><state>'.join(states[1:])}</state></trajectory>"
            "</dynamicObstacle>"
        )
    return text + "</commonRoad>"


def tracktable(ship):
    rows = ship.assign(BaseDateTime=ship["BaseDateTime"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    cells = ",".join(map(str, rows.to_numpy()[:, :4].ravel()))
    return f"*T*,name,terrestrial,{len(ship)},0,*P*,terrestrial,2,1,1,0,{cells}\n"


def haversine(lon, lat, lon0, lat0):
    lon, lat, lon0, lat0 = map(np.radians, (lon, lat, lon0, lat0))
    half = np.sin((lat - lat0) / 2) ** 2
    half += np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    return 2 * 6_371_008.8 * np.arcsin(np.sqrt(half))


def metres(table):
    return np.hypot(*table.groupby("piece")[["x", "y"]].diff().dropna().to_numpy().T)


def said(found):
    return " ".join(found.notes)


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("a.txt", eth_ucy("\t"), []),
        ("a.txt", eth_ucy("  "), []),
        ("a.xml", commonroad(), ["speed", "length", "width", "kind"]),
        ("a.csv", NGSIM, ["speed", "length", "width", "kind"]),
        ("a.csv", NGSIM.drop(columns="Global_Time"), ["speed", "length", "width", "kind"]),
        ("a.parquet", ARGOVERSE, ["kind"]),
        ("a.csv", SIZED.rename(columns={"speed": "v_ms"}), ["speed", "length", "width", "kind"]),
        ("a.csv", WALK.assign(x_ft=WALK["x"] / FT, y_ft=WALK["y"] / FT)[::-1], []),
    ],
)
def test_formats_say_the_same(tmp_path, name, content, more):
    if isinstance(content, str):
        (tmp_path / name).write_text(content)
    else:
        content = content.drop(columns=["x", "y"]) if "x_ft" in content else content
        getattr(content, f"to_{name[2:]}")(tmp_path / name, index=False)
        sources = [tmp_path / name, content]
    for source in [tmp_path / name] if isinstance(content, str) else sources:
        found = load_tracks(source)
        want = SIZED.rename(columns={"id": "agent"})[["agent", "time", "x", "y", *more]]
        pd.testing.assert_frame_equal(found.table[[*want]], want, check_dtype=False)
        assert found.table["piece"].tolist() == [0] * N + [1] * N
        assert (found.step, found.origin, found.start) == (0.4, None, None)
    assert load_tracks(found) is found


def test_vessels_of_ais_and_tracktable_are_the_same(tmp_path):
    ais = SHIP.assign(SOG=10.0, Length=[94.0, 0] * 3, VesselType=70.0)
    ais.loc[0, "SOG"] = 102.3
    ais.columns = ais.columns.str.lower()
    ais.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "a.traj").write_text(2 * tracktable(SHIP))
    found, other = load_tracks(tmp_path / "a.csv"), load_tracks(tmp_path / "a.traj")
    shared = ["agent", "piece", "time", "x", "y"]
    pd.testing.assert_frame_equal(found.table[shared], other.table)
    assert found.start == other.start == pd.Timestamp("2020-06-30T12:00Z")
    np.testing.assert_allclose(found.table["speed"], [np.nan, *[10 * 1852 / 3600] * 5])
    assert found.table["length"].isna().tolist() == [False, True] * 3
    assert found.table["kind"].eq("70").all()
    assert found.notes == ()
    assert "6 positions merged, which repeat another" in said(other)
    assert "no zone and are taken as UTC" in said(other)


@pytest.mark.parametrize("lat", [-33.0, 0.0, 40.7, 65.0])
@pytest.mark.parametrize("lon", [-74.0, 180.0, 359.99])
def test_distances_are_those_of_the_great_circle(lon, lat):
    rng = np.random.default_rng(0)
    place = np.array([lon, lat]) + rng.uniform(-0.22, 0.22, (40, 2)) / [np.cos(np.radians(lat)), 1]
    place[:, 0] = (place[:, 0] + 180) % 360 - 180
    table = pd.DataFrame(place, columns=["lon", "lat"]).assign(id=1, t=3600.0 * np.arange(40))
    found = load_tracks(table, max_gap=1e5)
    want = haversine(*place[1:].T, *place[:-1].T)
    np.testing.assert_allclose(metres(found.table), want, rtol=1e-3)
    assert found.table["piece"].max() == 0
    assert abs((found.origin[0] - lon + 180) % 360 - 180) < 0.3


def test_pieces_far_apart_have_planes_of_their_own():
    table = pd.concat(
        SHIP.assign(MMSI=n, LAT=lat, LON=SHIP["LON"] + east)
        for n, (lat, east) in enumerate([(20, 0), (40.7, 0.1), (40.7, 0), (60, 50)])
    )
    found = load_tracks(table)
    first = [haversine(-74, lat, -74.004, lat) for lat in (20, 40.7, 40.7, 60)]
    want = np.repeat(first, N - 1)
    np.testing.assert_allclose(metres(found.table), want, rtol=1e-3)
    assert "2 pieces lie more than 400 km from the origin" in said(found)
    near = found.table[found.table["agent"].isin(["1", "2"])].groupby("agent")["x"].first()
    assert near["1"] - near["2"] == pytest.approx(haversine(-73.9, 40.7, -74, 40.7), rel=1e-3)


def line(x, **more):
    return pd.DataFrame({"id": "a", "t": np.arange(len(x)), "x": x, "y": 0.0, **more})


@pytest.mark.parametrize(
    ("table", "options", "sizes", "notes"),
    [
        (line([0, 1, 2, 3, 4, 900, 6, 7, 8, 9, 10]), {}, [10], ["1 positions dropped, which need"]),
        (line([0, 1, 900, 3, -900, 5, 6]), {}, [5], ["2 positions dropped, which need more than"]),
        (line([0, 1, 900, -900, 4, 5]), {"max_gap": 3}, [4], ["2 positions dropped, which need"]),
        (line([0, 1, 2, 900, 901, 902]), {}, [3, 3], ["cut at 1 jumps of more than 60 m/s"]),
        (line([900, 1, 2, 3]), {}, [3], ["1 jumps", "1 positions dropped, alone in their piece"]),
        (line([0, 1, 2, 12, 13]), {"max_speed": 5}, [3, 2], ["1 jumps of more than 5 m/s"]),
        (line([0, 1, 2, 3, 4]).drop(2), {}, [4], []),
        (line([0, 1, 2, 3, 4, 5]).drop([2, 3]), {}, [2, 2], ["1 gaps of more than 2.5 s"]),
        (line([0, 1, 2, 3, 4, 5]).drop([2, 3]), {"max_gap": 3}, [4], []),
        (line([5.0] * 4), {}, [4], []),
        (line([0, None, 2, "lost", 4, 5]), {}, [4], ["2 positions dropped, missing"]),
        (line([0, 1, 2, 3]).iloc[[0, 2, 1, 3]], {}, [4], ["1 positions sorted"]),
        (line([0, 1, 2]).iloc[[0, 1, 1, 2]], {}, [3], ["1 positions merged"]),
        (line([0, 1, 2], time_ms=[0, 1e5, 2e5]).drop(columns="t"), {}, [3], []),
        (SHIP.assign(LAT=[40.7, 91, 40.7, 40.7, 40.7, 40.7], LON=[*SHIP["LON"][:5], 181]),
         {}, [4], ["2 positions dropped"]),
        (SHIP.assign(BaseDateTime=SHIP["BaseDateTime"] + pd.to_timedelta(STEPS**3, unit="s")),
         {}, [6], []),
    ],
)  # fmt: skip
def test_good_positions_are_kept_and_others_counted(table, options, sizes, notes):
    found = load_tracks(table, **options)
    assert found.table.groupby("piece").size().tolist() == sizes
    lost = len(table) - sum(sizes)
    assert (f"{lost} of {len(table)} positions are left out" in said(found)) == (lost > 0)
    for note in notes:
        assert note in said(found)
    assert found.notes or not notes


@pytest.mark.parametrize(
    "times",
    [
        SHIP["BaseDateTime"].dt.tz_convert("Asia/Tokyo"),
        [f"2020-06-30T{14 - k % 2}:0{k}:00+0{2 - k % 2}:00" for k in STEPS],
        [f"2020-06-30 12:0{k}:00 UTC" for k in STEPS],
        [f"30/06/2020 12:0{k}" for k in STEPS],
        SHIP["BaseDateTime"].dt.tz_localize(None),
    ],
)
def test_times_are_utc(times):
    found = load_tracks(SHIP.assign(BaseDateTime=times))
    assert found.start == pd.Timestamp("2020-06-30T12:00Z")
    assert found.table["time"].tolist() == (60 * STEPS).tolist()


@pytest.mark.parametrize("unit", SPEEDS)
def test_speeds_without_a_unit_are_compared_with_travelled_ones(unit):
    table = WALK.assign(speed=1.25 / SPEEDS[unit] * np.tile([0.97, 1.01, 1.02], 4))
    found = load_tracks(table)
    assert f"speeds are taken as {unit}: no unit is said" in said(found)
    for options, name in ({"units": unit}, "speed"), ({}, f"speed ({unit})"):
        other = load_tracks(table.rename(columns={"speed": name}), **options)
        assert other.notes == ()
        np.testing.assert_allclose(other.table["speed"], found.table["speed"])


@pytest.mark.parametrize("ratio", [0.5, 3.44, 7])
def test_speeds_of_no_known_unit_are_left_out(ratio):
    found = load_tracks(WALK.assign(speed=1.25 * ratio))
    assert f"speeds left out: no unit is said, they are {ratio:.3g} times" in said(found)
    assert "speed" not in found.table
    assert "speeds left out" in said(load_tracks(WALK.assign(speed=0.1, x=0)))


def test_columns_and_units_can_be_named():
    table = WALK.rename(columns={"id": "who", "time": "when", "x": "east", "y": "north"})
    names = {"agent": "who", "time": "when", "x": "east", "y": "north"}
    pd.testing.assert_frame_equal(load_tracks(table, **names).table, load_tracks(WALK).table)
    feet = WALK.assign(time=WALK["time"] * 1e3, length=10)
    found = load_tracks(feet, units="ft ms")
    np.testing.assert_allclose(found.table[["x", "length"]], [[x * FT, 3.048] for x in WALK["x"]])
    np.testing.assert_allclose(found.table["time"], WALK["time"])
    ship = load_tracks(SHIP.rename(columns={"LON": "e", "LAT": "n"}), x="e", y="n", units="deg")
    pd.testing.assert_frame_equal(ship.table, load_tracks(SHIP).table)
    both = SHIP.assign(x=1.0, y=2.0)
    pd.testing.assert_frame_equal(load_tracks(both).table, ship.table)


NAIVE = SHIP["BaseDateTime"].astype(str).str.replace("+00:00", "")
MIXED = NAIVE.where(STEPS != 2, "2020-06-30T12:02:00+00:00")


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (WALK.drop(columns="id"), {}, "which column is the agent.*agent=NAME"),
        (WALK.drop(columns="time"), {}, "which column is the time"),
        (WALK.drop(columns="y"), {}, "which column is the y"),
        (WALK, {"x": "east"}, "no column 'east'"),
        (WALK.assign(lon=1.0), {}, "'lon' in deg and 'y' in m. Expected one system"),
        (SHIP.assign(LAT=4.5e6), {}, r"got lat 4.5e\+06: expected degrees.*row 1"),
        (SHIP.assign(LON=361), {}, "got lon 361: expected degrees"),
        (SHIP.assign(BaseDateTime=MIXED), {}, r"with a zone, and 5 that have none.*row 1 \('2020"),
        (SHIP.assign(BaseDateTime=NAIVE + "+25:00"), {}, "6 that have none or are none"),
        (SHIP.assign(BaseDateTime=NAIVE.where(STEPS != 2, "soon")), {}, "not a date.*row 3"),
        (WALK.assign(time="soon"), {}, "'time' is not a date"),
        (WALK.assign(time=[*WALK["time"][:11], None]), {}, "'time' is empty at.*row 12"),
        (WALK.assign(id=[*WALK["id"][:11], None]), {}, "'id' is empty at.*row 12"),
        (WALK.assign(id="1"), {}, r"6 rows put an agent at another place.*row 7 \('1'\)"),
        (WALK.rename(columns={"time": "frame"}), {}, "'frame' counts frames"),
        (WALK.iloc[:1], {}, "of 1 positions, 1 can be reached at 60 m/s, and 0 of these are not"),
        (WALK.iloc[:0], {}, "the table is empty"),
        (WALK.assign(x=None), {}, "of 0 positions, 0 can be reached"),
        (SHIP.assign(LON=181.0), {}, "of 0 positions, 0 can be reached at 50 m/s"),
        (WALK.assign(x=WALK["x"] * 1e6), {}, "of 12 positions, 4 can be reached at 60 m/s"),
        (WALK.set_axis(["id", "time", "x", "x"], axis=1), {}, "'x' stands there twice"),
        (
            line([0, 1, 9e3, 8e4, 7e5, 6e6, 5e7]),
            {},
            "of 7 positions, 3 can be.*Expected at least half",
        ),
        ("nowhere.csv", {}, "no such file"),
        (7, {}, "got data of type int"),
    ],
)
def test_what_cannot_be_read_is_refused(table, options, message):
    with pytest.raises(DataError, match=message):
        load_tracks(table, **options)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "the file is empty"),
        ("a.txt", "1 2 3\n1 2 3\n", "3 columns separated by blanks"),
        ("a.txt", "1 2 3 4\n1 2 3 4 5\n", "cannot be read"),
        ("a.traj", "1,2,3\n", "cannot be read .a line is not"),
        ("a.traj", tracktable(SHIP).rsplit(",", 1)[0], "a line is not"),
        ("a.traj", "\n", "the table is empty"),
        ("a.xml", "<commonRoad", "cannot be read .no XML"),
        ("a.xml", "<commonRoad timeStepSize='1'></commonRoad>", "no dynamicObstacle"),
        ("a.xml", commonroad().replace("timeStepSize", "step"), "no timeStepSize"),
        ("a.csv", "hello\n", "table is empty"),
        ("a.pdf", "hello", "unknown format"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        load_tracks(tmp_path / name)


@pytest.mark.parametrize(
    "options",
    [{"units": "miles"}, {"units": "m ft"}, {"max_gap": 0}, {"max_speed": -1}, {"max_gap": np.nan}],
)
def test_options_that_are_none_are_refused(options):
    with pytest.raises(ConfigError, match="expected"):
        load_tracks(WALK, **options)


def test_vessels_of_new_york():
    found = demo_tracks("harbor")
    assert "3,556 of 172,679 positions are left out" in said(found)
    assert (found.table["agent"].nunique(), found.step) == (140, 70.0)
    assert found.origin == pytest.approx((-74.01, 40.70), abs=0.01)
    assert found.table.groupby("piece")["time"].diff().max() <= 180
    with pytest.raises(DataError, match=r"no demo data 'harbour'.*harbor"):
        demo_tracks("harbour")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n"), [("coast", "235,929"), ("beach", "39,822")])
def test_vessels_elsewhere(name, n):
    found = demo_tracks(name)
    assert f"of {n} positions are left out" in said(found)
    assert ("38 positions left out, of vessels with several" in said(found)) == (name == "coast")
