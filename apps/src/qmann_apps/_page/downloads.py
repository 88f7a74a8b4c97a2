"""What can be taken away: the report or answer, its table, the trained model."""

import base64
import io
import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st
from pandas import DataFrame

from qmann_core.cli import show
from qmann_core.tasks import Report

from .contents import titled

_STYLE = Path(__file__).with_name("report.css").read_text(encoding="utf-8")


def downloads(result: Any, name: str) -> None:
    """Buttons for a report or an answer; what they hold is made when they are pressed.

    Args:
        result: a task's report, or an answer.
        name: of the files, without a suffix.
    """
    files: dict[str, tuple[str, str, Callable[[], str | bytes]]] = {
        "Report (HTML)": (".html", "text/html", lambda: html(result)),
        "Report (JSON)": (".json", "application/json", lambda: as_json(result)),
        "Table (CSV)": (".csv", "text/csv", lambda: csv(result.to_frame())),
    }
    if isinstance(result, Report):
        files["Backtest (CSV)"] = ("-backtest.csv", "text/csv", lambda: csv(result.backtest))
        files["Trained model (ZIP)"] = ("-model.zip", "application/zip", lambda: model(result))
    st.header("Take it with you", anchor=False)
    with st.container(horizontal=True):
        for title, (suffix, mime, make) in files.items():
            place, icon = f"{name}{suffix}", ":material/download:"
            st.download_button(title, make, place, mime, on_click="ignore", icon=icon)


def html(result: Any) -> str:
    """One page that needs nothing else: headline, picture, notes, tables, verdict, circuit."""
    parts = [f"<p>{escape(text)}</p>" for text in result.notes]
    parts += [_table(title, frame) for title, frame in titled(result)]
    if isinstance(result, Report):
        verdict = f"<p><strong>{escape(result.evaluation.verdict)}</strong></p>"
        drawn = "" if result.circuit is None else escape(result.circuit.draw(110))
        best = f"<p><strong>{escape(result.advice)}</strong></p>" if result.advice else ""
        parts = [
            best,
            _picture(result.title, result.plot()),
            *parts,
            "<h2>Track record</h2>",
            _picture("What was predicted, and what came", result.plot_backtest()),
            verdict,
            drawn and f"<h2>Circuit</h2><pre>{drawn}</pre>",
        ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(result.title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(result.title)}</h1>{''.join(parts)}"
        "<p>Circuits are simulated: no quantum computer is involved.</p></body></html>"
    )


def model(report: Any) -> bytes:
    """The folder of the trained model, which ``predict`` reads, as a zip file."""
    with TemporaryDirectory(prefix="qmann-") as folder:
        report.save(Path(folder) / "model")
        packed = shutil.make_archive(str(Path(folder) / "packed"), "zip", folder, "model")
        return Path(packed).read_bytes()


def as_json(result: Any) -> bytes:
    """A report or an answer as JSON, as the command line writes it."""
    with TemporaryDirectory(prefix="qmann-") as folder:
        place = Path(folder) / "report.json"
        show.write(place, result.to_frame(), result.to_dict())
        return place.read_bytes()


def csv(frame: DataFrame) -> str:
    """A table for spreadsheets, in which no text becomes a formula."""
    text: str = show.harmless(frame).to_csv(index=False)
    return text


def _table(title: str, frame: Any) -> str:
    known = frame.astype(object).where(frame.notna(), "")
    cells = known.to_html(index=False, border=0, float_format="{:,.4g}".format)
    return f'<h2>{escape(title)}</h2><div class="wide">{cells}</div>'


def _picture(said: str, figure: Any) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{escape(said)}" src="data:image/png;base64,{data}">'
