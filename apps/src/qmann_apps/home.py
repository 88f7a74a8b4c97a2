"""Home: what there is, and the way to each page."""

from pathlib import Path

import streamlit as st

from qmann_apps import _page as page

_HERE = Path(__file__).parent
_FINANCE = (
    "Prices and volatility of the next days: forecasts with intervals, value at risk, and the past "
    "days most like today. Real index, oil and stock prices, or a file of yours."
)
_DRUG = (
    "Solubility, hydration and affinity of molecules by trained models, or a property of your own; "
    "the measured molecules most like yours; drug-likeness."
)


def welcome() -> None:
    """The first page."""
    st.title("Predictions with evidence", anchor=False)
    st.markdown(
        "Models that join ordinary layers with small, simulated quantum circuits. Each answer "
        "comes with its interval, the past cases most like it, and an honest comparison with the "
        "same model without the quantum part. Where that part does not help, the page says so."
    )
    with st.grid(2, min_column_width=320, border=True) as grid:
        for target, text in ((FINANCE, _FINANCE), (DRUG, _DRUG)):
            with grid.cell():
                st.subheader(target.title, anchor=False)
                st.markdown(text)
                label = f"Open {target.title.lower()}"
                st.page_link(target, label=label, icon=":material/arrow_forward:")


FINANCE = st.Page(_HERE / "finance.py", title="Finance", url_path="finance")
DRUG = st.Page(_HERE / "drug.py", title="Drug discovery", url_path="drug")
HOME = st.Page(welcome, title="QMANN", url_path="home", default=True)

st.set_page_config(layout="wide", page_icon=_HERE / "icon.svg")
st.navigation([HOME, FINANCE, DRUG], position="top").run()
page.footer()
