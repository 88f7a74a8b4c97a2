"""The logic of the drug page, by Streamlit's AppTest: no browser."""

import gzip
from io import BytesIO, StringIO

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from tested_pages import FILES, HOME, opened, ran, said, table_of

from qmann_apps import _page as page
from qmann_apps._page.downloads import csv
from qmann_apps._page.things import few
from qmann_core.errors import DataError
from qmann_drug import demo_molecules, drug_likeness, load_molecules, predict_property, similar

pytestmark = pytest.mark.slow

SCRIPT, IMAGE = "<script>window.hacked = 1</script>", "![x](http://elsewhere.test/x.png)"
ALCOHOLS = [f"{'C' * n}O" for n in range(1, 41)] + [f"{'C' * n}C(O)C" for n in range(1, 41)]


def drug(**address):
    return opened("drug", **address)


def typed(text, **address):
    return drug(smiles=text, **address)


def uploaded(name, content, key="molecule-file", **address):
    app = drug(**(address or {"molecule_from": "A file"}))
    app.file_uploader(key=key).upload(name, content)
    return app.run()


def training(table):
    content = table if isinstance(table, bytes) else table.to_csv(index=False).encode()
    return uploaded(
        "own.csv", content, "drug-data-file", drug_question="Train", drug_data="A file of my own"
    )


def labelled(widgets, label):
    return next(widget for widget in widgets if widget.label.startswith(label))


def alcohols(target):
    return pd.DataFrame({"smiles": ALCOHOLS, "measured": target})


@pytest.mark.parametrize("name", ["solubility", "hydration", "affinity"])
def test_examples_are_predicted_as_the_package_does(name):
    app = drug()
    app.selectbox(key="drug-predict-model").select(name).run()
    assert not app.exception
    smiles = [line.split()[0] for line in app.text_area(key="smiles").value.splitlines()]
    table = predict_property(smiles, name).table
    assert [m.value.split()[0] for m in app.metric] == [page.signed(v) for v in table["value"]]
    for low, high in zip(table["lo-80"], table["hi-80"], strict=True):
        interval = f"Between **{page.signed(low)}** and **{page.signed(high)}** with 80 %"
        assert interval in said(app)
    assert [b.label for b in app.download_button] == FILES


def test_a_bad_row_keeps_its_place_with_the_reason():
    app = typed("CCO ethanol\nnonsense(( bad one\n[Fe+2] iron\nCCN")
    assert [m.label for m in app.metric] == ["ethanol", "CCN"]
    assert "Row 2 cannot be used" in said(app)
    assert "not readable as SMILES" in said(app)
    assert "Row 3 cannot be used" in said(app)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Nothing to work on yet"),
        (" \n \n", "Nothing to work on yet"),
        ("aspirin", "not readable as SMILES"),
        (f"{SCRIPT} {IMAGE}", "None of the 1 rows holds a molecule"),
        ("[Na+].[Cl-]", "None of the 1 rows"),
    ],
)
def test_nothing_to_work_on(text, message):
    app = typed(text)
    assert message in said(app)
    assert not app.download_button
    assert all(SCRIPT not in str(e.value) and IMAGE not in str(e.value) for e in app.error)


@pytest.mark.parametrize("question", ["Find", "Check"])
def test_nothing_to_look_for(question):
    assert "None of the 1 rows holds a molecule" in said(typed("aspirin", drug_question=question))


def test_the_page_is_one_of_the_app():
    app = AppTest.from_file(str(HOME), default_timeout=60).run()
    app.switch_page("drug.py").run()
    assert not app.exception
    assert app.title[0].value == "Drug discovery"


def test_text_from_names_is_no_markdown():
    app = typed(f"CCO {IMAGE}\nCCC {SCRIPT}")
    shown = [m.label for m in app.metric]
    assert IMAGE not in shown
    assert IMAGE in said(app) or IMAGE in " ".join(shown).replace("\\", "")


def test_many_molecules_have_a_table_to_choose_from():
    app = typed("\n".join([*ALCOHOLS[:30], "bad"]))
    assert "30 of 31 molecules have a value" in said(app)
    table = app.dataframe[0].value
    assert table["Value, log10 mol/L"].tolist()[:30] == pytest.approx(
        predict_property(ALCOHOLS[:30]).table["value"].tolist()
    )
    assert "not readable" in table["Problem"].iloc[30]
    assert len(app.metric) == 1


def test_a_measured_molecule_is_called_so():
    text = said(typed("CCCCO butanol\nC[N+](C)(C)C odd\nCC(=O)Oc1ccccc1C(=O)O aspirin"))
    for words in ("Among the known molecules", "Unlike known molecules", "Like known molecules"):
        assert words in text


def test_errors_of_circuits_move_the_values():
    app = typed("CCO ethanol\nbad\nCCN amine")
    app.slider(key="molecule-noise").set_value(2.0).run()
    table = table_of(app, "With errors")
    noisy = predict_property(["CCO", "CCN"], noise=0.02).table["value"]
    assert table["Molecule"].tolist() == ["ethanol", "amine"]
    assert table["With errors"].tolist() == pytest.approx(noisy.tolist())
    assert table["Change"].tolist() == pytest.approx(
        (noisy - predict_property(["CCO", "CCN"]).table["value"]).tolist(), abs=1e-9
    )


def test_an_address_brings_molecules_property_and_errors_back():
    app = drug(
        drug_predict_model="Free energy of hydration", smiles="CCO ethanol", molecule_noise="1"
    )
    value = predict_property(["CCO"], "hydration").table["value"][0]
    assert app.metric[0].value.startswith(page.signed(value))
    assert "At 1 % the values move" in said(app)
    assert "opens with the same molecules" in said(app)


def test_an_address_with_nonsense_is_ignored():
    app = drug(
        drug_predict_model="half-life",
        drug_question="../..",
        molecule_noise="1e9",
        drug_data="/etc/passwd",
    )
    assert not app.exception
    assert app.metric[0].label == "aspirin"


def test_a_long_list_is_not_part_of_the_address():
    app = drug()
    app.text_area(key="smiles").set_value("\n".join(f"{s} {'n' * 40}" for s in ALCOHOLS)).run()
    app.run()
    assert "smiles" not in app.query_params
    assert "opens without them" in said(app)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.csv", b"id,smiles\nx,CCO\ny,CCN\n"),
        ("m.smi", b"CCO x\nCCN y\n"),
        ("m.smi.gz", gzip.compress(b"CCO x\nCCN y\n", mtime=0)),
    ],
    ids=["csv", "smi", "smi.gz"],
)
def test_a_file_of_molecules(name, content):
    app = uploaded(name, content)
    assert [m.label for m in app.metric] == ["x", "y"]
    assert "opens without them" in said(app)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.pdf", b"%PDF-1.7", "unknown format"),
        ("empty.csv", b"", "the file is empty"),
        ("broken.parquet", b"not parquet", "cannot be read"),
        ("no.csv", b"a,b\n1,2\n", "no column holds smiles"),
        ("broken.sdf", b"hello", "cannot be read"),
        ("../../etc/passwd.smi", b"?? x\n", "None of the 1 rows"),
        (f"{SCRIPT}.pdf", b"x", "unknown format"),
    ],
)
def test_a_file_that_cannot_be_used(name, content, message):
    app = uploaded(name, content)
    assert message in said(app)
    assert "qmann-" not in app.error[0].value
    assert SCRIPT not in app.error[0].value


def test_more_molecules_than_a_page_works_on():
    table = demo_molecules("affinity").table
    records = load_molecules(pd.DataFrame({"smiles": ["C"]}))
    with pytest.raises(DataError, match="at most 10,000"):
        few(type(records)(pd.concat([table] * 10), "x", None))
    assert few(records) is records


def test_a_column_of_smiles_can_be_named():
    app = uploaded("two.csv", b"a,b\nCCO,CCN\nCCC,CCCl\n")
    assert "more than one column" in said(app)
    labelled(app.selectbox, "Column of the structures").select("b").run()
    assert [m.label for m in app.metric] == ["CCN", "CCCl"]


def test_a_model_of_ones_own_predicts_what_is_unknown_and_what_is_typed():
    size = np.array([len(s) for s in ALCOHOLS], dtype=float)
    app = training(alcohols(np.where(np.arange(80) % 20 == 7, np.nan, size)))
    assert "measured: 76 measured molecules" in said(app)
    ran(app)
    assert "that it had not seen, it was" in said(app)
    assert [m.label for m in app.metric] == [page.plain(ALCOHOLS[i]) for i in (7, 27, 47, 67)]
    app.get_by_key("molecule-rest").set_value("Type or paste").run()
    app.text_area(key="smiles").set_value("CCCCCO pentanol").run()
    assert [m.label for m in app.metric] == ["pentanol"]
    assert [b.label for b in app.download_button] == FILES
    assert "run" not in app.query_params


def test_a_model_of_two_classes():
    app = training(alcohols([int("C(O)" in s) for s in ALCOHOLS]))
    labelled(app.selectbox, "Test it").select("random").run()
    ran(app)
    assert "it named the right class of" in said(app)
    assert all("% class 1" in m.value for m in app.metric)
    assert "with 80 % confidence" in said(app)


def test_the_twin_has_no_errors_of_circuits():
    app = training(alcohols([float(len(s)) for s in ALCOHOLS]))
    app.selectbox(key="drug-twin").select("classical").run()
    ran(app)
    assert "No circuit has a say" in said(app)
    assert not [s for s in app.slider if s.key == "noise"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (["high"] * 80, "is not a number"),
        ([np.nan] * 80, "no row has a target"),
        ([1] * 80, "one class"),
        ([1.0, 2.0] + [np.nan] * 78, "got 2"),
    ],
)
def test_nothing_to_learn_from(target, message):
    app = training(alcohols(target))
    labelled(app.selectbox, "Column of the measured values").select("measured").run()
    if not app.error:
        ran(app)
    assert message in said(app).lower()


def test_the_most_similar_molecules():
    app = drug(drug_question="Find", drug_k="3")
    expected = similar("CC(=O)Oc1ccccc1C(=O)O", "approved", 3).table
    found = app.dataframe[0].value
    assert found["Found"].tolist()[:3] == expected["name"].tolist()
    assert found["Tanimoto"].tolist()[:3] == pytest.approx(expected["Tanimoto"].tolist())
    app.selectbox(key="molecule-like").select(2).run()
    assert "CAFFEINE" in said(app)


def test_drug_likeness():
    app = typed("CCO\nbad\nc1ccccc1N=Nc1ccccc1", drug_question="Check")
    expected = drug_likeness(["CCO", "bad", "c1ccccc1N=Nc1ccccc1"]).table
    shown = app.dataframe[0].value
    assert shown["QED"].tolist() == pytest.approx(expected["QED"].tolist(), nan_ok=True)
    assert shown["PAINS"].tolist() == ["none", "", expected["PAINS"][2]]
    assert expected["PAINS"][2]
    assert "not readable" in shown["Problem"][1]


def test_questions_can_follow_each_other_with_the_same_molecules():
    app = typed("CCO ethanol")
    for question in ("similar", "train", "likeness", "predict"):
        app.get_by_key("drug-question").set_value(question).run()
        assert not app.exception
    assert app.metric[0].label == "ethanol"


def test_no_cell_of_a_downloaded_table_becomes_a_formula():
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "harmless", ""]
    frame = pd.DataFrame({"name": evil, "value": [-1.5] * 7})
    again = pd.read_csv(StringIO(csv(frame)), keep_default_na=False)
    assert again["name"].tolist() == ["'" + e for e in evil[:5]] + evil[5:]
    assert again["value"].tolist() == [-1.5] * 7


def test_parquet_and_packed_sdf(tmp_path):
    buffer = BytesIO()
    pd.DataFrame({"smiles": ["CCO"], "name": ["x"]}).to_parquet(buffer)
    assert uploaded("m.parquet", buffer.getvalue()).metric[0].label == "x"
    block = "x\n\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n" + "    0.0000" * 3
    block += " O   0  0\nM  END\n$$$$\n"
    assert uploaded("m.sdf.gz", gzip.compress(block.encode())).metric[0].label == "x"
