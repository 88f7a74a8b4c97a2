"""Tennessee Eastman: what is shipped, and a folder of the files."""

import numpy as np
import pytest

from qmann_core.errors import DataError
from qmann_industrial import read_tennessee_eastman, tennessee_eastman
from qmann_industrial.tep import SENSORS


@pytest.fixture(scope="module")
def table():
    return tennessee_eastman()


def test_normal_operation_is_that_of_the_paper(table):
    """Downs and Vogel 1993 (doi:10.1016/0098-1354(93)80018-I), table 4: the base case."""
    normal = table[table["run"] == "d00"][list(SENSORS)].mean()
    told = {"XMEAS(7)": 2705.0, "XMEAS(8)": 75.0, "XMEAS(9)": 120.4, "XMEAS(12)": 50.0}
    for name, value in told.items():
        np.testing.assert_allclose(normal[name], value, rtol=3e-3)


def test_faults_set_in_at_row_161_and_move_what_they_should(table):
    counts = table.groupby(["run", "fault"]).size()
    assert (counts["d04_te", "normal"], counts["d04_te", "fault 4"]) == (160, 800)
    assert len(table) == 500 + 6 * 960
    shared = table[table.duplicated(list(SENSORS))]  # of two runs, before their faults
    assert (set(shared["run"]), len(shared)) == ({"d05_te"}, 160)
    valve = table[table["run"] == "d04_te"].groupby("fault")["XMV(10)"].agg(["mean", "std"])
    rise = valve["mean"]["fault 4"] - valve["mean"]["normal"]
    assert rise > 3 * valve["std"].max()  # cooling water of the reactor comes warmer


def test_a_folder_reads_as_what_is_shipped(table, tmp_path):
    for name in ("d00", "d05_te"):
        values = table.loc[table["run"] == name, list(SENSORS)].to_numpy()
        np.savetxt(tmp_path / f"{name}.dat", values.T if name == "d00" else values, fmt="%.4e")
    found = read_tennessee_eastman(tmp_path)
    expected = table[table["run"].isin(["d00", "d05_te"])].reset_index(drop=True)
    assert list(found) == list(expected)
    assert found[["run", "row", "fault"]].equals(expected[["run", "row", "fault"]])
    np.testing.assert_array_equal(
        found[list(SENSORS)].to_numpy(np.float32), expected[list(SENSORS)].to_numpy(np.float32)
    )
    assert set(read_tennessee_eastman(tmp_path, ["d00"])["fault"]) == {"normal"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no run. Expected d00.dat"),
        ("1 2 3\n4 5 6\n", "got 2 x 3 values. Expected 52 finite numbers in each row"),
        ("one two\n", "Expected rows of 52 numbers"),
    ],
)
def test_what_is_no_such_folder_is_refused(text, message, tmp_path):
    if text is not None:
        (tmp_path / "d01.dat").write_text(text)
    with pytest.raises(DataError, match=message):
        read_tennessee_eastman(tmp_path)
