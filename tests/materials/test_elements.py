"""Elements: their table against gemmi's, and against laws between its columns."""

import gemmi
import numpy as np
import pytest

from qmann_materials.elements import (
    MASSES,
    PROPERTIES,
    SYMBOLS,
    element_table,
    oxidation_states,
)


def column(name):
    return element_table()[:, PROPERTIES.index(name)]


def test_elements_stand_by_number_and_masses_are_those_of_gemmi():
    assert [gemmi.Element(symbol).atomic_number for symbol in MASSES] == list(range(1, 119))
    assert tuple(MASSES)[: len(SYMBOLS)] == SYMBOLS
    assert (SYMBOLS[0], SYMBOLS[-1], len(SYMBOLS), len(PROPERTIES)) == ("H", "Pu", 94, 65)
    np.testing.assert_array_equal(column("Number"), np.arange(1, 95))
    masses = [gemmi.Element(symbol).weight for symbol in SYMBOLS]
    np.testing.assert_allclose(list(MASSES.values())[:94], masses, rtol=2e-4)
    np.testing.assert_array_equal(column("AtomicWeight"), list(MASSES.values())[:94])


@pytest.mark.parametrize(
    ("symbol", "name", "value"),
    [
        *[("Fe", "MeltingT", 1811), ("Cu", "Density", 8920), ("O", "Electronegativity", 3.44)],
        *[("W", "BulkModulus", 310), ("Ni", "Column", 10), ("Si", "SpaceGroupNumber", 227)],
        *[("Al", "MiracleRadius", 141), ("Pu", "Row", 7), ("Mn", "max_oxidation", 7)],
    ],
)
def test_values_are_where_they_belong(symbol, name, value):
    assert column(name)[SYMBOLS.index(symbol)] == value


def test_columns_agree_with_each_other():
    by_mass = column("AtomicWeight") / column("Density") / 6.02214e-4
    np.testing.assert_allclose(column("AtomicVolume"), by_mass, rtol=1e-4)
    logarithm = np.log10(column("ThermalConductivity"))
    np.testing.assert_allclose(column("LogThermalConductivity"), logarithm, atol=1e-8)
    s, p = column("ZungerPP-r_s"), column("ZungerPP-r_p")
    np.testing.assert_allclose(column("ZungerPP-r_pi"), abs(s - p), atol=1e-12)
    shells = sum(column(f"N{shell}Valence") for shell in "spdf")
    np.testing.assert_array_equal(column("NValence"), shells)
    for symbol, least, most in zip(
        SYMBOLS, column("min_oxidation"), column("max_oxidation"), strict=True
    ):
        states = oxidation_states(symbol)
        assert sorted(states) == list(states)
        assert (np.isnan(least), np.isnan(most)) == (not states, not states)
        assert not states or (states[0], states[-1]) == (least, most)


def test_what_is_missing_is_nan_and_the_table_stays_as_it_is():
    assert np.isnan(column("Electronegativity")[SYMBOLS.index("He")])
    assert not np.isnan(column("Number")).any()
    assert np.isnan(element_table()).mean() == pytest.approx(0.073, abs=0.02)
    with pytest.raises(ValueError, match="read-only"):
        element_table()[0, 0] = 1
    assert (oxidation_states("Fe"), oxidation_states("Ar")) == ((2, 3), ())
    with pytest.raises(KeyError, match="Xx"):
        oxidation_states("Xx")
