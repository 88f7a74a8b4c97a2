"""The sample answers of the home page: ``uv run python -m qmann_apps.samples`` computes them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pandas import DataFrame

import qmann_autonomous as autonomous
import qmann_drug as drug
import qmann_finance as finance
import qmann_health as health
import qmann_industrial as industrial
import qmann_materials as materials
from qmann_apps._page import (
    course,
    date,
    dots,
    number,
    outlook,
    regions,
    remaining,
    signed,
    survival,
    view_of,
)

_MOLECULES = {
    "paracetamol": "CC(=O)Nc1ccc(O)cc1",
    "metformin": "CN(C)C(=N)NC(N)=N",
    "omeprazole": "COc1ccc2[nH]c(S(=O)Cc3ncc(C)c(OC)c3C)nc2c1",
    "atorvastatin": "CC(C)c1c(C(=O)Nc2ccccc2)c(-c2ccccc2)c(-c2ccc(F)cc2)n1CCC(O)CC(O)CC(=O)O",
}
_VESSEL = "366952790"
_ALLOYS = ["Al0.5CoCrFeNi", "AlCoCrCuFeNi", "CoCrFeMnNi", "HfNbTaTiZr"]


def price() -> tuple[str, Any]:
    """The S&P 500 in five days."""
    view = view_of(finance.forecast(progress=False), "sp500")
    end = view.rows.iloc[-1]
    said = (
        f"the S&P 500, which closed at {number(view.past.iloc[-1])} on "
        f"{date(view.past.index[-1])}, is between {number(end['lo-80'])} and "
        f"{number(end['hi-80'])} five business days later, with 80 % probability."
    )
    return said, outlook(view, ["80", "95"], "Price, index points")


def solubility() -> tuple[str, Any]:
    """Four drugs in water."""
    report = drug.predict_property(list(_MOLECULES.values()))
    low, high = (report.table[f"{end}-80"].iloc[0] for end in ("lo", "hi"))
    said = (
        f"the solubility of paracetamol in water is {signed(report.table['value'].iloc[0])} log10 "
        f"mol/L, between {signed(low)} and {signed(high)} with 80 % confidence."
    )
    return said, _dots(report.table.assign(name=list(_MOLECULES)), "log10 mol/L")


def recurrence() -> tuple[str, Any]:
    """A woman with breast cancer whose outcome was held back."""
    report = health.survival_risk(horizon=1825, progress=False)
    row = report.table["row"].iloc[0]
    curve = report.curves[report.curves["row"] == row]
    then = curve[curve["time"] == report.horizon].iloc[0]
    low, high = (100 * then[end] for end in curve.columns[-2:])
    said = (
        f"a woman with breast cancer (GBSG2, row {row}) is alive after five years, without a "
        f"relapse, with a probability of {100 * then['survival']:.0f} %; of 50 like her, {low:.0f} "
        f"to {high:.0f} % were (95 % interval)."
    )
    return said, survival(curve, report.every)


def wear() -> tuple[str, Any]:
    """The simulated machine that is nearest to its end."""
    report = industrial.predict_rul(progress=False)
    own = report.table.sort_values("remaining").iloc[0]
    said = (
        f"a simulated machine lasts {own['remaining']:.0f} more cycles, {own.iloc[-1]} with 90 % "
        "confidence, as its sensors and machines that failed say."
    )
    return said, remaining(report, own["unit"])


def hardness() -> tuple[str, Any]:
    """Alloys of several elements."""
    table = materials.predict_property(_ALLOYS).table
    own = table.iloc[0]
    said = (
        f"the hardness of cast {own['material']} is {own['value']:.0f} HV, between "
        f"{own['lo-80']:.0f} and {own['hi-80']:.0f} HV with 80 % confidence."
    )
    return said, _dots(table.assign(name=_ALLOYS), "HV")


def vessel() -> tuple[str, Any]:
    """A vessel under way in New York harbor."""
    tracks = autonomous.demo_tracks()
    report = autonomous.predict_trajectory(tracks, progress=False)
    own, seen = (each[each["agent"] == _VESSEL] for each in (report.table, tracks.table))
    end = own.iloc[-1]
    _, long, wide, _ = regions(end)[0]
    past = seen.loc[seen["time"] >= seen["time"].max() - end["seconds"], ["x", "y"]].to_numpy()
    said = (
        f"ten minutes after it was last seen, a vessel in New York harbor (MMSI {_VESSEL}) is in "
        f"an ellipse of {long} by {wide}, with 80 % confidence."
    )
    some = tracks.table[["x", "y"]].to_numpy()[::20].round()
    return said, course(past, own, end["seconds"], some)


def _dots(table: DataFrame, unit: str) -> Any:
    """Values with their intervals, the largest first."""
    ends = {f"{end}-{n}": f"{n} % {word}" for n in (80, 95) for end, word in _ENDS}
    rows = table.assign(kind="Predicted").rename(columns=ends)
    rows = rows.sort_values("value", ascending=False)
    shown = DataFrame(rows[["name", "kind", "value", *ends.values()]])
    bars = (("80 % from", "80 % to", 7), ("95 % from", "95 % to", 2))
    return dots(shown, ["Predicted"], unit, bars)


_ENDS = (("lo", "from"), ("hi", "to"))
SAMPLES: dict[str, Callable[[], tuple[str, Any]]] = {
    "finance": price,
    "drug": solubility,
    "health": recurrence,
    "industrial": wear,
    "materials": hardness,
    "autonomous": vessel,
}

if __name__ == "__main__":
    made = {name: make() for name, make in SAMPLES.items()}
    values = {
        name: {"said": said, "chart": chart.to_json()} for name, (said, chart) in made.items()
    }
    text = json.dumps(values, indent=1)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
