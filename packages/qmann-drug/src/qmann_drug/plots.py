"""Pictures of reports (extra ``plot``)."""

from collections.abc import Hashable
from io import BytesIO
from typing import Any

from matplotlib.image import imread
from pandas import DataFrame

from qmann_core.plots import panels

from .drawings import molecule_png

_SHOWN = 12


def gallery(title: str, table: DataFrame) -> Any:
    """The first molecules that have an answer, each with its value and widest interval."""
    shown = table[table["error"] == ""].head(_SHOWN).to_dict(orient="records")
    names = [f"{row['name'] or row['smiles'][:24]}\n{_caption(row)}" for row in shown]
    figure, axes = panels(title, names, size=(3.4, 2.8), narrowest=6.8)
    for panel, row in zip(axes, shown, strict=True):
        panel.imshow(imread(BytesIO(molecule_png(row["smiles"]))))
        panel.set_axis_off()
    return figure


def _caption(row: dict[Hashable, Any]) -> str:
    if "probability" in row:
        return f"probability {row['probability']:.2f}, {row['domain']} the domain"
    lower = next(str(name) for name in row if str(name).startswith("lo-"))  # the widest
    level = lower.removeprefix("lo-")
    ends = f"{level} %: {row[lower]:.2f} to {row[f'hi-{level}']:.2f}"
    return f"{row['value']:.2f} {row['unit']}\n{ends}, {row['domain']} the domain"
