"""The logic of the pages, by Streamlit's AppTest: no browser."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from html import escape
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from tested_pages import FILES, HOME, opened, ran, said, table_of

from qmann_apps import _page as page
from qmann_apps._page import words
from qmann_apps._page.contents import titled
from qmann_apps._page.downloads import as_json, csv, html, model
from qmann_apps._page.uploads import MEGABYTES, read
from qmann_core.errors import DataError
from qmann_core.tasks import load_fitted
from qmann_finance import FORECAST, forecast, load_prices

pytestmark = pytest.mark.slow

SCRIPT = "<script>window.hacked = 1</script>"


def finance(**address):
    return opened("finance", **address)


def with_file(name, content):
    app = finance(finance_data="A file of my own")
    app.file_uploader[0].upload(name, content)
    return app.run()


@pytest.fixture(scope="module")
def report(tmp_path_factory, closes):
    file = tmp_path_factory.mktemp("own") / "prices.csv"
    file.write_bytes(closes("OWN"))
    return forecast(file, preset="fast", progress=False)


def test_home_leads_to_every_page():
    app = AppTest.from_file(str(HOME), default_timeout=60).run()
    assert not app.exception
    assert [link.value for link in app.page_link] == [
        *("Home", "Finance", "Drug discovery", "Health", "Industry", "Materials"),
        "Autonomous systems",
        *("Open finance", "Open drug discovery", "Open health", "Open industry"),
        *("Open materials", "Open autonomous systems"),
    ]
    assert app.title[0].value == "What do you want to know?"


def test_something_is_shown_before_any_training():
    app = finance()
    assert not app.exception
    assert app.header[0].value == "S&P 500: 2,507 on 31 December 2018"
    assert len(app.dataframe[0].value) == 5
    assert not app.download_button


def test_a_run_on_a_file_of_ones_own(closes, report):
    app = with_file("prices.csv", closes("OWN"))
    ran(app)
    assert not app.exception
    end = report.table.iloc[-1]
    date = f"{end['date'].day} {end['date']:%B %Y}"
    assert app.header[0].value == f"OWN: about {page.number(end['mean'])} on {date}"
    assert table_of(app, "Day")["Day"].between("2020-01-01", "2021-12-31").all()
    methods = table_of(app, "Method")
    assert list(methods["Method"][:2]) == ["Hybrid", "Classical twin"]
    assert methods["Error"].tolist() == pytest.approx(
        [score["pinball"] for score in report.evaluation.scores.values()]
    )
    assert "evidence that the hybrid is better or worse than the classical twin" in said(app)
    assert escape(report.circuit.draw(10_000)) in "".join(
        each.proto.body for each in app.get("html")
    )
    assert [button.label for button in app.download_button] == FILES
    assert "run" not in app.query_params  # a link cannot carry the file


def test_the_twin_alone(closes):
    app = with_file("prices.csv", closes("OWN"))
    app.selectbox(key="finance-twin").select("classical").run()
    ran(app)
    assert not app.exception
    assert table_of(app, "Method")["Method"][0] == "Classical twin"
    assert "No circuit has a say in this model." in said(app)


def test_risk_of_a_file_of_ones_own(closes):
    app = with_file("prices.csv", closes("A", "B"))
    app.get_by_key("finance-question").set_value("volatility").run()
    ran(app)
    assert not app.exception
    assert app.header[0].value.startswith("A: a loss of at most ")
    assert [m.label for m in app.metric] == [
        "Volatility",
        "Value at risk 95 %",
        "Value at risk 99 %",
    ]
    app.selectbox(key="finance-volatility-shown").select("B").run()
    assert app.header[0].value.startswith("B: a loss of at most ")


def test_an_address_brings_the_choices_back_and_runs():
    app = finance(
        finance_question="Risk",
        finance_volatility_horizon="3",
        finance_preset="Fast",
        finance_seed="4",
        run="finance-volatility",
    )
    ran(app)
    assert not app.exception
    assert app.slider[0].value == 3
    assert app.header[0].value.startswith("S&P 500: a loss of at most ")
    app.slider[0].set_value(2).run()
    assert "run" not in app.query_params
    assert "choices have changed" in said(app)
    assert app.query_params["finance-question"] == "Risk"


def test_an_address_with_nonsense_is_ignored():
    app = finance(
        finance_question="Weather",
        finance_data="../../etc/passwd",
        finance_forecast_horizon="many",
        finance_forecast_level="1e99",
    )
    assert not app.exception
    assert app.slider[0].value == 5
    assert app.header[0].value.startswith("S&P 500")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.pdf", b"%PDF-1.7", "unknown format"),
        ("empty.csv", b"", "the file is empty"),
        ("broken.parquet", b"not parquet", "cannot be read"),
        ("text.csv", b"date,close\n2020-01-01,high\n2020-01-02,low\n", "is not a number"),
        ("no suffix", b"date,close\n", "unknown format"),
        ("../../etc/passwd.csv", b"date,close\n", "the table is empty"),
    ],
)
def test_a_file_that_cannot_be_used(name, content, message):
    app = with_file(name, content)
    assert not app.exception
    text = app.error[0].value.replace("\\", "")
    assert message in text
    assert Path(name).name in text
    assert "qmann-" not in text  # the temporary place is nobody's concern


def test_too_little_for_a_fit(closes):
    app = with_file("short.csv", closes("OWN", rows=120))
    ran(app)
    assert not app.exception
    assert "120 rows" in app.error[0].value


def test_a_file_that_is_too_large():
    upload = SimpleNamespace(name="big.csv", size=(MEGABYTES + 1) * 1024**2)
    with pytest.raises(DataError, match=r"big\.csv has 51 MB\. Expected at most 50 MB"):
        read(upload, load_prices)


def test_an_uploaded_file_is_gone_after_reading():
    places = []
    upload = SimpleNamespace(name="../odd na\0me.csv.gz", size=3, getbuffer=lambda: b"abc")
    read(upload, places.append)
    assert places[0].name == "upload.csv.gz"
    assert not places[0].parent.exists()


@pytest.mark.parametrize("name", ["TSLA.csv", "^GSPC.csv.gz", "BRK.B (2024)-x.csv", "Ölpreis.csv"])
def test_an_uploaded_file_keeps_its_name(name):
    upload = SimpleNamespace(name=name, size=3, getbuffer=lambda: b"abc")
    assert read(upload, lambda place: place.name) == name


def test_a_series_is_called_after_the_uploaded_file():
    days = pd.bdate_range("2019-01-01", periods=520)
    rows = [f"{day:%Y-%m-%d},{100 + number % 7}" for number, day in enumerate(days)]
    app = with_file("TSLA.csv", "\n".join(["Date,Close", *rows]).encode())
    assert app.header[0].value.startswith("TSLA: ")


def test_text_from_data_is_no_markdown():
    shown = words.plain(f"{SCRIPT} ![x](http://elsewhere/x.png)\n# title :red[x] $x$")
    assert "\\<script\\>" in shown
    assert "\\!\\[x\\]\\(http\\:\\/\\/elsewhere" in shown
    assert "\n" not in shown
    assert len(words.plain("a" * 5000)) < 700


def test_a_verdict_in_plain_words():
    names = {"hybrid": "the hybrid", "classical": "the classical twin", "rw": "random walk"}
    sentence = "By pinball, hybrid is better than rw (p < .001) and hybrid-2; classical is not"
    expected = "By pinball, the hybrid is better than random walk (p < .001) and the hybrid-2; "
    assert words.renamed(sentence, names) == expected + "the classical twin is not"


def test_what_is_downloaded_is_the_report(report, tmp_path):
    values = json.loads(as_json(report))
    assert values["evaluation"]["verdict"] == report.evaluation.verdict
    table = pd.read_csv(StringIO(csv(report.to_frame())))
    assert table["mean"].tolist() == pytest.approx(report.table["mean"].tolist())
    with zipfile.ZipFile(BytesIO(model(report))) as packed:
        packed.extractall(tmp_path)
    again = load_fitted(FORECAST, tmp_path / "model")
    assert again.evaluation.verdict == report.evaluation.verdict


def test_the_page_that_is_downloaded_holds_text_as_text(report):
    history = report.history.rename(columns={"OWN": SCRIPT})
    table = report.table.assign(unique_id=SCRIPT)
    odd = replace(report, title=SCRIPT, table=table, history=history)
    text = html(odd)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 3 + len(odd.table)
    assert "http" not in text  # it needs nothing from elsewhere
    assert text.count("<tr") == sum(1 + len(table) for _, table in titled(odd))
    assert text.count("<img") == 2


def test_the_command_stays_light():
    code = (
        "import sys; from qmann_apps.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print('streamlit' in sys.modules, 'pandas' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines()[-1] == "False False"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["weather"], "invalid choice"), (["--port", "0"], "expected a number from 1 to 65535")],
)
def test_the_command_refuses(arguments, message, capsys):
    from qmann_apps.__main__ import main

    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err
