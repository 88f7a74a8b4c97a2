"""Files of crystals: halite, as it is and mixed, and silicon."""

import numpy as np

CELL = "".join(f"_cell_length_{axis} 5.6402\n" for axis in "abc") + "".join(
    f"_cell_angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma")
)
SYMMETRY = "_symmetry_space_group_name_H-M 'F m -3 m'\n"
SITES = "loop_\n_atom_site_label\n" + "".join(f"_atom_site_fract_{x}\n" for x in "xyz")
NACL = f"data_halite\n{CELL}{SYMMETRY}{SITES}Na1 0 0 0\nCl1 0.5 0.5 0.5\n"
MIXED = (
    f"data_mixed\n{CELL}{SYMMETRY}{SITES}_atom_site_occupancy\n"
    "Na1 0 0 0 0.9(1)\nK1 0 0 0 0.1\nCl1 0.5 0.5 0.5 1\n"
)
SUM = f"data_sum\n{CELL}_chemical_formula_sum 'Na Cl'\n"
SILICON = """silicon
{scale}
{lattice}
Si
{count}
{kind}
{atoms}
"""
FACES = 2.7153 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
DIAMOND = np.array([[0, 0, 0], [0.25, 0.25, 0.25]])


def lines(rows):
    return "\n".join(" ".join(f"{x:.12f}" for x in row) for row in rows)


def poscar(lattice=FACES, atoms=DIAMOND, scale="1.0", kind="Direct"):
    return SILICON.format(
        scale=scale, lattice=lines(lattice), count=len(atoms), kind=kind, atoms=lines(atoms)
    )
