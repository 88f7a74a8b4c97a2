"""Compositions drawn as pictures."""

from html import escape

from .elements import MASSES
from .formulas import parse_formula

_STARTS = (1, 3, 11, 19, 37, 55, 87, 119)  # atomic number of the first element of each period
_CELL, _WIDE, _HIGH = 20, 364, 190
_LISTED = 6
_LEGIBLE = 240  # pixels
_PALE, _FULL = (
    {False: (198, 219, 242), True: (52, 88, 132)},
    {False: (8, 64, 129), True: (146, 199, 255)},
)
_INK = {False: ("#00060d", "#ffffff"), True: ("#ffffff", "#00060d")}  # on pale and on full cells
_TURN = {False: 0.62, True: 0.31}  # from which fraction on cells are full
_LINE, _TEXT = {False: "#c3cad3", True: "#4a5361"}, {False: "#31333f", True: "#fafafa"}


def composition_svg(
    formula: str, *, width: int = _WIDE, height: int = _HIGH, dark: bool = False
) -> str:
    """The periodic table as SVG without background, for light or dark pages.

    Elements of the formula are the darker (on dark pages, the brighter) the larger their atomic
    fraction, from more than 0 to 1; in the gap of the table are the fractions in percent, of the
    six largest. Below 240 pixels of width, where nobody could read them, symbols and fractions are
    left out. Lanthanides and actinides stand below, from La and Ac on.

    Args:
        formula: as `parse_formula` reads it.
        width: in pixels, into which the picture is fitted.
        height: likewise.
        dark: whether it is to be seen on a dark page.

    Raises:
        DataError: no formula.
    """
    amounts = parse_formula(formula)
    total = sum(amounts.values())
    shares = {symbol: amount / total for symbol, amount in amounts.items()}
    cells = [
        _cell(number, symbol if width >= _LEGIBLE else "", shares.get(symbol, 0.0), dark)
        for number, symbol in enumerate(MASSES, 1)
    ]
    legend = _legend(shares, dark) if width >= _LEGIBLE else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {_WIDE} {_HIGH}" font-family="sans-serif" role="img">'
        f"<title>{escape(formula)}</title>{''.join(cells)}{legend}</svg>"
    )


def _place(number: int) -> tuple[float, int]:
    """Row and column of an element in the table of 18 columns, both from 0."""
    period = sum(number >= start for start in _STARTS) - 1
    first, end = _STARTS[period], _STARTS[period + 1]
    after, before = number - first, end - 1 - number  # elements of the period on its left and right
    if after < 2 and before:  # H to Ra, without He
        return period, after
    if before < 16:
        return period, 17 - before
    return period + 2.3, after  # f block


def _cell(number: int, symbol: str, share: float, dark: bool) -> str:
    row, column = _place(number)
    x, y = 2 + _CELL * column, 2 + _CELL * row
    box = f'<rect x="{x}" y="{y:g}" width="18" height="18" rx="3" '
    if not share:
        return f'{box}fill="none" stroke="{_LINE[dark]}"/>'
    ends = zip(_PALE[dark], _FULL[dark], strict=True)
    fill = ",".join(f"{low + share * (high - low):.0f}" for low, high in ends)
    ink = _INK[dark][share > _TURN[dark]]
    return (
        f'{box}fill="rgb({fill})"/><text x="{x + 9}" y="{y + 13.5:g}" text-anchor="middle" '
        f'font-size="12" font-weight="bold" fill="{ink}">{symbol}</text>'
    )


def _legend(shares: dict[str, float], dark: bool) -> str:
    """The largest fractions, two in a line, over the transition metals."""
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    said = [f"{symbol} {100 * share:.3g} %" for symbol, share in ranked]
    if len(said) > _LISTED:
        said[_LISTED - 1 :] = [f"and {len(said) - _LISTED + 1} more"]
    return "".join(
        f'<text x="{58 + 94 * (k % 2)}" y="{15 + 21 * (k // 2)}" font-size="15" '
        f'fill="{_TEXT[dark]}">{text}</text>'
        for k, text in enumerate(said)
    )
