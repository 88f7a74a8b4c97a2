"""What an electrode can hold at most, by its formula: nothing is learned."""

import math
from collections.abc import Sequence

from pandas import DataFrame, concat

from qmann_core.data import number
from qmann_core.errors import ConfigError
from qmann_core.tasks import Result

from .elements import MASSES, oxidation_states
from .formulas import parse_formula

_FARADAY = 96485.33212  # C/mol
_CHARGES = {"Li": 1, "Na": 1, "K": 1, "Mg": 2, "Zn": 2, "Ca": 2, "Al": 3}
_ANIONS = {"O": -2, "F": -1, "Cl": -1, "Br": -1, "I": -1}
_WITHOUT_OXYGEN = {"S": -2, "Se": -2, "Te": -2, "N": -3, "P": -3}
_FORMERS = {*"HBCNPS", "Si", "Ge", "As", "Se", "Te"}  # of polyanions, which stay as they are
_REACHED = {"Mn": 4, "Fe": 3, "Co": 4, "Ni": 4, "Mo": 6, "Ru": 5, "W": 6}  # in electrodes
_CAPACITY = (
    "Capacity n z F / (3.6 M), F = 96485.33212 C/mol, n ions of charge {z} per formula of mass M: "
    "an upper bound, as neither voltages, rates nor stability are asked"
)
_ELECTRONS = (
    "Electrons: O -2, halogens -1, {ion} +{z}; S, Se, Te -2 and N, P -3 without oxygen, and else "
    "part of polyanions at their highest state; others up to {states}; oxygen is not oxidised"
)
_NOT_STATED = (
    "What electrons allow is stated for formulas that hold {ion} and whose charges balance with "
    "usual anions"
)


def battery_capacity(
    formulas: str | Sequence[str], n: float | str | None = None, working_ion: str = "Li"
) -> Result:
    """Gravimetric capacity of an electrode, n z F / (3.6 M) in mAh/g, and what electrons allow.

    The table has a row for n, one for the ions that electrons allow where charges can be balanced,
    and one for the lesser of both: n, mAh/g of the formula as written and of its other state, with
    n ions taken out or put in, and the masses of both in g/mol.

    Args:
        formulas: one or more, with ions (LiFePO4), or a host that takes them up (C6, Si, FePO4).
        n: ions of one formula that move; by default all that are in it.
        working_ion: Li, Na, K, Mg, Zn, Ca or Al.

    Raises:
        DataError: no formula.
        ConfigError: another ion; n that is not above zero, or more than there are; no n for a
            formula without the ion.
    """
    if working_ion not in _CHARGES:
        raise ConfigError(f"got working_ion={working_ion!r}: expected one of {', '.join(_CHARGES)}")
    names = [formulas] if isinstance(formulas, str) else list(formulas)
    found = [_capacity(name, n, working_ion) for name in names]
    notes = dict.fromkeys(note for _, told in found for note in told)
    return Result(
        title=f"Capacity of {', '.join(names)} for {working_ion}",
        table=concat([table for table, _ in found], ignore_index=True),
        notes=tuple(notes),
    )


def _capacity(
    formula: str, n: float | str | None, working_ion: str
) -> tuple[DataFrame, tuple[str, ...]]:
    amounts = parse_formula(formula)
    there, charge = amounts.get(working_ion, 0.0), _CHARGES[working_ion]
    if n is None and not there:
        raise ConfigError(f"{formula} holds no {working_ion}: expected n, how many it takes up")
    asked = there if n is None else number("n", n)
    if not 0 < asked <= (there or math.inf):
        most = f" and at most the {there:g} in {formula}" if there else ""
        raise ConfigError(f"got n={asked:g}: expected a number above zero{most}")
    rows = {"as asked" if n is not None else "all ions": asked}
    notes = [_CAPACITY.format(z=charge)]
    states = {symbol: _highest(symbol, amounts) for symbol in amounts if symbol != working_ion}
    room = _room(amounts, states, there * charge) / charge
    if math.isfinite(room):
        rows |= {"electrons allow": room, "lesser of both": min(asked, room)}
        highest = ", ".join(f"{s} +{state}" for s, state in states.items() if state > 0)
        notes.append(_ELECTRONS.format(ion=working_ion, z=charge, states=highest))
    else:
        notes.append(_NOT_STATED.format(ion=working_ion))
    mass = math.fsum(MASSES[symbol] * amount for symbol, amount in amounts.items())
    table = DataFrame({"formula": formula, "limit": list(rows), "n": list(rows.values())})
    moved = table["n"].where(table["n"] <= (there or math.inf))  # no more than there are
    masses = mass + (-1 if there else 1) * MASSES[working_ion] * moved
    held = charge * table["n"] * _FARADAY / 3.6
    table["mAh/g"], table["mAh/g, other state"] = held / mass, held / masses
    table["g/mol"], table["g/mol, other state"] = mass, masses
    return table, tuple(notes)


def _highest(symbol: str, amounts: dict[str, float]) -> int:
    """Oxidation state of an anion, or the highest that a cation reaches; 0 of a noble gas."""
    anions = _ANIONS if "O" in amounts else _ANIONS | _WITHOUT_OXYGEN
    reached = _REACHED.get(symbol, max(oxidation_states(symbol), default=0))
    return anions.get(symbol, reached)


def _room(amounts: dict[str, float], states: dict[str, int], ions: float) -> float:
    """Electrons that cations can still give, in one formula; NaN where charges do not balance."""
    room = math.fsum(amounts[symbol] * state for symbol, state in states.items()) + ions
    varied = (s for s in states if s in _REACHED or len(oxidation_states(s)) > 1)
    most = math.fsum(max(states[s], 0) * amounts[s] for s in varied if s not in _FORMERS)
    both = {state > 0 for state in states.values()} == {True, False}  # cations and anions
    return max(room, 0.0) if ions and both and -1e-9 <= room <= most + 1e-9 else math.nan
