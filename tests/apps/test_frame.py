"""The frame: controls from fields of a configuration, and a page without charts of its own."""

import pytest
from streamlit.testing.v1 import AppTest
from tested_pages import ran, table_of

pytestmark = pytest.mark.slow


def controls():
    import streamlit as st

    from qmann_apps._page.inputs import Control, Source, choose_field
    from qmann_drug import DrugConfig
    from qmann_finance import FinanceConfig

    finance, drug, source = FinanceConfig(), DrugConfig(), Source("sp500")
    splits = Control({"random": "Random", "scaffold": "Rings"}, "Test it", "Why")
    tickers = Control(lambda records: records)
    st.session_state["found"] = {
        "horizon": choose_field("a-horizon", finance, Control(), source, None),
        "test_days": choose_field("a-test_days", finance, Control(), source, None),
        "level": choose_field("a-level", finance, Control((50, 80, 95)), source, None),
        "one": choose_field("b-tickers", finance, tickers, source, ("A",)),
        "tickers": choose_field("a-tickers", finance, tickers, source, ("D", "C", "B", "A")),
        "standardise": choose_field("a-standardise", drug, Control(), source, None),
        "split": choose_field("a-split", drug, splits, source, None),
    }


def plain_page():
    from qmann_apps import _page as page
    from qmann_finance import FORECAST

    data = page.Data({"sp500": ("S&P 500", "An index.")}, "CSV", "Prices")
    question = page.Train(label="Price", task=FORECAST, data=data, controls={})
    page.show(
        page.Page(name="finance", lead="?", questions={"forecast": question}, tasks={}, names={})
    )


def test_controls_have_words_bounds_and_defaults_of_the_fields():
    app = AppTest.from_function(controls, default_timeout=120).run()
    assert not app.exception
    days, rows = app.slider(key="a-horizon"), app.number_input(key="a-test_days")
    assert (days.label, days.min, days.max, days.value) == ("Business days ahead", 1, 60, 5)
    assert (rows.min, rows.value) == (50, 1258)
    assert rows.label.startswith("Latest days that the walk-forward evaluation tests on")
    assert app.toggle(key="a-standardise").label == "Strip salts and charges"
    split = app.selectbox(key="a-split")
    assert (split.label, split.help, split.value) == ("Test it", "Why", "scaffold")
    assert app.session_state["found"] == {
        "horizon": 5,
        "test_days": 1258,
        "level": (80, 95),
        "one": ("A",),
        "tickers": ("D", "C", "B"),
        "standardise": True,
        "split": "scaffold",
    }
    assert not [widget for widget in app.multiselect if str(widget.key).startswith("b-")]


def test_a_page_without_charts_of_its_own_shows_the_reports():
    app = AppTest.from_function(plain_page, default_timeout=120).run()
    ran(app)
    assert not app.exception
    assert app.header[0].value.replace("\\", "") == "Forecast of sp500, 5 business days ahead"
    assert table_of(app, "unique_id").columns[0] == "unique_id"
    assert len(app.image) == 1
    assert [button.label for button in app.download_button][-1] == "Trained model (ZIP)"
