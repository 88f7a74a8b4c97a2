"""Structures of crystals: what is in them, and how densely it is packed."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

import gemmi
import numpy as np
from jaxtyping import Float
from pandas import DataFrame

from qmann_core.errors import ConfigError, DataError
from qmann_core.parsing import shown

from .elements import MASSES
from .formulas import formula_text, parse_formula, standard_formula

_DALTON = 1.66053906892  # g/mol of an atom in 1 A^3 as g/cm^3 (CODATA 2022)
_DISTANCES = np.arange(1.0, 8.01, 0.25)  # A
_EMPTY = {"formula": "", "name": "", "density": np.nan, "volume": np.nan, "_note": ""}
_Places = tuple[np.ndarray, np.ndarray, np.ndarray]  # lattice, positions, occupancies
_Contents = tuple[dict[str, float], float, list[str], _Places | None]
_POSCAR = "expected a comment, a scale, three vectors, symbols, counts, Direct or Cartesian, atoms"
_STEP, _MOST_IMAGES, _LEAST_VOLUME = 0.02, 10**6, 1.0  # A, atoms, A^3 for each atom
_LARGEST = 1e9  # of lengths and places; A^3 of a cell


def read_structures(text: str, suffix: str, *, radial: bool = False) -> DataFrame:
    """A row for each data block of a CIF, or for the structure of a POSCAR or CONTCAR (VASP 5).

    Args:
        text: what stands in the file.
        suffix: ".cif"; anything else is read as POSCAR.
        radial: columns "g(1.00 A)" to "g(8.00 A)" of `radial_distribution` besides.

    Returns:
        formula; name, of the block or the comment; density in g/cm3; volume in A^3 for each atom;
        _note, what was assumed; _error, why a structure cannot be used, and None where it can.

    Raises:
        DataError: the text is no CIF.
    """
    sources: list[tuple[str, Callable[[Any], _Contents], Any]]
    if suffix.lower() == ".cif":
        try:
            blocks = list(gemmi.cif.read_string(text))
        except (ValueError, RuntimeError) as error:
            raise DataError(f"not readable as a CIF: {shown(str(error))}") from error
        sources = [(block.name, _of_block, block) for block in blocks]
    else:
        lines = text.splitlines()
        sources = [("".join(lines[:1]).strip(), _of_poscar, lines)]
    if not sources:
        raise DataError("the CIF is empty: expected a data block with a cell and atoms")
    rows = []
    for name, read, source in sources:
        try:
            rows.append(_row(*read(source), name=name, radial=radial))
        except DataError as error:
            rows.append(_EMPTY | {"name": name, "_error": str(error)})
    return DataFrame(rows)


def structure_of(thing: Any) -> dict[str, Any]:
    """A row of `read_structures` for atoms of ASE, or what has a ``composition``, as in pymatgen.

    Raises:
        DataError: neither of these, or no atoms.
    """
    if symbols := getattr(thing, "get_chemical_symbols", None):
        amounts = _summed((symbol, 1) for symbol in symbols())
        return _row(amounts, abs(np.linalg.det(np.asarray(thing.cell, float))), [])
    composition = getattr(thing, "composition", None)
    if not isinstance(composition, Mapping):
        raise DataError(
            f"got {type(thing).__name__}: expected atoms of ASE, or an object with a composition"
        )
    species = composition.items()  # such as Fe2+
    amounts = _summed((str(key).rstrip("+-.0123456789"), amount) for key, amount in species)
    return _row(amounts, getattr(thing, "volume", 0.0), [])


def radial_distribution(
    lattice: Float[np.ndarray, "3 3"],
    positions: Float[np.ndarray, "atom 3"],
    weights: Float[np.ndarray, " atom"] | None = None,
    *,
    distances: Float[np.ndarray, " distance"] = _DISTANCES,
    width: float = 0.2,
) -> Float[np.ndarray, " distance"]:
    """How many pairs there are at a distance, in units of those at random; 1 far away.

    g(r) = V / (4 pi r^2 W^2) sum_ij w_i w_j N(r - d_ij; width), where W is the sum of the weights
    and N a normal density, over all pairs of an atom of the cell and another one, images included.
    Distances are counted in steps of 0.02 A.

    Args:
        lattice: rows a, b and c in A.
        positions: Cartesian, in A.
        weights: such as occupancies; by default 1.
        distances: r in A, above 0.
        width: standard deviation in A.

    Raises:
        DataError: the lattice has no volume, or a cell is so thin that there are too many images.
    """
    from scipy.spatial import KDTree  # which compositions need not wait for

    share = np.ones(len(positions)) if weights is None else weights
    volume, most = abs(np.linalg.det(lattice)), distances.max() + 4 * width
    if not volume > 0:
        raise DataError("the lattice has no volume; expected three vectors in A")
    inside = positions - np.floor(positions @ np.linalg.inv(lattice)) @ lattice
    reach = np.ceil(most * np.linalg.norm(np.linalg.inv(lattice), axis=0)) + 1
    if len(positions) * np.prod(2 * reach + 1) > _MOST_IMAGES:
        raise DataError(
            "too many atoms within reach; expected a smaller cell, and none that is thin"
        )
    shifts = np.array(list(product(*(np.arange(-n, n + 1) for n in reach)))) @ lattice
    images = (inside[None] + shifts[:, None]).reshape(-1, 3)
    edges = np.arange(_STEP / 2, most, _STEP)  # from above 0: no atom is its own neighbour
    within = KDTree(inside).count_neighbors(
        KDTree(images), edges, weights=(share, np.tile(share, len(shifts)))
    )
    middles = edges[1:] - _STEP / 2
    spread = np.exp(-0.5 * ((distances[:, None] - middles) / width) ** 2)
    spread /= width * math.sqrt(2 * math.pi)
    scale = volume / (4 * np.pi * distances**2 * share.sum() ** 2)
    found: Float[np.ndarray, " distance"] = scale * (spread @ np.diff(within))
    return found


@dataclass(frozen=True, kw_only=True)
class Relaxed:
    """What `relax_structure` found."""

    atoms: Any
    """A copy of the atoms where their energy is least."""
    energy_before: float
    """eV, as of the calculator."""
    energy_after: float
    largest_force: float
    """eV/A, on any atom."""
    converged: bool
    """Whether that is at most what was asked for."""


def relax_structure(
    atoms: Any, calculator: Any = None, *, force: float = 0.05, steps: int = 200
) -> Relaxed:
    """Atoms moved to where their energy is least, in a cell that stays, by SciPy's L-BFGS-B.

    Args:
        atoms: of ASE, or with its methods; they stay as they are.
        calculator: of ASE; by default that of the atoms.
        force: the largest that may be left on an atom, eV/A.
        steps: the most.

    Raises:
        ConfigError: no calculator, or a force or number of steps that is not above zero.
    """
    from scipy.optimize import minimize

    known = getattr(atoms, "calc", None) if calculator is None else calculator
    if known is None:
        raise ConfigError(
            "got no calculator: energies come from one that you name, such as ASE's EMT() for "
            "some metals, or trained potentials: MACE (mace_mp()), CHGNet (CHGNetCalculator())"
        )
    if not (force > 0 and steps > 0):
        raise ConfigError(f"got force={force}, steps={steps}: expected numbers above zero")
    moved = atoms.copy()
    moved.calc = known
    shape = np.shape(moved.get_positions())

    def energy(flat: Float[np.ndarray, " coordinate"]) -> tuple[float, Float[np.ndarray, " n"]]:
        moved.set_positions(flat.reshape(shape))
        return float(moved.get_potential_energy()), -np.ravel(moved.get_forces())

    before, start = float(moved.get_potential_energy()), np.ravel(moved.get_positions())
    found = minimize(
        *(energy, start),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "gtol": force / math.sqrt(3), "ftol": 0.0},
    )
    after, gradient = energy(found.x)
    left = float(np.linalg.norm(gradient.reshape(shape), axis=-1).max())
    return Relaxed(
        atoms=moved,
        energy_before=before,
        energy_after=after,
        largest_force=left,
        converged=left <= force,
    )


def _row(
    amounts: Mapping[str, float],
    volume: float,
    notes: list[str],
    places: _Places | None = None,
    *,
    name: str = "",
    radial: bool = False,
) -> dict[str, Any]:
    """Of a cell with these atoms; a volume of 0 is not known."""
    count = math.fsum(amounts.values())
    row = _EMPTY | {"formula": formula_text(amounts), "name": name}
    if volume > 0:
        if volume < _LEAST_VOLUME * count:
            raise DataError(f"{volume / count:.2g} A^3 for each atom; expected lengths in A")
        mass = math.fsum(MASSES[symbol] * amount for symbol, amount in amounts.items())
        row |= {"density": _DALTON * mass / volume, "volume": volume / count}
    else:
        notes = [*notes, "no cell whose content is known: no density"]
    row |= {"_note": "; ".join(notes), "_error": None}
    if radial and places:
        found = zip(_DISTANCES, radial_distribution(*places), strict=True)
        row |= {f"g({r:.2f} A)": float(g) for r, g in found}
    return row


def _summed(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    amounts: dict[str, float] = {}
    for symbol, amount in pairs:
        known = {"D": "H", "T": "H"}.get(symbol, symbol)
        if known not in MASSES:
            raise DataError(f"no element {symbol!r}: expected symbols such as Fe")
        amounts[known] = amounts.get(known, 0) + amount
    return amounts


def _of_block(block: Any) -> _Contents:
    try:
        crystal = gemmi.make_small_structure_from_block(block)
    except RuntimeError as error:  # an angle that cannot be
        raise DataError(f"no cell: {error}; expected lengths in A and angles in degrees") from error
    cell = crystal.cell
    known = cell.is_crystal() and 0 < cell.volume < _LARGEST
    written = gemmi.cif.as_string(block.find_value("_chemical_formula_sum") or "?")
    if not (crystal.sites and known):
        if not written:
            raise DataError("no atoms in a cell, and no sum formula: expected one of them")
        units = gemmi.cif.as_number(block.find_value("_cell_formula_units_Z") or "?")
        volume = cell.volume / units if known and units > 0 else 0.0
        return parse_formula(written), volume, ["no atoms: composition from the sum formula"], None
    places = np.array([[*site.fract.tolist(), site.occ] for site in crystal.sites])
    if not np.all(abs(places) < _LARGEST):
        raise DataError("an atom has no place: expected numbers in _atom_site_fract_x, _y and _z")
    named = crystal.spacegroup_hm or crystal.spacegroup_hall or crystal.spacegroup_number
    if crystal.spacegroup is None and named and not crystal.symops:
        raise DataError(f"symmetry {named!r} is not known: expected its operations in the file")
    sites = crystal.get_all_unit_cell_sites()
    amounts = _summed((site.element.name, site.occ) for site in sites)
    partial = sorted({site.element.name for site in sites if site.occ < 1})
    notes = [f"partial occupancies of {', '.join(partial)}"] if partial else []
    if not (named or crystal.symops):
        notes.append("no symmetry in the file: P1 is assumed")
    with suppress(DataError):  # a sum formula may be in any form
        if written and standard_formula(written) != formula_text(amounts):
            notes.append(f"the sum formula says {written}")
    positions = np.array([cell.orthogonalize(site.fract).tolist() for site in sites])
    lattice, weights = np.array(cell.orth.mat.tolist()).T, np.array([site.occ for site in sites])
    return amounts, cell.volume, notes, (lattice, positions, weights)


def _of_poscar(lines: list[str]) -> _Contents:
    if len(lines) > 5 and lines[5].split()[:1] and lines[5].split()[0].isdecimal():
        raise DataError("no symbols, as VASP 4 wrote it: expected them on a line before the counts")
    try:
        scale = np.array(lines[1].split()[:3], float)
        lattice = np.array([line.split()[:3] for line in lines[2:5]], float).reshape(3, 3)
        symbols = [re.split("[_/]", word)[0] for word in lines[5].split()]
        counts = [int(word) for word in lines[6].split()]
        start = 7 + lines[7].strip().lower().startswith("s")  # selective dynamics
        atoms = lines[start + 1 : start + 1 + sum(counts)]
        given = np.array([line.split()[:3] for line in atoms], float).reshape(sum(counts), 3)
        pairs = list(zip(symbols, counts, strict=True))
        cartesian = lines[start].strip().lower().startswith(("c", "k"))
    except (IndexError, ValueError) as error:
        raise DataError(f"not readable as a POSCAR ({shown(str(error))}): {_POSCAR}") from error
    numbers = np.concatenate([lattice.ravel(), given.ravel(), scale])
    finite = np.all(abs(numbers) < _LARGEST) and scale.size in (1, 3)
    if not (finite and scale.all() and np.linalg.det(lattice)):
        raise DataError("no cell, or an atom has no place: expected numbers, and vectors in A")
    volume = abs(np.linalg.det(lattice))
    scale = np.cbrt(-scale / volume) if scale[0] < 0 else scale
    lattice = lattice * scale
    positions, volume = given * scale if cartesian else given @ lattice, abs(np.linalg.det(lattice))
    return _summed(pairs), volume, [], (lattice, positions, np.ones(len(positions)))
