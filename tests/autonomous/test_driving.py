"""Closed loop in the simulator."""

import sys

import pandas as pd
import pytest

from qmann_autonomous import drive
from qmann_core.errors import ConfigError, DataError


@pytest.mark.slow
def test_the_same_seeds_give_the_same_drives(capfd):
    one, other = (drive(2, vehicles=8, duration=4) for _ in range(2))
    pd.testing.assert_frame_equal(one.table.drop(columns="ms each"), other.table.iloc[:, :-1])
    table = one.table.set_index("policy")
    assert table["collisions"].tolist() == [0, 0]
    assert table.loc["idm", "ratio"] == 1
    assert table["upper"].tolist() == pytest.approx([1 - 0.025**0.5] * 2)  # of 0 in 2
    assert table["mean speed"].between(15, 30).all()
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_driven_is_refused(monkeypatch):
    for wrong in ({"seeds": 0}, {"lanes": 0}, {"target_speed": 31}, {"density": 0}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            drive(**wrong)
    for name in ("highway_env", "highway_env.envs.highway_env"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        DataError, match=r"package highway_env.*pip install 'qmann-autonomous\[drive\]'"
    ):
        drive(1)
