"""What a person does with the pages, in a real Chromium."""

import json

import pandas as pd
import pytest
from browsing import (
    DESKTOP,
    PHONE,
    RESULT,
    accessible,
    choose,
    done,
    downloaded,
    go,
    keep,
    opened_up,
    run,
    settle,
)
from playwright.sync_api import expect

from qmann_apps import _page as page
from qmann_apps._page.uploads import MEGABYTES
from qmann_finance import forecast, load_prices

pytestmark = pytest.mark.slow


def upload(tab, name, content):
    choose(tab, "Data", "A file of my own")
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    tab.locator("input[type=file]").set_input_files(file)


def headline(prices, name):
    """What the page says first of a forecast."""
    end = forecast(prices, preset="fast", progress=False).table.query("unique_id == @name").iloc[-1]
    return f"{name}: about {page.number(end['mean'])} on {end['date'].day} {end['date']:%B %Y}"


def test_upload_run_leave_come_back_and_download(visit, closes, screenshots, tmp_path):
    tab = visit()
    own = closes("OWN")
    upload(tab, "prices.csv", own)
    run(tab)
    expect(tab.get_by_role("button", name="Stop")).to_be_visible()
    go(tab, "Drug discovery")
    go(tab, "Finance")  # the run went on, and the file is still chosen
    done(tab)
    (tmp_path / "prices.csv").write_bytes(own)
    prices = load_prices(tmp_path / "prices.csv")
    answer = tab.get_by_role("heading", name=headline(prices, "OWN"))
    expect(answer).to_be_visible()
    expect(tab.get_by_text("prices.csv is still chosen")).to_be_visible()
    settle(tab)
    tab.get_by_role("radio", name="Risk").click()
    expect(tab.get_by_role("heading", name=RESULT)).not_to_be_attached()
    tab.get_by_role("radio", name="Price").click()
    expect(answer).to_be_visible()
    settle(tab)
    tab.get_by_text("Does the quantum part help?").click()
    expect(tab.get_by_text("evidence that the hybrid").first).to_be_visible()
    assert not accessible(tab)
    tab.screenshot(path=screenshots / "finance-quantum-part.png")
    _open_downloads(tab, visit, screenshots, tmp_path)


def _open_downloads(tab, visit, screenshots, folder):
    values = json.loads(downloaded(tab, "Report (JSON)").path().read_text())
    assert values["title"] == "Forecast of prices.csv, 5 business days ahead"
    table = pd.read_csv(downloaded(tab, "Table (CSV)").path())
    assert table["mean"].tolist() == [row["mean"] for row in values["prediction"]]
    backtest = pd.read_csv(downloaded(tab, "Backtest (CSV)").path())
    assert set(backtest["model"]) == set(values["evaluation"]["scores"])
    packed = downloaded(tab, "Trained model").path().read_bytes()
    downloaded(tab, "Report (HTML)").save_as(folder / "report.html")
    reader = visit()
    reader.goto(f"file://{folder}/report.html")
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Forecast of prices.csv")
    for picture in reader.locator("img").all():
        assert picture.evaluate("picture => picture.naturalWidth") > 500
    reader.screenshot(path=screenshots / "report.png", full_page=True)
    _ask_again(tab, packed, table)


def _ask_again(tab, packed, table):
    """The model that was downloaded says the same of its own data."""
    tab.get_by_role("radio", name="My model").click()
    place = tab.get_by_role("region", name="Trained model (ZIP)")
    expect(place).to_be_visible()  # until then the place is that of prices
    settle(tab)
    file = {"name": "own.zip", "mimeType": "application/zip", "buffer": packed}
    place.locator("input[type=file]").set_input_files(file)
    again = tab.get_by_role("heading", name=f"OWN: about {page.number(table['mean'].iloc[-1])}")
    expect(again).to_be_visible()


@pytest.mark.parametrize(
    ("path", "viewport", "scheme"),
    [
        ("/finance?run=finance-forecast", DESKTOP, "light"),
        ("/finance?finance-question=Risk&run=finance-volatility", DESKTOP, "dark"),
        ("/finance?finance-question=Risk&run=finance-volatility", PHONE, "light"),
        ("/finance?run=finance-forecast", PHONE, "dark"),
        ("/finance", DESKTOP, "dark"),
        ("/", DESKTOP, "light"),
        ("/", PHONE, "dark"),
    ],
)
def test_how_it_looks(path, viewport, scheme, visit, screenshots):
    tab = visit(path, viewport=viewport, scheme=scheme)
    width, answered = viewport["width"], "run" in path
    if path == "/":
        expect(tab.get_by_text("Open finance")).to_be_visible()
        expect(tab.get_by_role("heading", level=1)).to_have_text("What do you want to know?")
    elif answered:
        done(tab)
        settle(tab)
        _in_order(tab)
        answer = tab.get_by_role("heading", name="S&P 500")
        if width == PHONE["width"]:
            expect(answer).to_be_in_viewport()
    else:
        expect(tab.get_by_text("Press Run for the answer")).to_be_visible()
    settle(tab)
    opened_up(tab)
    assert not accessible(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    main = tab.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    background = tab.locator(".stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) > 380) == (scheme == "light")
    device = "phone" if width == PHONE["width"] else "desktop"
    topic = "home" if path == "/" else "risk" if "Risk" in path else "price"
    keep(tab, screenshots, f"{topic}{'' if answered else '-before'}-{device}-{scheme}")


@pytest.mark.parametrize(
    ("link", "there"),
    [
        (
            "/health?health-question=Survival&run=health-survival",
            "Research use, not a medical device.",
        ),
        ("/industrial?run=industrial-life", "figures say nothing of real ones."),
    ],
)
@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "dark"), (PHONE, "light")])
def test_how_tables_look(link, there, viewport, scheme, visit, screenshots):
    tab = visit(link, viewport=viewport, scheme=scheme)
    done(tab)
    settle(tab)
    expect(tab.get_by_text(there).first).to_be_visible()
    opened_up(tab)
    assert not accessible(tab)
    main = tab.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    keep(tab, screenshots, f"{link.split('=')[-1]}-{scheme}")


def _in_order(tab):
    """Answer, track record, evidence, files, and what is folded."""
    texts = tab.get_by_test_id("stMain").inner_text()
    parts = ("S&P 500:", "Track record", "Past cases most like", RESULT, "Does the quantum part")
    places = [texts.index(part) for part in parts]
    assert places == sorted(places)


def test_stop(visit, screenshots):
    tab = visit()
    tab.get_by_role("radio", name="Thorough").click()
    run(tab)
    expect(tab.get_by_text("Training the hybrid")).to_be_visible()
    tab.screenshot(path=screenshots / "finance-running.png")
    tab.get_by_role("button", name="Stop").click()
    expect(tab.get_by_text("Stopped before the end.")).to_be_visible()
    expect(tab.get_by_role("button", name="Run", exact=True)).to_be_visible()
    assert not tab.get_by_role("heading", name=RESULT).count()
    assert "run=" not in tab.url


def test_two_sessions_share_nothing(visit, closes, tmp_path):
    files = {"LOW": closes("LOW", start=30.0, seed=1), "HIGH": closes("HIGH", start=9e3, seed=2)}
    tabs = {name: visit() for name in files}
    for name, tab in tabs.items():
        upload(tab, f"{name}.csv", files[name])
    for tab in tabs.values():
        run(tab)
    for name, tab in tabs.items():
        done(tab)
        (tmp_path / f"{name}.csv").write_bytes(files[name])
        expected = headline(load_prices(tmp_path / f"{name}.csv"), name)
        expect(tab.get_by_role("heading", name=expected)).to_be_visible()
        other = next(key for key in files if key != name)
        assert other not in tab.get_by_test_id("stMain").inner_text()


def test_a_script_in_name_and_cells_is_text(visit, closes):
    tab = visit()
    script, picture = "<img src=x onerror=hacked=1>", "![x](http://elsewhere.test/x.png)"
    upload(tab, f"{script}.csv", closes(script, picture))
    run(tab)
    done(tab)
    expect(tab.get_by_role("heading", name=f"{script}: about")).to_be_visible()
    choose(tab, "Show", picture)
    expect(tab.get_by_role("heading", name=f"{picture}: about")).to_be_visible()
    bad = closes("OWN").replace(b"2020-01-02", picture.encode(), 1)
    tab.locator("input[type=file]").set_input_files(
        {"name": f"{script}.csv", "mimeType": "text/csv", "buffer": bad}
    )
    expect(tab.get_by_text("This cannot be used")).to_be_visible()
    expect(tab.get_by_text(f"{script}.csv: ").first).to_be_visible()
    assert tab.evaluate("window.hacked") is None
    assert not tab.get_by_test_id("stMain").locator("img").count()


def test_the_wrong_file_and_one_that_is_too_large(visit, screenshots, tmp_path):
    tab = visit()
    upload(tab, "notes.pdf", b"%PDF-1.7")
    expect(tab.get_by_text("unknown format")).to_be_visible()
    tab.screenshot(path=screenshots / "finance-wrong-file.png")
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate((MEGABYTES + 1) * 1024**2)
    tab.locator("input[type=file]").set_input_files(large)
    expect(tab.get_by_text("File must be 50.0MB or smaller")).to_be_visible()
