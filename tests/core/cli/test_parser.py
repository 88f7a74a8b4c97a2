"""What can be typed, and which settings it becomes."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import pytest

from qmann_core.cli import Command, Lookup, Option
from qmann_core.cli.parser import make_parser
from qmann_core.config import ApplicationConfig, QMANNConfig, load_config
from qmann_finance.config import FinanceSettings
from qmann_finance.presets import FORECAST_PRESETS


def command(name, presets, *fields):
    return Command(name, "a task", f"nowhere:{name.upper()}", fields, presets, "nowhere:read")


COMMANDS = (
    command("first", FORECAST_PRESETS, "tickers", "horizon", "level"),
    command("second", FORECAST_PRESETS, "tickers"),
)


def parse(*arguments):
    return make_parser("program", "A program", COMMANDS).parse_args(arguments)


def tickers(text):
    value = vars(parse("first", "--tickers", text))["application.tickers"]
    config = load_config(FinanceSettings(), overrides=[f"application.tickers={value}"])
    return config.application.tickers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AAPL", ("AAPL",)),
        ("AAPL,MSFT", ("AAPL", "MSFT")),
        (" AAPL , MSFT, ", ("AAPL", "MSFT")),
        ("ON,NO,Y,TRUE,NULL,~", ("ON", "NO", "Y", "TRUE", "NULL", "~")),
        ("0700,7203,1e5", ("0700", "7203", "1e5")),
        ("0700.HK,BRK-B,^GSPC,EURUSD=X", ("0700.HK", "BRK-B", "^GSPC", "EURUSD=X")),
        ("@ES,%X,a: b,[x],'q'", ("@ES", "%X", "a: b", "[x]", "'q'")),
        ("Česká,株", ("Česká", "株")),
        ("", ()),
    ],
)
def test_every_ticker_is_text(text, expected):
    assert tickers(text) == expected


def test_many_numbers_are_numbers():
    value = vars(parse("first", "--level=50,99.5"))["application.level"]
    config = load_config(FinanceSettings(), overrides=[f"application.level={value}"])
    assert config.application.level == (50.0, 99.5)


class Kitchen(ApplicationConfig):
    """A configuration with every kind of field."""

    cooking_time: float | None = None
    """Minutes in ``water``, at 100 %."""
    heat: Literal["low", "high"] = "low"
    """UHT or not."""
    spices: tuple[str, ...] | None = None
    """What else is
    in it."""


def test_options_are_fields_of_the_configuration_and_their_docstrings(capsys):
    presets = {"standard": QMANNConfig(application=Kitchen())}
    cook = command("cook", presets, "cooking_time", "heat", "spices")
    own = Option("--guests", "n", "how many")
    lookup = Lookup("shop", "a list", None, "nowhere:shop", ("heat", own))
    parser = make_parser("program", "A program", [cook], [lookup])
    given = parser.parse_args(["cook", "--cooking-time", "3", "--spices", "salt,1e5"])
    assert vars(given)["application.cooking_time"] == "3"
    assert vars(given)["application.spices"] == '["salt", "1e5"]'
    given = parser.parse_args(["shop", "--heat", "high", "--guests", "4"])
    assert (vars(given)["application.heat"], given.n) == ("high", "4")
    with pytest.raises(SystemExit, match="0"):
        parser.parse_args(["cook", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "--cooking-time X minutes in water, at 100 % " in shown
    assert "--heat {low,high} UHT or not; default: low " in shown
    assert "--spices A,B what else is in it " in shown


def test_a_command_takes_its_own_options_and_a_verb_all_of_them():
    assert vars(parse("first", "--horizon", "3"))["application.horizon"] == "3"
    for verb in (("fit", "second", "--output", "x"), ("evaluate", "second"), ("predict", "m")):
        assert vars(parse(*verb, "--horizon", "3"))["application.horizon"] == "3"
    with pytest.raises(SystemExit, match="2"):
        parse("second", "--horizon", "3")


def test_what_is_left_out():
    arguments = parse("first")
    assert (arguments.verb, arguments.task, arguments.file) == ("first", "first", None)
    assert (arguments.preset, arguments.model, arguments.set) == ("standard", "hybrid", [])
    assert (arguments.json, arguments.quiet) == (False, False)
    assert arguments.output is arguments.plot is arguments.config is arguments.checkpoint is None
    assert arguments.seed is arguments.twin is None


def test_places_are_paths():
    arguments = parse("first", "in.csv", "--output", "a.csv", "--plot", "b.png", "--config", "c")
    assert (arguments.file, arguments.output) == (Path("in.csv"), Path("a.csv"))
    assert (arguments.plot, arguments.config) == (Path("b.png"), Path("c"))
    assert parse("fit", "first", "--output", "m", "--checkpoint", "p").checkpoint == Path("p")


def test_defaults_are_said_by_task_where_they_differ(capsys):
    other = {"standard": QMANNConfig(application=Kitchen(heat="high", level=(95, 99.5)))}
    usual = {"standard": QMANNConfig(application=Kitchen())}
    fields = ("heat", "level", "spices")
    commands = [command("cook", usual, *fields), command("fry", other, *fields)]
    parser = make_parser("program", "A program", commands)
    for verb, expected in (
        (["fit"], "default: low (cook), high (fry)|default: 80,95 (cook), 95,99.5 (fry)"),
        (["fry"], "default: high|default: 95,99.5|--top X remembered cases .*default: 5"),
        (["predict"], "default: as fitted"),
    ):
        with pytest.raises(SystemExit, match="0"):
            parser.parse_args([*verb, "--help"])
        shown = " ".join(capsys.readouterr().out.split())
        for each in expected.replace("(", r"\(").replace(")", r"\)").split("|"):
            assert re.search(each, shown), each


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frist"], "invalid choice: 'frist': did you mean first?"),
        (["fit", "secnd", "--output", "x"], "invalid choice: 'secnd': did you mean second?"),
        (["fit", "zzz", "--output", "x"], "invalid choice: 'zzz': expected one of first, second"),
        (["first", "--horizn=3"], "unrecognized arguments: --horizn=3: did you mean --horizon?"),
        (["first", "--twin", "clasical"], "invalid choice: 'clasical': did you mean classical?"),
        (["data", "--zzz"], "unrecognized arguments: --zzz; see program data --help"),
    ],
)
def test_what_is_nearly_right_is_named(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse(*arguments)
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_version_is_that_of_the_program(capsys):
    with pytest.raises(SystemExit, match="0"):
        make_parser("qmann-finance", "A program", COMMANDS).parse_args(["--version"])
    assert capsys.readouterr().out == f"qmann-finance {version('qmann-finance')}\n"
