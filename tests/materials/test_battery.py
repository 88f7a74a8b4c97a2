"""Capacities: published ones, and that charges decide how many ions can leave."""

import math

import pytest

from qmann_core.errors import ConfigError, DataError
from qmann_materials.battery import battery_capacity

F = 96485.33212


@pytest.mark.parametrize(
    ("formula", "n", "ion", "capacity"),
    [
        *[("LiFePO4", None, "Li", 169.9), ("LiCoO2", None, "Li", 273.8), ("C6", 1, "Li", 372)],
        *[("Si", 3.75, "Li", 3579), ("LiMn2O4", None, "Li", 148), ("S", 2, "Li", 1672)],
        *[("Li4Ti5O12", 3, "Li", 175), ("Na3V2(PO4)3", 2, "Na", 117.6), ("Ca", None, "Ca", 1337)],
        *[("MgMn2O4", None, "Mg", 270), ("Zn", None, "Zn", 820), ("Al", None, "Al", 2980)],
    ],
)
def test_capacities_are_the_published_ones(formula, n, ion, capacity):
    table = battery_capacity(formula, n, ion).table
    last_digit = 1 if capacity == int(capacity) else 0.1
    assert table["mAh/g"][0] == pytest.approx(capacity, abs=last_digit / 2)


@pytest.mark.parametrize(
    ("formula", "ion", "allowed"),
    [
        *[("LiFePO4", "Li", 1), ("LiCoO2", "Li", 1), ("Li2FeSiO4", "Li", 1), ("Li2MnO3", "Li", 0)],
        *[("LiNi0.8Mn0.1Co0.1O2", "Li", 1), ("Li3V2(PO4)3", "Li", 4), ("MgMn2O4", "Mg", 1)],
        *[("LiTiS2", "Li", 1), ("Na3V2(PO4)2F3", "Na", 4), ("LiAlO2", "Li", 0)],
    ],
)
def test_electrons_allow_what_the_highest_states_leave(formula, ion, allowed):
    result = battery_capacity(formula, None, ion)
    table = result.table.set_index("limit")
    assert table["n"]["electrons allow"] == pytest.approx(allowed, abs=1e-9)
    assert table["n"]["lesser of both"] == min(table["n"]["all ions"], allowed)
    assert f"O -2, halogens -1, {ion} +" in result.notes[1]


@pytest.mark.parametrize(
    ("formula", "n", "ion"),
    [
        *[("LiC6", None, "Li"), ("Li15Si4", None, "Li"), ("Li2S", None, "Li"), ("FePO4", 1, "Li")],
        *[("Na2Fe2(CN)6", None, "Na"), ("LiAlO", None, "Li"), ("LiF", None, "Li")],
    ],
)
def test_without_balanced_charges_no_limit_is_stated(formula, n, ion):
    result = battery_capacity(formula, n, ion)
    assert len(result.table) == 1
    assert result.notes[1].startswith("What electrons allow is stated for formulas that hold")


def test_the_same_charge_counts_by_the_mass_of_either_state():
    full, empty = (
        battery_capacity("LiFePO4").table.loc[0],
        battery_capacity("FePO4", 1).table.loc[0],
    )
    for one, other in ((full, empty), (empty, full)):
        assert one["mAh/g"] == pytest.approx(other["mAh/g, other state"], rel=1e-12)
        assert one["g/mol"] == pytest.approx(other["g/mol, other state"], rel=1e-12)
        assert one["mAh/g"] * one["g/mol"] * 3.6 == pytest.approx(F, rel=1e-12)
    doubled = battery_capacity("Li2Fe2P2O8").table
    assert doubled["mAh/g"].tolist() == pytest.approx(battery_capacity("LiFePO4").table["mAh/g"])
    more = battery_capacity("Li3V2(PO4)3").table
    assert math.isnan(more["mAh/g, other state"][1])  # four electrons, three ions
    assert battery_capacity("LiFePO4", "0.5").table["mAh/g"][0] == pytest.approx(84.94, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "error", "why"),
    [
        (("LiFePO4", 1, "Fe"), ConfigError, "working_ion='Fe': expected one of Li, Na, K"),
        (("FePO4",), ConfigError, "FePO4 holds no Li: expected n, how many it takes up"),
        (("LiFePO4", 2), ConfigError, "n=2: expected a number above zero and at most the 1 in"),
        (("Si", 0), ConfigError, "n=0: expected a number above zero$"),
        (("Si", -1), ConfigError, "n=-1: expected a number above zero$"),
        (("Si", "many"), ConfigError, "got n='many': expected a number"),
        (("Si", math.nan), ConfigError, "got n=nan: expected a number"),
        (("LIFEPO4",), DataError, "formula 'LIFEPO4': no element 'L'"),
    ],
)
def test_what_cannot_be_is_refused(arguments, error, why):
    with pytest.raises(error, match=why):
        battery_capacity(*arguments)
