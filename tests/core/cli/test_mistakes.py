"""Mistakes: one line each, before any work is done, and nothing is overwritten."""

import os
import re
import shutil

import pytest

import qmann_core.tasks


@pytest.fixture
def forbidden(monkeypatch):
    """No work may be done: mistakes on the line are found first."""

    def work(*_args, **_options):
        raise AssertionError("work was done before the mistake was found")

    for name in ("fit", "evaluate", "load_fitted"):
        monkeypatch.setattr(qmann_core.tasks, name, work)


MISTAKES = {
    "preset": (["--preset", "fats"], "got preset 'fats': did you mean fast"),
    "key": (["--set", "hybrid.epocs=5"], r"hybrid\.epocs: no such key\. Did you mean 'epochs'\?"),
    "domain key": (["--set", "application.horizn=5"], "no such key. Did you mean 'horizon'"),
    "no value": (["--set", "hybrid.epochs"], r"expected key=value, as in hybrid\.epochs=5"),
    "value": (["--set", "hybrid.epochs=0"], r"hybrid\.epochs: got 0\. Input should be greater"),
    "broken value": (["--set", "hybrid.epochs=[5"], r"'\[5' is no value in YAML; close brackets"),
    "horizon": (["--horizon", "0"], r"application\.horizon: got 0\. Input should be greater"),
    "long horizon": (["--horizon", "61"], "got 61. Input should be less than or equal to 60"),
    "level": (["--level", "80,x"], r"application\.level\.1: got 'x'\. Input should be a valid"),
    "seed": (["--seed", "x"], "configuration seed: got 'x'. Input should be a valid integer"),
    "ticker": (["--tickers", "ps"], "sp.csv: no series 'ps'. Nearest: 'sp'. Expected one of"),
    "boolean ticker": (["--tickers", "ON,NO"], "sp.csv: no series 'ON'"),
    "octal ticker": (["--tickers", "0700"], "sp.csv: no series '0700'"),
    "odd ticker": (["--tickers", "@ES"], "sp.csv: no series '@ES'"),
    "config": (["--config", "none.yaml"], "none.yaml: no such configuration file; check"),
    "suffix": (["--output", "out.txt"], "out.txt: expected a name that ends in .csv or .json"),
    "picture": (["--plot", "out.gif"], "out.gif: expected a name that ends in .png or .svg or"),
    "folder": (["--output", "none/out.csv"], "the folder none does not exist; create it first"),
}


def assert_one_line(done, message):
    assert (done.status, done.out) == (2, "")
    assert re.fullmatch(rf"qmann-finance: .*{message}.*\n", done.err), done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
@pytest.mark.usefixtures("forbidden")
def test_a_mistake_is_one_line_before_any_work(run, prices, arguments, message, tmp_path):
    assert_one_line(run("forecast", prices, *arguments, small=False), message)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("level", ["0", "100", "80,120", ""])
def test_a_level_outside_is_refused(run, prices, level):
    message = r"got level \(.*\): expected values between 0 and 100, both excluded, such as 80"
    assert_one_line(run("forecast", prices, "--level", level), message)
    message = r"got level \(.*\): expected values between 0 and 100, both excluded, such as 95"
    assert_one_line(run("volatility", prices, "--level", level), message)


@pytest.mark.parametrize(
    ("verb", "file", "message"),
    [
        (("forecast",), "none.csv", "none.csv: no such file. Expected a file ending in .*.csv"),
        (("data",), "none.csv", "none.csv: no such file"),
        (("fit", "forecast", "--output", "model"), "none.csv", "none.csv: no such file"),
        (("evaluate", "volatility"), ".", ".: this is a folder. Expected a file ending in .*.csv"),
        (("data",), "empty.csv", "empty.csv: the file is empty. Expected columns with at least"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(run, verb, file, message, tmp_path):
    (tmp_path / "empty.csv").touch()
    name, *rest = verb
    assert_one_line(run(name, *rest[:1], file, *rest[1:], small=False), message)
    assert not (tmp_path / "model").exists()


def test_too_short_a_history_is_refused(run, prices):
    done = run("forecast", prices, "--set", "application.min_rows=1000")
    assert_one_line(done, r"sp has 700 rows, expected at least 1000; give a longer history or low")


@pytest.mark.parametrize("verb", ["data", "predict"])
def test_the_input_is_never_overwritten(run, prices, verb, model, tmp_path):
    """Neither by its name, nor by a relative one, nor through a link."""
    file = tmp_path / "in.csv"
    shutil.copy(prices, file)
    before = file.read_bytes()
    (tmp_path / "link.csv").symlink_to(file)
    (tmp_path / "sub").mkdir()
    (tmp_path / "folder").symlink_to(tmp_path)
    places = (file, "in.csv", "./sub/../in.csv", "link.csv", "folder/in.csv")
    sources = (file, "link.csv")
    start = (verb, model) if verb == "predict" else (verb,)
    for source in sources:
        for place in places:
            done = run(*start, source, "--output", place, small=False)
            assert_one_line(done, "is the input, which is never overwritten: choose another")
    os.link(file, tmp_path / "hard.csv")
    assert run(*start, file, "--output", "hard.csv", small=False).status == 0
    assert file.read_bytes() == before


def test_a_configuration_file_is_an_input_too(run, prices, tmp_path):
    (tmp_path / "settings.json").write_text("{}")
    done = run("forecast", prices, "--config", "settings.json", "--output", "settings.json")
    assert_one_line(done, "settings.json is the input, which is never overwritten")
    assert (tmp_path / "settings.json").read_text() == "{}"


@pytest.mark.usefixtures("forbidden")
def test_a_model_goes_nowhere_else(run, prices, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "config.json").write_text("{}")
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    done = run("fit", "forecast", prices, "--output", "taken")
    assert_one_line(done, "taken exists and is not just a saved model: choose another place")
    done = run("fit", "forecast", prices, "--output", "new", "--checkpoint", "new/progress")
    assert_one_line(done, "would be in the way of the model .* choose a folder outside of it")
    assert {p.name for p in (tmp_path / "taken").iterdir()} == {"config.json", "notes.txt"}
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_what_is_no_model_is_refused(run, prices, model, tmp_path):
    expected = "holds no saved model: expected a folder that fit wrote"
    for place in ("none", tmp_path, prices):
        assert_one_line(run("predict", place, prices, small=False), expected)
    copy = shutil.copytree(model, tmp_path / "copy")
    description = (copy / "config.json").read_text()
    (copy / "config.json").write_text(description.replace('"forecast"', '"weather"', 1))
    expected = "got a model of the task 'weather': this program knows forecast, volatility"
    assert_one_line(run("predict", copy, prices, small=False), expected)
    (copy / "config.json").write_text(description)
    data = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(data[:-1])
    done = run("predict", copy, prices, small=False)
    assert_one_line(done, r"model\.safetensors: truncated: \d+ of \d+ bytes; delete it")
