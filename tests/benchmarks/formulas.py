"""The parser of formulas beside pymatgen's `Composition`.

    uv run --with pymatgen-core python tests/benchmarks/formulas.py --data expt_gap.csv glass.csv

Every distinct formula of the files' column ``formula`` is read by both and their atom fractions
are compared. Then come formulas that pymatgen reads otherwise, or refuses.
"""

import argparse
from pathlib import Path

import pandas as pd
from pymatgen.core import Composition

from qmann_core.errors import DataError
from qmann_materials.formulas import formula_text, parse_formula

CASES = (
    *("CuSO4.5H2O", "CuSO4·5H2O", "CaSO4.0.5H2O", "LiOH.H2O", "2H2O", "Fe₂O₃", "Ｆｅ２Ｏ３"),
    *("NH4+", "SO4^2-", "SO4 2-", "Fe³⁺", "Fe2+", "Al 10 Co 20 Cr 70", "D2O", "NaN"),
    *("NAN", "FE2O3", "TIO2", "Xx2O3", "Fe0O", "Fe-2O", "Fe(III)Cl3", "KCl.2MgCl2", "Fe()2O"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="*", default=[], type=Path)
    tables = [pd.read_csv(file, keep_default_na=False) for file in parser.parse_args().data]
    formulas = dict.fromkeys(text for table in tables for text in table["formula"])
    ours = {text: fractions(parse_formula, text) for text in formulas}
    different = [text for text, found in ours.items() if found != fractions(theirs, text)]
    texts = {formula_text(found) for found in ours.values() if found}
    print(
        f"{len(formulas)} formulas, {len(texts)} compositions, {len(different)} differences, "
        f"{sum(not found and text not in different for text, found in ours.items())} both refuse"
    )
    for text in (*different, *CASES):
        print(" | ".join((text, described(parse_formula, text), described(theirs, text))))


def theirs(text):
    return Composition(text).get_el_amt_dict()


def fractions(read, text):
    try:
        amounts = read(text)
    except ValueError:
        return None
    total = sum(amounts.values())
    return {symbol: round(amount / total, 9) for symbol, amount in amounts.items() if amount}


def described(read, text):
    try:
        return " ".join(f"{symbol}{amount:g}" for symbol, amount in read(text).items())
    except DataError as error:
        return f"refused: {str(error).partition(': ')[2]}"
    except ValueError as error:
        return f"refused: {error}"


if __name__ == "__main__":
    main()
