"""What people get: answers in the order asked, with domain, measured values and evidence."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawn_alloys import drawn_alloys
from pandas import DataFrame

from qmann_core.errors import ConfigError, DataError
from qmann_core.tasks import load_fitted
from qmann_materials import TASKS, classify_material, demo_materials, predict
from qmann_materials.compositions import in_common, keys
from qmann_materials.formulas import parse_formula

ASKED = ["Al0.5CoCrFeNi", "Xx2O3", "Al10Co20Cr20Fe20Ni20", "NaCl", "AlCoCrFeNiHe0.01", "TiNbTaZr"]


@pytest.fixture(scope="module")
def report():
    return predict(ASKED, level=(50, 90), cases=3)


def fidelity(a, b):
    amounts = [parse_formula(each) for each in (a, b)]
    x, y = ({s: n / sum(each.values()) for s, n in each.items()} for each in amounts)
    return sum(np.sqrt(x[symbol] * y[symbol]) for symbol in x.keys() & y.keys()) ** 2


def test_every_row_keeps_its_place_with_an_answer_or_the_reason(report):
    table = report.to_frame()
    assert table["row"].tolist() == [1, 2, 3, 4, 5, 6]
    assert table["material"].tolist() == ASKED
    assert table["value"].isna().tolist() == [False, True, False, False, False, False]
    assert table["error"].ne("").tolist() == table["value"].isna().tolist()
    assert "no element 'Xx'" in table["error"][1]
    assert set(table["unit"][table["error"].eq("")]) == {"HV"}
    assert "1 of 6 rows cannot be used: row 2" in " ".join(report.warnings)
    assert report.typical_error.startswith("Typically off by ")


def test_a_composition_has_one_answer_and_its_intervals_are_nested(report):
    table = report.to_frame()
    pd.testing.assert_series_equal(
        table.loc[0].drop(["row", "material"]),
        table.loc[2].drop(["row", "material"]),
        check_names=False,
        rtol=1e-6,
    )
    answered = table[table["error"].eq("")]
    ends = answered[["lo-90", "lo-50", "value", "hi-50", "hi-90"]].to_numpy(float)
    assert np.all(np.diff(ends, axis=1) >= 0)


def test_the_domain_is_near_what_is_known_and_has_no_other_element(report):
    table = report.to_frame().set_index("material")
    known = demo_materials("hardness").measured()["formula"].unique()
    elements = {symbol for formula in known for symbol in parse_formula(formula)}
    for name, row in table[table["error"].eq("")].iterrows():
        nearest = max(fidelity(name, formula) for formula in known)
        assert row["nearest"] == pytest.approx(nearest, abs=1e-3)
        new = set(parse_formula(name)) - elements
        assert set(row["new elements"].split()) == new
        assert row["domain"] == ("inside" if nearest >= 0.5 and not new else "outside")
    assert table["domain"].tolist() == ["inside", "", "inside", "outside", "outside", "inside"]
    wide = predict(["NaCl", "TiNbTaZr", "AlNa0.001"], level=90).table
    assert wide["new elements"].tolist() == ["Na Cl", "", "Na"]


def test_what_was_measured_is_shown_and_measured_values_that_come_do_not_count(report):
    known = demo_materials("hardness").measured()
    expected = known.query("formula == 'NbTaTiZr' and process == 'CAST'")["target"].item()
    asked = DataFrame({"formula": ["TiNbTaZr"] * 2, "process": ["CAST", None], "hardness": [1, 2]})
    table = predict(asked, level=(50, 90)).table
    assert table["measured"].tolist() == pytest.approx([expected] * 2)
    assert report.table["measured"].tolist()[5] == pytest.approx(expected)
    assert table["value"].tolist() == pytest.approx([report.table["value"][5]] * 2, rel=1e-5)


def test_conditions_are_those_given_or_else_those_usual():
    asked = ["TiNbTaZr", "AlCoCrFeNi"]
    for given, word in ((None, "CAST"), ({"process": "WROUGHT"}, "WROUGHT")):
        report = predict(asked, conditions=given)
        assert report.table["process"].tolist() == [word] * 2
        assert f"conditions of rows that do not say: process={word}" in report.notes
    with pytest.raises(ConfigError, match=r"got condition 'pressure': expected some of 'process'"):
        predict(asked, conditions={"pressure": 1})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"property": "band gap"}, ConfigError, "no trained model comes with the package; fit one"),
        ({"property": "colour"}, ConfigError, "got 'colour': expected one of hardness"),
        ({"level": 100}, ConfigError, "level"),
        ({"saved": "nowhere"}, DataError, "nowhere holds no saved model"),
    ],
)
def test_what_cannot_be_answered_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        predict("NaCl", **options)


def test_nothing_but_bad_rows_is_refused():
    with pytest.raises(DataError, match=r"none of 2 rows can be used; the first: formula 'Q'"):
        predict(["Q", ""])


def test_evidence_is_the_nearest_with_the_material_itself_first(gaps):
    asked = DataFrame(
        {"formula": ["Co2Al2", "AlCo", "FeCoAl"], "temperature": [300.0, 25.0, 600.0]}
    )
    found = gaps.predict(asked, cases=4)
    cases = found.evidence
    first = cases.groupby("material", sort=False).first()
    assert first["case"].tolist()[:2] == ["AlCo, 300.0", "AlCo, 25.0"]
    assert first["measured"].tolist()[:2] == pytest.approx([1.2, 1.1])
    assert found.table["measured"].tolist() == pytest.approx([1.2, 1.1, np.nan], nan_ok=True)
    for _, row in cases.iterrows():
        case = row["case"].partition(",")[0]
        assert row["fidelity"] == pytest.approx(fidelity(row["material"], case), abs=1e-6)
        assert set(row["in common"].split()) == set(parse_formula(row["material"])) & set(
            parse_formula(case)
        )
    known = [*drawn_alloys()["formula"], "CoAl", "CoAl"]
    near = np.sort([fidelity("FeCoAl", formula) for formula in known])[::-1][:4]
    shown = cases.loc[cases["material"] == "FeCoAl", "fidelity"]
    np.testing.assert_allclose(shown, near, atol=1e-6)


def test_values_are_saved_and_loaded_and_none_is_below_zero(gaps, tmp_path):
    gaps.save(tmp_path / "model")
    asked = DataFrame({"formula": ["CoAl", "TaNb", "NaN"], "temperature": [25.0, np.nan, 900.0]})
    found = gaps.predict(asked).to_frame()
    again = load_fitted(TASKS["property"], tmp_path / "model").predict(asked).to_frame()
    pd.testing.assert_frame_equal(found, again)
    third = predict(asked, saved=tmp_path / "model", level=50).to_frame()
    pd.testing.assert_series_equal(third["value"], found["value"])
    assert {"lo-50", "hi-50"} < set(third)
    usual = drawn_alloys()["temperature"].mode()[0]
    assert found["temperature"].tolist() == [25, usual, 900]
    assert (found.filter(regex="value|lo-|hi-").to_numpy() >= 0).all()
    assert set(found["unit"]) == {"eV"}
    assert gaps.evaluation.scores["hybrid"]["MAE"] < gaps.evaluation.scores["mean"]["MAE"]


@pytest.mark.parametrize(
    ("name", "words"), [("phases", 3), pytest.param("pairs", 2, marks=pytest.mark.slow)]
)
def test_classes_are_words_with_sets_of_them(name, words, request):
    fitted = request.getfixturevalue(name)
    alloys = drawn_alloys()
    if words == 2:
        alloys = alloys.replace({"phase": {"glass": "several"}})
    classes, counts = np.unique(alloys["phase"], return_counts=True)
    found = fitted.predict(["CoAl", "TaNbFe", "q", "NaN"])
    table = found.table
    assert table["error"].ne("").tolist() == [False, False, True, False]
    answered = table[table["error"].eq("")]
    assert set(answered["class"]) <= set(classes)
    assert answered["probability"].between(0, 1).all()
    share = dict(zip(classes, counts / counts.sum(), strict=True))
    if words == 2:  # the chosen one is above its share, the other below
        assert all(p >= share[c] - 1e-9 for c, p in answered[["class", "probability"]].to_numpy())
    for text in answered["classes 80 %"]:
        named = text.replace(", ", " or ").split(" or ")
        assert set(named) <= {*classes, "none of them", "none", ""}
    own = alloys.set_index("formula")["phase"]
    assert answered["measured"].tolist() == [own["CoAl"], "", ""]
    assert found.evidence["measured"].isin(classes).all()
    assert found.typical_error.startswith("Balanced accuracy ")
    figures = fitted.evaluation.scores
    assert figures["hybrid"]["balanced accuracy"] > 1 / words


def test_classes_are_learned_and_answered_at_once(phases, monkeypatch):
    def fit(name, known, **how):
        assert (name, known, how["target"], how["preset"]) == ("classify", "all", "phase", "fast")
        return phases

    monkeypatch.setattr("qmann_materials.tasks.fit", fit)
    table = classify_material(["CoAl", "q"], "all", target="phase", preset="fast").table
    assert table["class"].ne("").tolist() == [True, False]


@pytest.mark.parametrize("name", ["gaps", "phases"])
def test_pictures_show_the_first_materials(name, request):
    mpl.use("Agg")
    figure = request.getfixturevalue(name).predict(["CoAl", "q", "TaNb"]).plot()
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert [text.partition(":")[0] for text in labels] == ["CoAl", "TaNb"]


def test_keys_are_amplitudes_and_elements_are_named():
    found = keys(["Fe2O3", "Fe", "NaCl"])
    np.testing.assert_allclose(np.square(found).sum(axis=1), 1)
    np.testing.assert_allclose(np.square(found @ found.T)[0], [1, 0.4, 0], atol=1e-12)
    assert in_common(found > 0) == ["O Fe", "Fe", "Na Cl"]
