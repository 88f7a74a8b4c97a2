"""Pictures of reports (extra ``plot``)."""

from collections.abc import Hashable
from io import BytesIO
from typing import Any

from matplotlib.figure import Figure
from matplotlib.image import imread
from pandas import DataFrame

from .drawings import molecule_png

_SHOWN, _COLUMNS = 12, 4


def gallery(title: str, table: DataFrame) -> Figure:
    """The first molecules that have an answer, each with its value and widest interval."""
    shown = table[table["error"] == ""].head(_SHOWN)
    columns = max(1, min(_COLUMNS, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    figure = Figure(figsize=(max(6.0, 2.8 * columns), 0.8 + 2.8 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for panel in panels:
        panel.set_axis_off()
    for panel, row in zip(panels, shown.to_dict(orient="records"), strict=False):
        panel.imshow(imread(BytesIO(molecule_png(row["smiles"]))))
        panel.set_title(
            f"{row['name'] or row['smiles'][:24]}\n{_caption(row)}", fontsize=9, parse_math=False
        )
    figure.suptitle(title, fontsize=11)
    return figure


def _caption(row: dict[Hashable, Any]) -> str:
    if "probability" in row:
        return f"probability {row['probability']:.2f}, {row['domain']} the domain"
    lower = next(str(name) for name in row if str(name).startswith("lo-"))  # the widest
    level = lower.removeprefix("lo-")
    ends = f"{level} %: {row[lower]:.2f} to {row[f'hi-{level}']:.2f}"
    return f"{row['value']:.2f} {row['unit']}\n{ends}, {row['domain']} the domain"
