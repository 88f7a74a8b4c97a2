import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit.config as st
from browsing import chromium, server, visit  # noqa: F401  (fixtures)
from short_demos import shorten

import qmann_apps

HERE = Path(qmann_apps.__file__).parent


@pytest.fixture(scope="module", autouse=True)
def _as_served():
    """What the configuration says of the server, which AppTest does not read; short demos."""
    st.set_option("runner.postScriptGC", False)
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch.setattr)
        yield


@pytest.fixture(scope="session")
def closes():
    """Makes CSV files of daily closes, long enough for a fit and short enough for a test."""

    def make(*names, start=100.0, seed=0, rows=520):
        steps = 0.01 * np.random.default_rng(seed).standard_normal((rows, len(names)))
        table = pd.DataFrame(start * np.exp(steps.cumsum(axis=0)), columns=list(names))
        table.insert(0, "date", pd.bdate_range("2020-01-01", periods=rows))
        buffer = io.BytesIO()
        table.to_csv(buffer, index=False)
        return buffer.getvalue()

    return make


@pytest.fixture(scope="session")
def screenshots():
    """The folder where pictures of the pages are kept."""
    default = Path(__file__).parent / "screenshots"
    folder = Path(os.environ.get("QMANN_SCREENSHOTS", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
