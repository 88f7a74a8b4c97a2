"""The periodic table as a picture of a composition."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from qmann_core.errors import DataError
from qmann_materials import composition_svg
from qmann_materials.drawings import _place
from qmann_materials.elements import MASSES, PROPERTIES, SYMBOLS, element_table

SVG = "{http://www.w3.org/2000/svg}"


def drawn(formula, **options):
    """Symbol -> its fill and ink; then the texts beside."""
    root = ET.fromstring(composition_svg(formula, **options))
    boxes, texts = root.findall(f"{SVG}rect"), root.findall(f"{SVG}text")
    assert len(boxes) == 118
    fills = [box.get("fill") for box in boxes if box.get("fill") != "none"]
    marked = [text for text in texts if text.get("text-anchor")]
    cells = {text.text: (fill, text.get("fill")) for text, fill in zip(marked, fills, strict=True)}
    return cells, [text.text for text in texts if not text.get("text-anchor")]


def test_elements_stand_in_their_group_and_period():
    group, period = (element_table()[:, PROPERTIES.index(name)] for name in ("Column", "Row"))
    for number, symbol in enumerate(SYMBOLS, 1):
        row, column = _place(number)
        if 57 <= number <= 70 or number >= 89:
            assert row == period[number - 1] + 1.3
            continue
        assert (row + 1, column + 1) == (period[number - 1], group[number - 1]), symbol


def test_no_two_elements_share_a_place():
    places = {_place(number) for number in range(1, len(MASSES) + 1)}
    assert len(places) == 118
    assert _place(118) == (6, 17)


def test_only_elements_of_the_formula_are_marked_with_their_fractions():
    cells, said = drawn("Al0.5CoCrFeNi")
    assert sorted(cells) == ["Al", "Co", "Cr", "Fe", "Ni"]
    assert said == ["Co 22.2 %", "Cr 22.2 %", "Fe 22.2 %", "Ni 22.2 %", "Al 11.1 %"]
    assert cells["Co"] == cells["Ni"] != cells["Al"]
    _, many = drawn("AlCoCrFeNiCuTi")
    assert len(many) == 6
    assert many[-1] == "and 2 more"


@pytest.mark.parametrize("dark", [False, True])
def test_the_larger_fraction_is_further_from_the_page_and_can_be_read(dark):
    last = None
    for tenth in range(1, 100, 2):
        fill, ink = drawn(f"Au{tenth}Ag{100 - tenth}", dark=dark)[0]["Au"]
        shade = luminance([int(part) for part in re.findall(r"\d+", fill)])
        written = luminance([int(ink[place : place + 2], 16) for place in (1, 3, 5)])
        high, low = max(shade, written) + 0.05, min(shade, written) + 0.05
        assert high / low >= 4.3  # WCAG asks for 3 of large text
        assert last is None or (shade > last if dark else shade < last)
        last = shade


def luminance(colour):
    """Relative luminance of an sRGB colour (WCAG 2)."""
    part = np.array(colour) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_the_size_is_that_asked_for():
    root = ET.fromstring(composition_svg("Fe2O3", width=150, height=90))
    assert (root.get("width"), root.get("height")) == ("150", "90")


def test_no_formula_no_picture():
    with pytest.raises(DataError, match="Xx"):
        composition_svg("Xx2O3")
