"""Formulas: what is in them, and one text for every way to write a composition."""

import math
import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import NoReturn

from qmann_core.errors import DataError
from qmann_core.parsing import shown

from .elements import MASSES, PROPERTIES, SYMBOLS, element_table

_PLAIN = 20  # the largest whole number that formulas are written with
_LONGEST = 400  # characters: no formula of a compound has more
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_ONE_FOR_MANY = str.maketrans(dict.fromkeys("•*∙⋅‧・", "·") | dict.fromkeys("−–—", "-"))
_CHARGE = re.compile(
    r"\s*\^[{(]?\d*[+-]+\d*[})]?$"  # SO4^2-, SO4^{2-}, and what was raised
    r"|\s+\d*[+-]+\d*$"  # SO4 2-
    r"|(?:(?<=\])|(?<=^[A-Z])|(?<=^[A-Z][a-z]))\d?[+-]+$"  # [Fe(CN)6]4-, Fe2+
    r"|(?<=[A-Za-z\])}])\+\d$|(?<!\d\d)[+-]+$",  # Fe+3, NH4+, MnO4-
    re.ASCII,
)
_HYDRATE = re.compile(
    r"([A-Za-z)\]}](?!0\.)\d*)\s*\.\s*(\d+(?:\.\d+)?)?\s*(?=[HDT]2O(?![A-Za-z\d(\[{]))", re.ASCII
)
_TOKEN = re.compile(
    r"\s*(?:(?P<doubt>\((?:I{2,3}|IV|VI{1,3})\)|(?<=[A-Za-z])1·(?=\d))"
    r"|(?P<symbol>(?:T[BCHI]|D[BY])(?![a-z])|[A-Z][a-z]*)|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<dot>·|\.(?!\d))|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<wrong>.))",
    re.ASCII | re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SIGN = "a sign may only end a formula, as its charge; expected SO4^2- for SO42-"
_DOT = "it may be a decimal point or join two formulas; expected 0.5 or ·5"
_EXPECTED = dict.fromkeys("+-", _SIGN) | dict.fromkeys(".1", _DOT)
_EXPECTED |= {"(": "oxidation states are not read; leave them out"}
_END = "the end"
_SHOUTED = re.compile("[A-Z][ADEGJLMQRTXZ]|[ADEGJLMQRTXZ][A-Z]")  # letters that are no elements
_GRID, _MOST, _NOISE = 10**12, 10**5, Fraction(1, 5 * 10**10)
_Tokens = list[tuple[str, str]]


def parse_formula(text: str) -> dict[str, float]:
    """Amounts of the elements as written, in order of first appearance.

    Brackets of any kind, decimals, subscripts, full-width letters, blanks (``Al 10 Co 90``) and a
    number before a formula (``2H2O``) are read; D and T are H. Where a formula may be read in two
    ways, these rules decide:

    - A raised dot (``· • * ∙ ⋅``) joins two formulas, and so does a full stop before anything but a
      digit. A full stop between digits is a decimal point, unless water follows its number and an
      amount other than 0 stands before it: ``CuSO4.5H2O`` and ``CaSO4.0.5H2O`` are hydrates,
      ``Fe1.5O2`` and ``K0.5H2O`` are not. One between a letter or a bracket and digits is
      refused unless water follows (``KCl.2MgCl2``), and so is a raised dot after an amount of 1
      (``Cr1·5Nb``).
    - A charge ends a formula and is dropped. A digit before its sign is part of it after a blank,
      ``^``, ``]`` or where one element is all there is (``Fe2+``), and else an amount (``NH4+``);
      two digits are refused (``SO42-``).
    - Oxidation states such as ``(III)`` are refused, as iodine is ``I``, and so are pairs such as
      ``TI`` that would hold tritium: titanium is ``Ti``.

    Raises:
        DataError: what is no formula, and where it fails.
    """
    if len(text) > _LONGEST:
        _fail(text, f"it has {len(text)} characters; expected a formula of at most {_LONGEST}")
    raised = _RAISED.sub(lambda found: "^" + found[0], text)
    plain = unicodedata.normalize("NFKC", raised).translate(_ONE_FOR_MANY).strip()
    tokens = _tokens(_HYDRATE.sub(r"\1·\2", _CHARGE.sub("", plain)), text)
    amounts = _mixture(tokens, _END, text)
    if not all(0 < amount < math.inf for amount in amounts.values()):
        _fail(text, "an amount is too large or too small for a number; expected plain numbers")
    return amounts


def reduced(amounts: Mapping[str, float]) -> dict[str, float]:
    """The same composition in the smallest whole numbers, or in atom fractions.

    With fractions of all atoms, rounded to 1e-12, whole numbers are found where these are the
    multiples of 1 / N for an N of at most 100,000: Al0.5CoCrFeNi is AlCo2Cr2Fe2Ni2. Others stay
    fractions with the sum 1.

    Raises:
        DataError: no elements, or an amount that is not above zero.
    """
    total = math.fsum(amounts.values())
    shares = [amount / total if 0 < total < math.inf else 0 for amount in amounts.values()]
    parts = {symbol: round(_GRID * share) for symbol, share in zip(amounts, shares, strict=True)}
    if min(parts.values(), default=0) <= 0:
        raise DataError(f"amounts {shown(dict(amounts))}: expected each above 1e-12 of their sum")
    parts[max(sorted(parts), key=lambda symbol: parts[symbol])] += _GRID - sum(parts.values())
    exact = {symbol: Fraction(part, _GRID) for symbol, part in parts.items()}
    near = {symbol: share.limit_denominator(_MOST) for symbol, share in exact.items()}
    whole = math.lcm(*(share.denominator for share in near.values()))
    if whole <= _MOST and all(abs(near[symbol] - exact[symbol]) < _NOISE for symbol in near):
        return {symbol: float(share * whole) for symbol, share in near.items()}
    return {symbol: float(share) for symbol, share in exact.items()}


def formula_text(amounts: Mapping[str, float]) -> str:
    """One text for a composition: `reduced`, by electronegativity, metals alone by the alphabet.

    Such as LiFePO4 and AlCo2Cr2Fe2Ni2; elements without an electronegativity stand last. Where an
    amount is above 20, all are in units of the largest, to four digits, as NbTa0.667Ti0.667Zr0.333:
    compositions that differ by less are one.
    """
    least = reduced(amounts)
    if not _plain(least):
        most = max(least.values())
        rounded = {symbol: float(f"{amount / most:.4g}") for symbol, amount in least.items()}
        least = again if _plain(again := reduced(rounded)) else rounded
    metals = all(_property(symbol, "IsMetal") == 1 for symbol in least)
    order = {symbol: 0 if metals else _property(symbol, "Electronegativity") for symbol in least}
    ordered = sorted(least, key=lambda symbol: (order[symbol], symbol))
    return "".join(symbol + _number(least[symbol]) for symbol in ordered)


def standard_formula(text: str) -> str:
    """`formula_text` of what `parse_formula` reads.

    Raises:
        DataError: no formula, or an element without properties.
    """
    amounts = parse_formula(text)
    if unknown := [symbol for symbol in amounts if symbol not in SYMBOLS]:
        _fail(text, f"no properties are known of {unknown[0]}; expected elements from H to Pu")
    return formula_text(amounts)


def _plain(amounts: Mapping[str, float]) -> bool:
    return 1 <= max(amounts.values()) <= _PLAIN


def _number(amount: float) -> str:
    return "" if amount == 1 else f"{amount:.15f}".rstrip("0").rstrip(".")


@cache
def _property(symbol: str, name: str) -> float:
    """Infinite where it is missing."""
    if symbol not in SYMBOLS:
        return math.inf
    value = element_table()[SYMBOLS.index(symbol), PROPERTIES.index(name)]
    return math.inf if math.isnan(value) else float(value)


def _tokens(plain: str, text: str) -> _Tokens:
    """Kinds and texts of all tokens, the last one first."""
    tokens = []
    for found in _TOKEN.finditer(plain):
        kind = str(found.lastgroup)
        value = {"D": "H", "T": "H"}.get(found[kind], found[kind])
        if kind in ("wrong", "doubt"):
            expected = _EXPECTED.get(value[0], f"expected a formula such as Fe2O3{_meant(plain)}")
            _fail(text, f"at {shown(plain[found.start(kind) :])}: {expected}")
        if kind == "symbol" and value not in MASSES:
            why = f"no element {value!r}; symbols are a capital and a small letter"
            _fail(text, why + _meant(plain))
        tokens.append((kind, value))
    return [("close", _END), *reversed(tokens)]


def _meant(text: str) -> str:
    for guess in (_SHOUTED.sub(lambda pair: pair[0].capitalize(), text), text.title()):
        if guess != text and set(re.findall("[A-Z][a-z]*", guess)) <= MASSES.keys():
            return f"; did you mean {guess}?"
    return ""


def _mixture(tokens: _Tokens, closing: str, text: str) -> dict[str, float]:
    """Amounts up to the closing bracket, of parts between dots, each times the number before it."""
    found: dict[str, float] = {}
    part: dict[str, float] = {}
    factor = _amount(tokens, text)
    while True:
        kind, value = tokens.pop()
        if kind in ("symbol", "open"):
            inner = {value: 1.0} if kind == "symbol" else _mixture(tokens, _CLOSING[value], text)
            _add(part, inner, _amount(tokens, text))
        elif kind == "number":
            _fail(text, f"no element stands before {value}; expected · between two formulas")
        elif kind == "close" and value != closing:
            _fail(text, f"{value} where {closing} belongs; expected brackets in pairs")
        elif not part:
            _fail(text, f"nothing stands before {value}; expected an element")
        else:
            _add(found, part, factor)
            if kind == "close":
                return found
            part, factor = {}, _amount(tokens, text)


def _add(amounts: dict[str, float], more: dict[str, float], times: float) -> None:
    for symbol, amount in more.items():
        amounts[symbol] = amounts.get(symbol, 0) + times * amount


def _amount(tokens: _Tokens, text: str) -> float:
    """The number that comes next; 1 where there is none."""
    if tokens[-1][0] != "number":
        return 1.0
    written = tokens.pop()[1]
    if not 0 < float(written) < math.inf:
        _fail(
            text,
            f"the amount {shown(written)} is no number above zero; leave out what is not there",
        )
    return float(written)


def _fail(text: str, why: str) -> NoReturn:
    raise DataError(f"formula {shown(text)}: {why}")
