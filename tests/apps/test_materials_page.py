"""The logic of the page of materials, by Streamlit's AppTest: no browser."""

import numpy as np
import pandas as pd
import pytest
from tested_pages import FILES, opened, ran, said, table_of, uploaded

from qmann_apps import _page as page
from qmann_apps._page.downloads import model
from qmann_materials import demo_materials, predict_property, screen, similar_materials

pytestmark = pytest.mark.slow

ALLOYS = [f"{a}{n}{b}" for a in ("Al", "Ti", "Fe", "Cu") for b in ("Ni", "Zr") for n in range(1, 9)]
SCRIPT = "<script>window.hacked = 1</script>"
ASKED = ("CoCrFeMnNi", "H2O")


def materials(**address):
    return opened("materials", **address)


def typed(*formulas, **address):
    return materials(formula="\n".join(formulas), **address)


def labelled(widgets, label):
    return next(widget for widget in widgets if widget.label == label)


def alloys(values):
    heat = np.tile([20.0, 600.0], len(ALLOYS) // 2)
    table = pd.DataFrame({"formula": ALLOYS, "heat": heat, "measured": values})
    asked = pd.DataFrame({"formula": ["AlNi10", "TiZr10"]})
    return pd.concat([table, asked])


def sizes():
    return alloys([float(sum(map(ord, formula))) for formula in ALLOYS])


def fitted_of(app, question):
    return app.session_state[f"materials-{question}-outcome"].result[0]


def test_examples_are_predicted_as_the_package_does():
    app = materials()
    formulas = app.text_area(key="formula").value.splitlines()
    table = predict_property(formulas).table
    assert [m.value for m in app.metric] == [f"{page.signed(v)} HV" for v in table["value"]]
    for low, high in zip(table["lo-80"], table["hi-80"], strict=True):
        interval = f"Between **{page.signed(low)}** and **{page.signed(high)}** with 80 %"
        assert interval in said(app)
    assert [b.label for b in app.download_button] == FILES


def test_what_is_known_and_what_is_not():
    app = typed("CoCrFeMnNi", "Al0.5CoCrFeNi", "H2O", SCRIPT, "Xx2O3")
    text = said(app)
    for words in ("Among the known", "Like known", "Unlike known"):
        assert f"{words} materials" in text
    assert "**Measured: 160.00** HV" in text
    assert "Row 4 cannot be used" in text
    assert "Row 5 cannot be used" in text
    assert "No known material has anything in common with H2O" in said(
        app.selectbox(key="material-shown").select(2).run()
    )
    shown = [element for kind in (app.markdown, app.caption, app.error) for element in kind]
    assert all(SCRIPT not in str(element.value) for element in shown)


def test_conditions_are_those_chosen_and_stand_in_the_address():
    app = typed(*ASKED)
    app.selectbox(key="materials-hardness-process").select("ANNEAL").run()
    expected = predict_property(list(ASKED), conditions={"process": "ANNEAL"})
    assert [m.value.split()[0] for m in app.metric] == [
        page.signed(v) for v in expected.table["value"]
    ]
    case = expected.evidence["case"][0]
    assert case.endswith(", ANNEAL")
    assert case in said(app)
    again = typed(*ASKED, materials_hardness_process="ANNEAL")
    assert [m.value for m in again.metric] == [m.value for m in app.metric]


def test_conditions_of_a_file_come_before_those_chosen():
    app = materials(material_from="A file")
    content = b"alloy,process\nCoCrFeMnNi,ANNEAL\nCoCrFeMnNi,\n"
    app.file_uploader(key="material-file").upload("m.csv", content).run()
    app.multiselect[0].set_value(["process"])
    app.selectbox(key="materials-hardness-process").select("POWDER").run()
    expected = [
        predict_property(["CoCrFeMnNi"], conditions={"process": word}).table["value"][0]
        for word in ("ANNEAL", "POWDER")
    ]
    assert [m.value for m in app.metric] == [f"{page.signed(value)} HV" for value in expected]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.pdf", b"%PDF-1.7", "unknown format"),
        ("empty.csv", b"", "the file is empty"),
        ("no.csv", b"a,b\n1,2\n", "formula"),
        ("broken.cif", b"data_x\nloop_\n", "not readable as a CIF"),
        ("../../etc/passwd.txt", b"root:x:0\n", "None of the 1 rows holds a material"),
    ],
)
def test_a_file_that_cannot_be_used(name, content, message):
    app = materials(material_from="A file")
    app.file_uploader(key="material-file").upload(name, content).run()
    assert message in said(app)
    assert not app.download_button


def test_candidates_beyond_a_target():
    app = materials(materials_question="Screen")
    formulas = app.text_area(key="formula").value.splitlines()
    expected = screen(formulas, 500).table
    shown = table_of(app, "Chance to exceed")
    assert shown["Material"].tolist() == expected["material"].tolist()
    np.testing.assert_allclose(shown["Chance to exceed"], expected["P(exceeds)"])
    app.toggle(key="materials-below").set_value(True)
    app.number_input(key="materials-hardness-target").set_value(300.0)
    app.slider(key="materials-most").set_value(2).run()
    least = screen(formulas, 300, k=2, below=True).table
    assert table_of(app, "Chance to be below")["Material"].tolist() == least["material"].tolist()
    assert [b.label for b in app.download_button] == FILES[:3]


def test_materials_alike():
    app = typed(*ASKED, "bad", materials_question="Find", materials_k="3")
    expected = similar_materials(list(ASKED), demo_materials("hardness"), 3).table
    shown = table_of(app, "Atoms in common")
    assert shown["Found"].tolist()[:6] == expected["formula"].tolist()
    np.testing.assert_allclose(shown["Likeness"][:6], expected["fidelity"])
    assert expected["formula"][0] in said(app)


def test_a_model_of_ones_own_is_trained_and_asked_again():
    app = uploaded("materials", "Train", sizes(), target="measured")
    assert "measured: 64 measured materials" in said(app)
    app.multiselect[0].set_value(["heat"])
    labelled(app.selectbox, "Test it").select("random").run()
    ran(app)
    assert [m.label for m in app.metric] == ["AlNi10", "TiZr10"]
    fitted = fitted_of(app, "train")
    app.number_input(key="materials-train-heat").set_value(600.0).run()
    hot = fitted.predict(["AlNi10", "TiZr10"], at=("heat=600",))
    values = [page.signed(value) for value in hot.table["value"]]
    assert [m.value.strip() for m in app.metric] == values
    again = typed("TiZr10", materials_question="My model")
    again.file_uploader(key="materials-saved").upload("own.zip", model(hot)).run()
    again.number_input(key="materials-saved-heat").set_value(600.0).run()
    assert [m.value.strip() for m in again.metric] == values[1:]


@pytest.mark.parametrize("words", [("hard", "soft"), ("hard", "soft", "brittle")])
def test_classes_in_words(words):
    given = [words[len(formula) * ord(formula[0]) % len(words)] for formula in ALLOYS]
    app = uploaded("materials", "Classify", alloys(given), target="measured")
    labelled(app.selectbox, "Test it").select("random").run()
    ran(app)
    assert "it named the right class of" in said(app)
    fitted = fitted_of(app, "classes")
    table = fitted.predict(["AlNi10", "TiZr10"]).table
    assert [m.value for m in app.metric] == [
        f"{100 * row['probability']:.0f} % {row['class']}" for _, row in table.iterrows()
    ]
    app.get_by_key("material-rest").set_value("Type or paste").run()
    app.text_area(key="formula").set_value("Al1Ni").run()
    assert f"**Measured: {given[0]}**" in said(app)


def test_questions_can_follow_each_other_with_the_same_materials():
    app = typed(*ASKED)
    for question in ("screen", "similar", "train", "classes", "predict"):
        app.get_by_key("materials-question").set_value(question).run()
        assert not app.exception
    assert [m.label for m in app.metric] == list(ASKED)
