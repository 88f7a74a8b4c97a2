"""Home: what there is, and the way to each page."""

from pathlib import Path

import streamlit as st

from qmann_apps import PAGES
from qmann_apps import _page as page

_HERE = Path(__file__).parent


def welcome() -> None:
    """The first page."""
    st.title("Predictions with evidence", anchor=False)
    st.markdown(
        "Models that join ordinary layers with small, simulated quantum circuits. Each answer "
        "comes with its interval, the past cases most like it, and an honest comparison with the "
        "same model without the quantum part. Where that part does not help, the page says so."
    )
    with st.grid(2, min_column_width=320, border=True) as grid:
        for target, (title, text) in zip(DOMAINS, PAGES.values(), strict=True):
            with grid.cell():
                st.header(title, anchor=False)
                st.markdown(text)
                label = f"Open {title.lower()}"
                st.page_link(target, label=label, icon=":material/arrow_forward:")


DOMAINS = [
    st.Page(_HERE / f"{name}.py", title=title, url_path=name) for name, (title, _) in PAGES.items()
]
HOME = st.Page(welcome, title="QMANN", url_path="home", default=True)

st.set_page_config(layout="wide", page_icon=_HERE / "icon.svg")
st.navigation([HOME, *DOMAINS], position="top").run()
page.footer()
