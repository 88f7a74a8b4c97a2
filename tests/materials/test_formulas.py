"""Formulas: a table of cases, and that a composition has one text however it is written."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmann_core.errors import DataError
from qmann_materials.elements import SYMBOLS
from qmann_materials.formulas import formula_text, parse_formula, reduced, standard_formula

PENTAHYDRATE = {"Cu": 1, "S": 1, "O": 9, "H": 10}
READ = {
    "Fe2O3": {"Fe": 2, "O": 3},
    " Fe 2 O 3 \n": {"Fe": 2, "O": 3},
    "NaN": {"Na": 1, "N": 1},
    "Ca3(PO4)2": {"Ca": 3, "P": 2, "O": 8},
    "{[Fe2(O)3]2}1.5": {"Fe": 6, "O": 9},
    "CH3CH2OH": {"C": 2, "H": 6, "O": 1},
    "D2O": {"H": 2, "O": 1},
    "TD": {"H": 2},
    "2H2O": {"H": 4, "O": 2},
    "1.5H2O": {"H": 3, "O": 1.5},
    "Fe₂O₃": {"Fe": 2, "O": 3},
    "Ｆｅ２Ｏ３": {"Fe": 2, "O": 3},
    "Al 10 Co 20 Cr 70": {"Al": 10, "Co": 20, "Cr": 70},
    "Al0.25 Co1 Fe1 Ni1": {"Al": 0.25, "Co": 1, "Fe": 1, "Ni": 1},
    # a full stop: decimal point or hydrate
    "Al0.5CoCrFeNi": {"Al": 0.5, "Co": 1, "Cr": 1, "Fe": 1, "Ni": 1},
    "Fe1.5O2": {"Fe": 1.5, "O": 2},
    "K0.5H2O": {"K": 0.5, "H": 2, "O": 1},
    "VO2.5H2O2": {"V": 1, "O": 4.5, "H": 2},
    "CuSO4.5H2O": PENTAHYDRATE,
    "CuSO4 . 5 H2O": PENTAHYDRATE,
    **{f"CuSO4{dot}5H2O": PENTAHYDRATE for dot in "·•*∙⋅．"},
    "CaSO4.0.5H2O": {"Ca": 1, "S": 1, "O": 4.5, "H": 1},
    "CaSO4·1.5D2O": {"Ca": 1, "S": 1, "O": 5.5, "H": 3},
    "LiOH.H2O": {"Li": 1, "O": 2, "H": 3},
    "MgCl2.(H2O)6": {"Mg": 1, "Cl": 2, "H": 12, "O": 6},
    "K2SO4.Al2(SO4)3.24H2O": {"K": 2, "S": 4, "O": 40, "Al": 2, "H": 48},
    "(CuSO4·5H2O)2": {"Cu": 2, "S": 2, "O": 18, "H": 20},
    # charges
    **{text: {"Fe": 1} for text in ("Fe2+", "Fe+3", "Fe³⁺", "Fe 2+", "Fe^{3+}", "Fe++")},
    **{text: {"S": 1, "O": 4} for text in ("SO4^2-", "SO4 2-", "SO₄²⁻", "SO4−−")},
    "NH4+": {"N": 1, "H": 4},
    "[Fe(CN)6]4-": {"Fe": 1, "C": 6, "N": 6},
}
REFUSED = {
    "Xx2O3": "no element 'Xx'; symbols are a capital and a small letter$",
    "NAN": "no element 'A'; symbols are .* did you mean NaN",
    "FE2O3": "no element 'E'; .* did you mean Fe2O3",
    "TIO2": "no element 'TI'; .* did you mean TiO2",
    "fe2o3": "at 'fe2o3': expected a formula such as Fe2O3; did you mean Fe2O3",
    "Fe(O": r"the end where \) belongs",
    "FeO)": r"\) where the end belongs",
    "(FeO]": r"] where \) belongs",
    "Fe()O": r"nothing stands before \); expected an element",
    "Fe0O": "the amount '0' is no number above zero",
    "Fe0.00O": "the amount '0.00' is no number above zero",
    "Fe-2O": "at '-2O': a sign may only end a formula",
    "Fe" + "9" * 390: "is no number above zero",
    "(Fe" + "9" * 190 + ")" + "9" * 190: "too large or too small",
    "Fe" * 201: "it has 402 characters; expected a formula of at most 400",
    "": "nothing stands before the end; expected an element",
    " \t": "nothing stands before the end",
    "12": "nothing stands before the end",
    "Fe2O3.": "nothing stands before the end",
    "CuSO4 5H2O": "no element stands before 5; expected · between",
    "SO42-": r"at '-': .* expected SO4\^2- for SO42-",
    "H1–4": "at '-4': a sign may only end",
    "Ti-6": "at '-6': a sign may only end",
    "KCl.2MgCl2": r"at '\.2MgCl2': it may be a decimal point or join two formulas",
    "AlCr1·5NbTiV": "at '1·5NbTiV': it may be a decimal point",
    "Fe1.5H2O": "at '1·5H2O': it may be a decimal point",
    "Ni.5Fe.5O": "at '.5Fe.5O': it may be a decimal point",
    "Fe(III)Cl3": r"at '\(III\)Cl3': oxidation states are not read",
    "²H2O": r"at '\^2H2O': expected a formula",
    "YBa2Cu3O7-x": "at '-x': a sign may only",
    "Fe1e-3": "at 'e-3': expected a formula",
}
ONE_ALLOY = (
    *("Al0.5CoCrFeNi", "AlCo2Cr2Fe2Ni2", "Al10Co20Cr20Fe20Ni20", "(CoCr)2(FeNi)2Al"),
    *("Al0.25 Co0.5 Cr0.5 Fe0.5 Ni0.5", f"Al{1 / 9:.14f}(CoCrFeNi){2 / 9:.14f}"),
)
AMOUNTS = st.dictionaries(
    st.sampled_from(SYMBOLS),
    st.one_of(
        st.integers(1, 500), st.integers(1, 10**6).map(lambda n: n / 1000), st.floats(1e-3, 1e3)
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(("text", "amounts"), READ.items())
def test_formulas_are_read_as_they_are_meant(text, amounts):
    assert parse_formula(text) == amounts
    assert list(parse_formula(text)) == list(amounts)


@pytest.mark.parametrize(("text", "why"), REFUSED.items())
def test_what_is_no_formula_is_refused_with_the_reason(text, why):
    with pytest.raises(DataError, match=why) as refused:
        parse_formula(text)
    assert str(refused.value).startswith("formula '")
    assert len(str(refused.value)) < 300


@given(st.text(max_size=30) | st.text("CFeHNO0125.()[]·+-^ DT", max_size=20))
@settings(max_examples=400)
def test_any_text_is_read_or_refused(text):
    try:
        amounts = parse_formula(text)
    except DataError:
        return
    assert amounts
    assert all(0 < amount < math.inf for amount in amounts.values())
    assert formula_text(parse_formula(formula_text(amounts))) == formula_text(amounts)


def test_one_composition_has_one_text():
    assert {standard_formula(text) for text in ONE_ALLOY} == {"AlCo2Cr2Fe2Ni2"}
    assert reduced({"Fe": 4, "O": 6}) == {"Fe": 2, "O": 3}
    assert reduced({"Ti": 1 / 3, "Ni": 1 / 3, "Cu": 1 / 3}) == {"Ti": 1, "Ni": 1, "Cu": 1}
    assert reduced({"Al": 0.3333333, "Co": 1.6666667}) == {"Al": 0.16666665, "Co": 0.83333335}
    for text in ("Nb0.30002TaTi0.70001", "Nb3Ta10Ti7", "Nb150005Ta500000Ti350001"):
        assert standard_formula(text) == "Nb3Ta10Ti7"
    assert standard_formula("Nb33.33Ta22.22Ti22.22Zr11.11") == "Nb3Ta2Ti2Zr"
    assert standard_formula("Nb100Ta66.7Ti66.7Zr33.3") == "NbTa0.667Ti0.667Zr0.333"
    assert standard_formula("FePO4Li") == "LiFePO4"
    assert standard_formula("TiNbTaZr") == "NbTaTiZr"
    assert formula_text({"He": 1, "O": 2}) == "O2He"


@given(AMOUNTS, st.sampled_from([1, 2, 3, 7, 0.1, 1e-3, 1 / 3]), st.randoms(use_true_random=False))
def test_a_text_is_read_as_what_it_is_made_of(amounts, times, order):
    """To four digits of the largest amount; whole numbers up to 20 as they are."""
    text, least = formula_text(amounts), reduced(amounts)
    assert standard_formula(text) == text
    found, most = parse_formula(text), max(amounts.values())
    plain = 1 <= max(least.values()) <= 20
    assert not plain or found == least
    for symbol, amount in amounts.items():
        near = found[symbol] / max(found.values())
        assert near == pytest.approx(amount / most, rel=1e-9 if plain else 5.01e-4)
    shuffled = order.sample(list(amounts.items()), len(amounts))
    assert formula_text({symbol: times * amount for symbol, amount in shuffled}) == text


@pytest.mark.parametrize("wrong", [0, -1, math.inf, math.nan, 1e-13])
def test_amounts_that_are_none_are_refused(wrong):
    with pytest.raises(DataError, match="expected each above 1e-12 of their sum"):
        reduced({"Fe": wrong, "O": 1})
    with pytest.raises(DataError, match="expected each above"):
        reduced({})


def test_an_element_without_properties_is_read_and_not_predicted():
    assert parse_formula("OgO2") == {"Og": 1, "O": 2}
    with pytest.raises(DataError, match=r"no properties are known of Og; expected .* H to Pu"):
        standard_formula("OgO2")
