"""Structures: known densities, laws of supercells, and what files leave out."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from crystals import CELL, DIAMOND, FACES, MIXED, NACL, SUM, SYMMETRY, poscar

from qmann_core.errors import ConfigError, DataError
from qmann_materials.structures import (
    radial_distribution,
    read_structures,
    relax_structure,
    structure_of,
)


def supercell(lattice, atoms, times):
    shifts = np.indices(times).reshape(3, -1).T
    return lattice * np.array(times)[:, None], (
        (atoms[:, None] + shifts).reshape(-1, 3) / np.array(times)
    )


def row(text, suffix=".cif", **options):
    table = read_structures(text, suffix, **options)
    assert len(table) == 1
    return table.loc[0]


def numbers(found):
    """Density, volume, and what is known of distances."""
    values = found.drop(["formula", "name", "_note", "_error"]).astype(float)
    assert len(values) == 31
    return values


@pytest.mark.parametrize(
    ("text", "suffix", "formula", "name", "density", "each"),
    [
        (NACL, ".CIF", "NaCl", "halite", 2.16, 22.43),
        (poscar(), ".vasp", "Si", "silicon", 2.33, 20.02),
        (poscar(scale="-40.039"), "", "Si", "silicon", 2.33, 20.02),
        (poscar(FACES / 2, scale="2 2 2"), "", "Si", "silicon", 2.33, 20.02),
        (poscar(kind="Selective dynamics\nDirect"), "", "Si", "silicon", 2.33, 20.02),
        (SUM + "_cell_formula_units_Z 4\n", ".cif", "NaCl", "sum", 2.16, 22.43),
    ],
)
def test_densities_are_the_measured_ones(text, suffix, formula, name, density, each):
    found = row(text, suffix)
    assert found[["formula", "name", "_error"]].tolist() == [formula, name, None]
    assert found["density"] == pytest.approx(density, abs=0.01)
    assert found["volume"] == pytest.approx(each, abs=0.01)


def test_what_was_assumed_is_said():
    assert row(NACL)["_note"] == ""
    mixed = row(MIXED)
    assert (mixed["formula"], mixed["_note"]) == ("KNa9Cl10", "partial occupancies of K, Na")
    assert mixed["density"] == pytest.approx(2.223, abs=1e-3)
    alone = row(NACL.replace(SYMMETRY, ""))
    assert alone["_note"] == "no symmetry in the file: P1 is assumed"
    assert alone["density"] == pytest.approx(row(NACL)["density"] / 4)
    other = row(NACL.replace(CELL, CELL + "_chemical_formula_sum 'Na2 Cl'\n"))
    assert other["_note"] == "the sum formula says Na2 Cl"
    assert row(NACL.replace(CELL, CELL + "_chemical_formula_sum 'x'\n"))["_note"] == ""
    total = row(SUM)
    assert total["_note"].startswith("no atoms: composition from the sum formula; no cell")
    assert math.isnan(total["density"])
    assert row(NACL.replace("Na1", "D1"))["formula"] == "HCl"


def test_every_block_has_its_row_and_a_bad_one_its_reason():
    bad = NACL.replace("data_halite", "data_bad").replace("0.5 0.5 0.5", "? 0.5 0.5")
    table = read_structures(NACL + bad + MIXED, ".cif")
    assert table["name"].tolist() == ["halite", "bad", "mixed"]
    assert table["formula"].tolist() == ["NaCl", "", "KNa9Cl10"]
    assert table["_error"].notna().tolist() == [False, True, False]
    assert "an atom has no place" in table["_error"][1]


@pytest.mark.parametrize(
    ("text", "suffix", "why"),
    [
        (NACL.replace("F m -3 m", "F q"), ".cif", "symmetry 'F q' is not known"),
        (NACL.replace("Na1", "Q1"), ".cif", "no element 'X': expected symbols"),
        (NACL.replace("alpha 90", "alpha 0"), ".cif", "no cell: Impossible angle .*in degrees"),
        (NACL.replace("Na1 0", "Na1 1e300"), ".cif", "an atom has no place"),
        (f"data_empty\n{CELL}", ".cif", "no atoms in a cell, and no sum formula"),
        (NACL.replace(CELL, ""), ".cif", "no atoms in a cell, and no sum formula"),
        (NACL.replace("5.6402", "0.56402"), ".cif", "A.3 for each atom; expected lengths in A"),
        (poscar().replace("Si\n", ""), "", "no symbols, as VASP 4 wrote it: expected them on a"),
        (poscar().replace("Si\n", "Xx\n"), "", "no element 'Xx'"),
        (poscar().replace("Si\n2", "Si\n3"), "", r"not readable .*: expected a comment, a scale"),
        (poscar().replace("Si\n2", "Si\n2 1"), "", "not readable as a POSCAR"),
        (poscar(0 * FACES), "", "no cell, or an atom has no place"),
        *[(poscar(scale=s), "", "no cell, or an atom has no place") for s in ("", "1 2")],
        (poscar(scale="1e400"), "", "no cell, or an atom has no place"),
        (poscar(scale="0"), "", "no cell, or an atom has no place"),
        (poscar(atoms=DIAMOND * math.nan), "", "an atom has no place"),
        ("", "", "not readable as a POSCAR"),
    ],
)
def test_what_cannot_be_used_says_why(text, suffix, why):
    found = row(text, suffix)
    assert re.search(why, found["_error"])
    assert found["formula"] == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [("hi", "not readable as a CIF"), ("", "CIF is empty"), ("data_x\n_a\n", "_a has no value")],
)
def test_a_file_that_is_no_cif_is_refused(text, why):
    with pytest.raises(DataError, match=why):
        read_structures(text, ".cif")


@pytest.mark.parametrize("times", [(2, 1, 1), (1, 3, 2)])
def test_a_supercell_is_the_same_crystal(times):
    one = row(poscar(), "", radial=True)
    more = row(poscar(*supercell(FACES, DIAMOND, times)), "", radial=True)
    assert more["formula"] == one["formula"]
    np.testing.assert_allclose(numbers(more), numbers(one), rtol=1e-9, atol=1e-9)


def test_a_crystal_is_the_same_from_cif_and_poscar():
    lattice, sodium = 5.6402 * np.eye(3), np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
    atoms = np.concatenate([sodium, sodium + 0.5]) @ lattice
    text = poscar(lattice, atoms, kind="Cartesian").replace("Si\n8", "Na_pv Cl\n4 4")
    found, expected = row(text, "", radial=True), row(NACL, radial=True)
    assert found["formula"] == expected["formula"]
    np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-9, atol=1e-9)


def test_pairs_are_counted_at_their_distances_and_become_random_far_away():
    distances = np.arange(0.5, 3.2, 0.01)
    found = radial_distribution(FACES, DIAMOND @ FACES, distances=distances, width=0.1)
    shell = 4 * math.pi * distances**2 * found * 2 / abs(np.linalg.det(FACES))
    assert shell.sum() * 0.01 == pytest.approx(4, rel=1e-3)  # neighbours in diamond
    assert distances[shell.argmax()] == pytest.approx(5.4306 * math.sqrt(3) / 4, abs=0.011)
    far = np.arange(15, 20, 0.1)
    assert radial_distribution(FACES, DIAMOND @ FACES, distances=far, width=0.5).mean() == (
        pytest.approx(1, abs=0.02)
    )


def test_half_an_atom_twice_is_one_atom():
    places = DIAMOND @ FACES
    doubled = radial_distribution(FACES, places, np.array([0.5, 0.5]))
    np.testing.assert_allclose(radial_distribution(FACES, places), doubled, rtol=1e-12)


@pytest.mark.parametrize(
    ("lengths", "why"), [([1, 1, 0], "the lattice has no volume"), ([1e-3, 1, 1e5], "too many")]
)
def test_a_lattice_that_is_none_is_refused(lengths, why):
    with pytest.raises(DataError, match=why):
        radial_distribution(np.diag(np.array(lengths, float)), np.zeros((1, 3)))


def test_objects_of_others_are_read_by_what_they_have():
    ase = SimpleNamespace(get_chemical_symbols=lambda: ["Si", "Si"], cell=FACES)
    assert structure_of(ase)["density"] == pytest.approx(2.33, abs=0.01)
    molecule = SimpleNamespace(get_chemical_symbols=lambda: ["H", "O", "H"], cell=np.zeros((3, 3)))
    assert structure_of(molecule)["formula"] == "H2O"
    assert structure_of(molecule)["_note"] == "no cell whose content is known: no density"
    crystal = SimpleNamespace(composition={"Na+": 4.0, "Cl-": 4.0}, volume=5.6402**3)
    assert structure_of(crystal)["density"] == pytest.approx(2.16, abs=0.01)
    assert structure_of(SimpleNamespace(composition={"Fe": 2, "O": 3}))["formula"] == "Fe2O3"
    with pytest.raises(DataError, match="got int: expected atoms of ASE, or an object with a comp"):
        structure_of(3)
    with pytest.raises(DataError, match="expected each above"):
        structure_of(SimpleNamespace(composition={}))


class Springs:
    """Atoms on springs of different stiffness to the places where they want to be."""

    def __init__(self, positions, calc=None):
        self.positions, self.calc = np.array(positions, float), calc

    def copy(self):
        return Springs(self.positions)

    def get_positions(self):
        return self.positions.copy()

    def set_positions(self, positions):
        self.positions = np.array(positions)

    def get_forces(self):
        stiffness, home = self.calc
        return -stiffness * (self.positions - home)

    def get_potential_energy(self):
        stiffness, home = self.calc
        return 0.5 * np.sum(stiffness * (self.positions - home) ** 2) - 3.0


HOME = np.array([[0.0, 0.1, 0.2], [1.5, 1.6, 1.7]])
SPRINGS = (np.array([[1.0, 5.0, 20.0], [2.0, 3.0, 50.0]]), HOME)


def test_atoms_go_where_their_energy_is_least_and_those_given_stay():
    atoms = Springs(HOME + np.array([[0.3, -0.2, 0.1], [0.1, 0.2, -0.3]]))
    given = atoms.get_positions()
    found = relax_structure(atoms, SPRINGS, force=1e-6)
    np.testing.assert_allclose(found.atoms.get_positions(), HOME, atol=1e-6)
    assert (found.converged, found.energy_after) == (True, pytest.approx(-3.0, abs=1e-10))
    assert found.largest_force <= 1e-6
    atoms.calc = SPRINGS
    assert found.energy_before == pytest.approx(atoms.get_potential_energy(), rel=1e-12)
    np.testing.assert_array_equal(atoms.get_positions(), given)
    assert relax_structure(atoms, force=1e-6).energy_after == found.energy_after
    assert not relax_structure(atoms, force=1e-6, steps=1).converged


def test_without_a_calculator_there_is_no_energy():
    with pytest.raises(ConfigError, match=r"got no calculator: .* EMT\(\) .* MACE .* CHGNet"):
        relax_structure(Springs(HOME))
    for wrong in ({"force": 0}, {"steps": 0}):
        with pytest.raises(ConfigError, match="expected numbers above zero"):
            relax_structure(Springs(HOME), SPRINGS, **wrong)
