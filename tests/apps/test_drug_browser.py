"""What a person does with the drug page, in a real Chromium."""

import json
import zipfile
from io import BytesIO

import browsing
import pandas as pd
import pytest
from playwright.sync_api import expect

from qmann_apps import _page as page
from qmann_core.tasks import load_fitted
from qmann_drug import TASKS, predict_property

pytestmark = pytest.mark.slow
SCRIPT, PICTURE = "<img src=x onerror=hacked=1>", "![x](http://elsewhere.test/x.png)"
RESULT = "Take it with you"


def predict(tab, smiles):
    browsing.settle(tab)
    tab.get_by_role("textbox", name="SMILES, one on each line").fill(smiles)
    tab.get_by_role("button", name="Predict", exact=True).click()
    browsing.settle(tab)


def upload(tab, name, content):
    browsing.settle(tab)
    tab.get_by_role("radio", name="A file").click()
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    tab.locator("input[type=file]").set_input_files(file)


def said(value):
    return f"{page.signed(value)} log10 mol/L"


def test_type_predict_read_and_move_the_slider(visit, screenshots):
    tab = visit("/drug")
    browsing.done(tab)
    predict(tab, "CCCCO butanol\nnonsense(( bad")
    value = predict_property(["CCCCO"]).table["value"][0]
    expect(tab.get_by_text(said(value))).to_be_visible()
    expect(tab.get_by_text("Row 2 cannot be used")).to_be_visible()
    picture = tab.get_by_role("img", name="Structure of butanol")
    assert picture.evaluate("picture => picture.naturalWidth") > 100
    tab.get_by_text("Errors of a real quantum computer").click()
    tab.get_by_role("button", name="What is this?").last.click()
    expect(tab.get_by_text("Real quantum computers make mistakes")).to_be_visible()
    tab.screenshot(path=screenshots / "drug-what-is-this.png")
    tab.keyboard.press("Escape")
    tab.get_by_role("slider", name="Chance of an error").press("ArrowRight")
    expect(tab.get_by_text("At 0.5 % the values move by at most")).to_be_visible()
    browsing.settle(tab)
    assert "molecule-noise=0.5" in tab.url
    again = visit(tab.url.removeprefix(tab.url.split("/drug")[0]))
    expect(again.get_by_text(said(value))).to_be_visible()
    again.get_by_text("Errors of a real quantum computer").click()
    expect(again.get_by_text("At 0.5 % the values move by at most")).to_be_visible()


def test_upload_download_and_open(visit, screenshots, tmp_path):
    tab = visit("/drug")
    names = [SCRIPT, "=1+1", PICTURE]
    frame = pd.DataFrame({"smiles": ["CCO", "CCN", "c1ccccc1"], "name": names})
    upload(tab, f"{SCRIPT}.csv", frame.to_csv(index=False).encode())
    expect(tab.get_by_test_id("stMetric").filter(has_text=SCRIPT)).to_be_visible()
    expect(tab.get_by_test_id("stMetric").filter(has_text=PICTURE)).to_be_visible()
    assert tab.evaluate("window.hacked") is None
    table = pd.read_csv(browsing.downloaded(tab, "Table (CSV)").path())
    assert table["name"].tolist() == [SCRIPT, "'=1+1", PICTURE]
    expected = predict_property(["CCO", "CCN", "c1ccccc1"]).table["value"]
    assert table["value"].tolist() == pytest.approx(expected.tolist())
    values = json.loads(browsing.downloaded(tab, "Report (JSON)").path().read_text())
    assert [row["name"] for row in values["prediction"]] == names
    packed = browsing.downloaded(tab, "Trained model").path().read_bytes()
    with zipfile.ZipFile(BytesIO(packed)) as folder:
        folder.extractall(tmp_path)
    saved = load_fitted(TASKS["solubility"], tmp_path / "model")
    assert saved.evaluation.verdict == values["evaluation"]["verdict"]
    browsing.downloaded(tab, "Report (HTML)").save_as(tmp_path / "report.html")
    reader = visit("/drug")
    reader.goto(f"file://{tmp_path}/report.html")
    for picture in reader.locator("img").all():
        assert picture.evaluate("picture => picture.naturalWidth") > 500
    assert reader.evaluate("window.hacked") is None
    reader.screenshot(path=screenshots / "drug-report.png", full_page=True)


def test_the_wrong_file(visit, screenshots):
    tab = visit("/drug")
    upload(tab, f"{SCRIPT}.pdf", b"%PDF-1.7")
    expect(tab.get_by_text("This cannot be used")).to_be_visible()
    expect(tab.get_by_text(f"{SCRIPT}.pdf: unknown format")).to_be_visible()
    assert tab.evaluate("window.hacked") is None
    tab.screenshot(path=screenshots / "drug-wrong-file.png")


def test_two_sessions_share_nothing(visit):
    tabs = {name: visit("/drug") for name in ("mine", "yours")}
    for (name, tab), smiles in zip(tabs.items(), ("CCCCCCCCO", "CCCl"), strict=True):
        predict(tab, f"{smiles} {name}")
    for (name, tab), smiles in zip(tabs.items(), ("CCCCCCCCO", "CCCl"), strict=True):
        value = predict_property([smiles]).table["value"][0]
        metric = tab.get_by_test_id("stMetric")
        expect(metric).to_have_count(1)
        expect(metric).to_contain_text(f"{name}{said(value)}", use_inner_text=False)


def test_train_on_real_data_and_stop(visit, screenshots):
    tab = visit("/drug?drug-question=Train&drug-data=Free+energy+of+hydration&drug-preset=Thorough")
    browsing.run(tab)
    expect(tab.get_by_text("Training the hybrid")).to_be_visible()
    tab.get_by_role("button", name="Stop").click()
    expect(tab.get_by_text("Stopped before the end.")).to_be_visible()
    browsing.settle(tab)
    tab.get_by_role("radio", name="Fast").click()
    browsing.run(tab)
    browsing.done(tab)
    expect(tab.get_by_text("that it had not seen")).to_be_visible()
    browsing.keep(tab, screenshots, "drug-trained")


@pytest.mark.parametrize(
    ("name", "path", "viewport", "scheme"),
    [
        ("predict", "/drug?molecule-noise=2", browsing.DESKTOP, "light"),
        ("affinity", "/drug?drug-predict-model=Affinity+in+one+series", browsing.PHONE, "dark"),
        (
            "many",
            "/drug?smiles=" + "%0A".join("C" * n + "O" for n in range(1, 41)),
            browsing.DESKTOP,
            "dark",
        ),
        ("find", "/drug?drug-question=Find", browsing.PHONE, "light"),
        ("check", "/drug?drug-question=Check", browsing.DESKTOP, "light"),
    ],
)
def test_how_it_looks(name, path, viewport, scheme, visit, screenshots):
    tab = visit(path, viewport=viewport, scheme=scheme)
    browsing.done(tab)
    browsing.settle(tab)
    browsing.opened_up(tab)
    assert not browsing.accessible(tab)
    main = tab.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    question = tab.get_by_role("radiogroup").first
    assert question.evaluate("group => group.scrollWidth <= group.clientWidth")
    device = "phone" if viewport == browsing.PHONE else "desktop"
    browsing.keep(tab, screenshots, f"drug-{name}-{device}-{scheme}")
