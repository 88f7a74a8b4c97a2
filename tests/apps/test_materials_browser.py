"""What a person does with the page of materials, in a real Chromium."""

import browsing
import pandas as pd
import pytest
from playwright.sync_api import expect

from qmann_apps import _page as page
from qmann_materials import predict_property, screen

pytestmark = pytest.mark.slow


def test_type_choose_a_condition_and_open_the_link(visit):
    tab = visit("/materials")
    browsing.done(tab)
    browsing.settle(tab)
    tab.get_by_role("textbox", name="Formulas, one on each line").fill("CoCrFeMnNi\nXx2O3")
    tab.get_by_role("button", name="Predict", exact=True).click()
    browsing.choose(tab, "Process", "ANNEAL")
    value = predict_property(["CoCrFeMnNi"], conditions={"process": "ANNEAL"}).table["value"][0]
    expect(tab.get_by_text(f"{page.signed(value)} HV")).to_be_visible()
    expect(tab.get_by_text("Row 2 cannot be used")).to_be_visible()
    browsing.settle(tab)  # until then the picture of the run before may still be there, too
    picture = tab.get_by_role("img", name="Composition of CoCrFeMnNi")
    assert picture.evaluate("picture => picture.naturalWidth") > 100
    again = visit(tab.url.removeprefix(tab.url.split("/materials")[0]))
    expect(again.get_by_text(f"{page.signed(value)} HV")).to_be_visible()


def test_a_file_of_candidates_is_screened_and_taken_along(visit):
    tab = visit("/materials?materials-question=Screen&materials-most=2")
    browsing.settle(tab)
    tab.get_by_role("radio", name="A file").click()
    frame = pd.DataFrame({"alloy": ["AlCoCrFeNi", "CoCrFeMnNi", "TiNbTaZr", "bad"]})
    content = frame.to_csv(index=False).encode()
    file = {"name": "candidates.csv", "mimeType": "text/csv", "buffer": content}
    tab.locator("input[type=file]").set_input_files(file)
    expect(tab.get_by_text("2 of 3 candidates that promise most above 500")).to_be_visible()
    table = pd.read_csv(browsing.downloaded(tab, "Table (CSV)").path())
    expected = screen(frame["alloy"], 500, k=2).table
    assert table["material"].tolist() == expected["material"].tolist()
    assert table["expected improvement"].tolist() == pytest.approx(
        expected["expected improvement"].tolist()
    )


@pytest.mark.parametrize(
    ("name", "path", "viewport", "scheme"),
    [
        ("predict", "/materials?formula=Al0.5CoCrFeNi%0AH2O", browsing.PHONE, "dark"),
        ("known", "/materials?material-noise=2", browsing.DESKTOP, "light"),
        ("screen", "/materials?materials-question=Screen", browsing.DESKTOP, "light"),
        ("find", "/materials?materials-question=Find", browsing.PHONE, "light"),
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
    browsing.keep(tab, screenshots, f"materials-{name}-{device}-{scheme}")
