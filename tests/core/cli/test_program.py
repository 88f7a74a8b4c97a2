"""The program as its user meets it: results on a terminal, in a pipe and in files."""

import csv
import json
import re
import sys

import pandas as pd
import pytest

import qmann_core.tasks
from qmann_core.cli import main
from qmann_core.config import load_config
from qmann_core.tasks import fit
from qmann_finance import similar
from qmann_finance.__main__ import COMMANDS
from qmann_finance.data import load_prices
from qmann_finance.tasks import FORECAST


def without_clock(values):
    evaluation = values.get("evaluation", values)
    return {**values, "evaluation": {**evaluation, "seconds": None}, "seconds": None}


def test_the_answer_in_a_pipe_is_that_of_the_library(prices, small, answer):
    config = load_config(FORECAST.preset("standard"), overrides=small)
    records = load_prices(prices)
    report = fit(FORECAST, records, config).predict(records).to_dict()
    assert without_clock(answer) == without_clock(json.loads(json.dumps(report)))


def test_the_answer_is_stable(run, prices, answer):
    again = json.loads(run("forecast", prices).out)
    assert json.dumps(without_clock(again)) == json.dumps(without_clock(answer))  # keys in order
    assert list(again["evaluation"]["seconds"]) == list(answer["evaluation"]["seconds"])


def test_another_seed_is_another_answer(run, prices, answer):
    other = json.loads(run("forecast", prices, "--seed", 1).out)
    assert other["prediction"] != answer["prediction"]
    assert other["evaluation"]["scores"]["drift"] == answer["evaluation"]["scores"]["drift"]


@pytest.mark.parametrize(
    ("twin", "scores"),
    [
        ("classical", {"classical"}),
        pytest.param("separable", {"separable", "classical"}, marks=pytest.mark.slow),
    ],
)
def test_twins(run, prices, twin, scores):
    values = json.loads(run("forecast", prices, "--twin", twin).out)
    assert values["model"] == twin
    baselines = {"random walk", "drift", "rw + GJR-GARCH-t", "linear ridge"}
    assert set(values["evaluation"]["scores"]) == scores | baselines
    assert values["evaluation"]["comparisons"][0]["reference"] == twin


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "quantum"), "got model=quantum: expected one of hybrid, reservoir, quantum_k"),
        (("--model", "classical"), "got model=classical, which is no family: set twin=classical"),
        (("--twin", "frozen"), "got twin=frozen for fixed circuits: expected classical or separ"),
    ],
)
def test_what_a_network_cannot_be_is_told_in_a_line(run, prices, arguments, message):
    done = run("forecast", prices, *arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"qmann-finance: {message}")
    assert done.err.count("\n") == 1


def test_the_family_is_laid_over_a_file(run, prices, tmp_path):
    (tmp_path / "c.yaml").write_text("classical: {controller: lstm}")
    arguments = ("fit", "forecast", prices, "--config", "c.yaml", "--model", "dense")
    assert run(*arguments, "--output", "model").status == 0
    values = json.loads((tmp_path / "model" / "config.json").read_text())
    assert (values["config"]["classical"]["controller"], values["twin"]) == ("dense", None)


def test_the_best_model_answers(run, prices, answer):
    values = json.loads(run("forecast", prices, "--model", "best").out)
    best = answer["best"]
    assert (values["model"], values["best"], values["advice"]) == (best, best, "")
    assert values["prediction"] == (answer["best_prediction"] or answer["prediction"])


def test_the_other_task(run, prices):
    values = json.loads(run("volatility", prices, "--level", "90").out)
    (row,) = values["prediction"]
    assert 0 < row["sigma %"] < row["VaR 90 %"] <= row["ES 90 %"]
    assert values["evaluation"]["n_test"] == 50


def test_words_of_the_domain_are_settings(run, prices):
    arguments = ("forecast", prices, "--twin", "classical")
    told = json.loads(run(*arguments, "--horizon", 2, "--level", "50,90").out)
    settings = ("--set", "application.horizon=2", "--set", "application.level=[50, 90]")
    same = json.loads(run(*arguments, *settings).out)
    assert without_clock(told) == without_clock(same)
    assert [row["date"] for row in told["prediction"]] == ["2019-01-01", "2019-01-02"]
    assert [c for c in told["prediction"][0] if c[:2] in ("lo", "hi")] == [
        "lo-90",
        "lo-50",
        "hi-50",
        "hi-90",
    ]


def table_of(text):
    """Lines of a rich table as words, without the marks of bold text."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", line).split() for line in text.splitlines()]


def test_a_terminal_gets_tables(run, prices, model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    done = run("predict", model, prices, small=False, terminal=True)
    values = json.loads(run("predict", model, prices, small=False).out)
    assert done.status == 0
    lines = table_of(done.out)
    shown = [line[line.index("sp") :] for line in lines if "sp" in line]
    expected = [*values["best_prediction"], *values["prediction"]]
    prediction, evidence = shown[: len(expected)], shown[len(expected) :]
    assert len(values["prediction"]) == 5
    assert " ".join(done.out.split()).startswith(" ".join(values["advice"].split()))
    assert [line[2] for line in evidence] == [row["date"] for row in values["evidence"]]
    assert len(evidence) == 5
    for line, row in zip(prediction, expected, strict=True):
        assert line[1] == row["date"]
        numbers = [row[c] for c in ("mean", "lo-95", "lo-80", "median", "hi-80", "hi-95")]
        assert line[2:] == [f"{number:.0f}" for number in numbers]
    scores = values["evaluation"]["scores"]
    pinball = next(line for line in lines if line[:1] == ["pinball"])
    assert pinball[1:] == [f"{score['pinball']:.4f}" for score in scores.values()]
    assert values["evaluation"]["verdict"] in " ".join(done.out.split())
    assert "simulated" in done.out
    assert "{" not in done.out


def test_a_terminal_gets_json_where_it_is_wanted(run, prices, model):
    piped = run("predict", model, prices, small=False)
    shown = run("predict", model, prices, "--json", small=False, terminal=True)
    assert shown.out == piped.out


@pytest.mark.slow
def test_progress_is_shown_on_a_terminal_unless_quiet(run, prices, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    settings = (prices, "--twin", "classical")
    assert "forecast: training classical" in run("forecast", *settings, terminal=True).err
    assert run("forecast", *settings, "--quiet", terminal=True).err == ""
    assert run("forecast", *settings).err == ""


def test_output_as_csv_and_json(run, prices, model, tmp_path):
    for suffix in ("csv", "json"):
        done = run("predict", model, prices, "--output", f"out.{suffix}", small=False)
        assert done.status == 0
        (tmp_path / "stdout.json").write_text(done.out)
    values = json.loads((tmp_path / "out.json").read_text())
    assert (tmp_path / "out.json").read_text() == (tmp_path / "stdout.json").read_text()
    rows = pd.read_csv(tmp_path / "out.csv").to_dict(orient="records")
    assert rows == values["prediction"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "out.json", "stdout.json"]


def test_an_older_output_is_replaced(run, prices, model, tmp_path):
    (tmp_path / "out.csv").write_text("older")
    assert run("predict", model, prices, "--output", "out.csv", small=False).status == 0
    assert (tmp_path / "out.csv").read_text().startswith("unique_id,date,mean,lo-95")


def test_a_plot_is_a_picture(run, prices, model, tmp_path):
    assert run("predict", model, prices, "--plot", "fan.png", small=False).status == 0
    data = (tmp_path / "fan.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert data[-8:-4] == b"IEND"
    width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
    assert width >= 800
    assert height >= 400
    assert run("predict", model, prices, "--plot", "fan.svg", small=False).status == 0
    assert "<svg" in (tmp_path / "fan.svg").read_text()


def test_a_plot_without_matplotlib_names_the_extra(run, prices, model, monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, "qmann_finance.plots", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    done = run("predict", model, prices, "--plot", "fan.png", small=False)
    assert done.status == 2
    assert "--plot needs matplotlib" in done.err
    assert "pip install" in done.err
    assert not list(tmp_path.iterdir())


def test_fit_and_predict_are_the_answer(run, prices, model, answer):
    values = json.loads(run("predict", model, prices, small=False).out)
    assert without_clock(values) == without_clock(answer)


def test_predict_goes_on_from_the_data_of_the_fit(run, model, answer):
    values = json.loads(run("predict", model, small=False).out)
    assert values["prediction"] == answer["prediction"]
    assert values["evidence"] == answer["evidence"]
    assert "the data of the fit" in values["title"]


def test_predict_takes_other_levels(run, prices, model):
    values = json.loads(run("predict", model, prices, "--level", "80", small=False).out)
    usual = json.loads(run("predict", model, prices, small=False).out)
    for row, whole in zip(values["prediction"], usual["prediction"], strict=True):
        assert list(row) == ["unique_id", "date", "mean", "lo-80", "median", "hi-80"]
        assert row == {key: whole[key] for key in row}


def test_fit_shows_the_evaluation_and_replaces_an_older_model(run, prices, answer, tmp_path):
    for seed in (0, 1):
        arguments = ("--output", tmp_path / "model", "--seed", seed, "--twin", "classical")
        done = run("fit", "forecast", prices, *arguments)
        assert done.err == f"saved to {tmp_path / 'model'}\n"
        saved = json.loads((tmp_path / "model" / "config.json").read_text())
        assert saved["config"]["seed"] == seed
        assert json.loads(done.out) == saved["evaluation"]
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_evaluate_is_the_comparison_alone(run, prices, answer, tmp_path):
    files = ("--output", "scores.csv", "--backtest", "backtest.csv", "--plot", "backtest.png")
    done = run("evaluate", "forecast", prices, *files)
    values = json.loads(done.out)
    assert (tmp_path / "backtest.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "backtest.csv").open() as file:
        tested = list(csv.DictReader(file))
    assert {row["model"] for row in tested} == values["scores"].keys()
    assert len(tested) == 5 * len(values["scores"]) * values["n_test"]
    assert without_clock(values) == without_clock(answer["evaluation"])
    with (tmp_path / "scores.csv").open() as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    for name, scores in values["scores"].items():
        assert {k: float(rows[name][k]) for k in scores} == pytest.approx(scores)
    assert rows["drift"]["parameters"] == ""


def test_data_shows_what_was_read(run, prices, tmp_path):
    values = json.loads(run("data", prices, "--output", "read.json", small=False).out)
    (row,) = values["series"]
    assert (values["source"], row["unique_id"], row["rows"]) == ("sp.csv", "sp", 700)
    assert (row["first"], row["last"]) == ("2016-03-22", "2018-12-31")
    assert json.loads((tmp_path / "read.json").read_text()) == values


def test_data_without_a_file_is_the_demo(run):
    values = json.loads(run("data", "--demo", "stocks", "--tickers", "msft,AAPL".upper()).out)
    assert [row["unique_id"] for row in values["series"]] == ["MSFT", "AAPL"]


def test_settings_from_file_environment_and_line(run, prices, tmp_path, monkeypatch):
    (tmp_path / "settings.toml").write_text("[hybrid]\nepochs = 3\nbatch_size = 99\npatience = 9")
    monkeypatch.setenv("QMANN_HYBRID__EPOCHS", "2")
    monkeypatch.setenv("QMANN_HYBRID__BATCH_SIZE", "77")
    arguments = ("--config", "settings.toml", "--set", "hybrid.batch_size=66")
    done = run(
        *("fit", "forecast", prices, "--output", "model", *arguments, "--twin", "classical"),
        *("--set", "application.test_days=50"),
        small=False,
    )
    assert done.status == 0, done.err
    hybrid = json.loads((tmp_path / "model" / "config.json").read_text())["config"]["hybrid"]
    assert (hybrid["epochs"], hybrid["batch_size"], hybrid["patience"]) == (2, 66, 9)


TRAINED = ("--model", "lstm", "--checkpoint", "progress")


def test_a_checkpoint_is_resumed(run, prices, tmp_path):
    arguments = ("forecast", prices, *TRAINED)
    first = run(*arguments)
    written = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.safetensors")}
    assert {p.relative_to(tmp_path / "progress").parts[0] for p in written} == {
        "hybrid",
        "classical",
    }
    again = run(*arguments)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.safetensors")} == written
    answers = [without_clock(json.loads(done.out)) for done in (first, again)]
    assert answers[0] == answers[1] == without_clock(json.loads(run(*arguments[:4]).out))


def test_a_checkpoint_of_other_settings_is_refused(run, prices, tmp_path):
    arguments = ("forecast", prices, "--twin", "classical", *TRAINED)
    assert run(*arguments).status == 0
    done = run(*arguments, "--set", "hybrid.batch_size=64")
    assert done.status == 2
    assert "belongs to another training run: hybrid.batch_size is 256 there and 64" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["forcast"], "invalid choice: 'forcast'"),
        (["forecast", "--twin", "quantum"], "invalid choice: 'quantum'"),
        (["fit", "forecast"], "the following arguments are required: --output"),
        (["fit", "weather", "--output", "x"], "invalid choice: 'weather'"),
        (["predict"], "the following arguments are required: MODEL"),
        (["forecast", "--horzon", "5"], "unrecognized arguments: --horzon"),
        (["data", "--plot", "x.png"], "unrecognized arguments: --plot"),
    ],
)
def test_what_cannot_be_parsed_is_refused(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main("qmann-finance", "Prices", COMMANDS, arguments)
    assert message in capsys.readouterr().err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit, match="0"):
        main("qmann-finance", "Prices", COMMANDS, ["--help"])
    text = capsys.readouterr().out
    for verb in ("forecast", "volatility", "fit", "evaluate", "predict", "data"):
        assert re.search(rf"^\s+{verb}\s+\w+", text, re.MULTILINE), verb


def test_an_interrupt_is_one_line_and_says_how_to_go_on(run, prices, monkeypatch):
    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(qmann_core.tasks, "answer", interrupted)
    done = run("forecast", prices)
    assert (done.status, done.out, done.err) == (130, "", "\nqmann-finance: stopped\n")
    done = run("forecast", prices, "--checkpoint", "progress")
    assert done.status == 130
    assert done.err == "\nqmann-finance: stopped; the same command goes on from progress\n"


@pytest.mark.parametrize(
    "settings", [("--horizon", "2"), ("--set", "hybrid.epochs=9"), ("--set", "seed=4")]
)
def test_a_saved_model_predicts_as_it_was_fitted(run, prices, model, settings):
    done = run("predict", model, prices, *settings, small=False)
    assert done.status == 2
    assert "a saved model predicts as it was fitted; only cases, demo, level" in done.err


def test_a_picture_without_matplotlib_is_refused_before_any_work(
    run, prices, tmp_path, monkeypatch
):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    done = run("forecast", prices, "--plot", tmp_path / "a.png")
    assert (done.status, "--plot needs matplotlib" in done.err) == (2, True)


def test_similar_days_are_those_of_the_library(run, prices):
    done = run("similar", prices, "--cases", "3", "--window", "5", small=False)
    assert done.status == 0
    assert json.loads(done.out) == similar(prices, k=3, window=5).to_dict()
    shown = run("similar", prices, "--cases", "3", "--window", "5", small=False, terminal=True)
    assert [line[4] for line in table_of(shown.out) if line and line[0] == "sp"] == [
        row["date"] for row in json.loads(done.out)["table"]
    ]
    assert "simulated" in shown.out


def test_similar_days_of_a_day_that_is_not_there(run, prices):
    done = run("similar", prices, "--date", "1850-01-01", small=False)
    assert (done.status, done.out) == (2, "")
    assert "no window ends on 1850-01-01; expected a date from" in done.err
