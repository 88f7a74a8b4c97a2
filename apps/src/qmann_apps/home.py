"""Home: the job, a sample answer of each domain, and the way to its page."""

import json
from pathlib import Path
from typing import Any

import streamlit as st

from qmann_apps import PAGES
from qmann_apps import _page as page

_HERE = Path(__file__).parent
_SAMPLES = json.loads((_HERE / "samples.json").read_text(encoding="utf-8"))


def welcome() -> None:
    """The first page."""
    st.title("What do you want to know?", anchor=False)
    st.markdown(
        "Each answer comes with its interval, how the model did before, and the past cases most "
        "like it."
    )
    with st.grid(2, min_column_width=320, border=True) as grid:
        for target, (name, (title, text)) in zip(DOMAINS, PAGES.items(), strict=True):
            with grid.cell():
                _domain(target, title, text, _SAMPLES[name])
    st.header("How it is answered", anchor=False)
    st.markdown(
        "By models that join ordinary layers with small, simulated quantum circuits, beside the "
        "same model without the quantum part and the usual methods. Where another one does "
        "better, the page says so first and gives its numbers, too."
    )


def _domain(target: Any, title: str, text: str, sample: dict[str, str]) -> None:
    """What one domain is for, and a sample of it; `samples.py` computes that anew."""
    st.header(title, anchor=False)
    st.markdown(text)
    st.markdown(f"**For example:** {sample['said']}")
    st.vega_lite_chart(spec=json.loads(sample["chart"]), alt=sample["said"])
    st.page_link(target, label=f"Open {title.lower()}", icon=":material/arrow_forward:")


DOMAINS = [
    st.Page(_HERE / f"{name}.py", title=title, url_path=name) for name, (title, _) in PAGES.items()
]
HOME = st.Page(welcome, title="Home", url_path="home", default=True)

st.set_page_config(page_title="QMANN", layout="wide", page_icon=_HERE / "icon.svg")
here = st.navigation([HOME, *DOMAINS], position="hidden")
with st.container(horizontal=True, key="pages"):
    for each in (HOME, *DOMAINS):
        st.page_link(each)
here.run()
page.footer()
