"""What can be typed, and which settings it becomes."""

from pathlib import Path

import pytest

from qmann_core.cli import Command, Option
from qmann_core.cli.parser import make_parser
from qmann_core.config import load_config
from qmann_finance.config import FinanceSettings

TICKERS = Option("--tickers", "application.tickers", "series", many=True)
HORIZON = Option("--horizon", "application.horizon", "days ahead")
COMMANDS = (
    Command("first", "the first task", "nowhere:FIRST", (TICKERS, HORIZON)),
    Command("second", "the second task", "nowhere:SECOND", (TICKERS,)),
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
    level = Option("--level", "application.level", "levels", many=True)
    command = Command("first", "the first task", "nowhere:FIRST", (level,))
    parsed = make_parser("program", "A program", [command]).parse_args(["first", "--level=50,99.5"])
    value = vars(parsed)["application.level"]
    config = load_config(FinanceSettings(), overrides=[f"application.level={value}"])
    assert config.application.level == (50.0, 99.5)


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
    assert arguments.seed is None


def test_places_are_paths():
    arguments = parse("first", "in.csv", "--output", "a.csv", "--plot", "b.png", "--config", "c")
    assert (arguments.file, arguments.output) == (Path("in.csv"), Path("a.csv"))
    assert (arguments.plot, arguments.config) == (Path("b.png"), Path("c"))
    assert parse("fit", "first", "--output", "m", "--checkpoint", "p").checkpoint == Path("p")
