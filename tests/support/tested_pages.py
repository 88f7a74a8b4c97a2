"""Pages by Streamlit's AppTest, without a browser; imported by path, see pyproject."""

import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

import qmann_apps

HOME = Path(qmann_apps.__file__).with_name("home.py")
FILES = [
    *("Report (HTML)", "Report (JSON)", "Table (CSV)", "Backtest (CSV)"),
    "Trained model (ZIP)",
]


def opened(page, **address):
    """A page of the app, with what stands in its address."""
    app = AppTest.from_file(str(HOME.with_name(f"{page}.py")), default_timeout=60)
    for name, value in address.items():
        app.query_params[name.replace("_", "-")] = value
    return app.run()


def uploaded(page, question, table, **columns):
    """A page with a file, a table or what it holds, once its columns are chosen."""
    name = "own.txt" if isinstance(table, str) else "own.csv"
    app = opened(page, **{f"{page}_question": question, f"{page}_data": "A file of my own"})
    content = table.to_csv(index=False) if hasattr(table, "to_csv") else table
    content = content.encode() if isinstance(content, str) else content
    app.file_uploader(key=f"{page}-data-file").upload(name, content)
    app.run()
    for field, value in columns.items():
        of_file = [w for w in (*app.selectbox, *app.number_input) if str(w.key).startswith(field)]
        of_file[0].set_value(value)
    return app.run() if columns else app


def report_of(app, page, question):
    """What a run answered."""
    return app.session_state[f"{page}-{question}-outcome"].result[0]


def ran(app):
    """Press Run, if it is there, and wait for the end."""
    run = [button for button in app.button if str(button.key).endswith("-run")]
    if run:
        run[0].click().run()
    places = [str(b.key).rpartition("-")[0] + "-job" for b in app.button]
    jobs = [app.session_state[place] for place in places if place in app.session_state]
    while not all(job.done for job in jobs):
        time.sleep(0.02)
    return app.run() if jobs else app


def table_of(app, column):
    """The first table that has a column."""
    return next(each.value for each in app.dataframe if column in each.value)


def said(app):
    """All the text on the page."""
    assert not app.exception
    kinds = (app.title, app.header, app.markdown, app.caption, app.error, app.warning, app.info)
    text = " ".join(str(element.value) for kind in kinds for element in kind)
    return text.replace("\\", "")
