"""Bad argument lists of the programs: status 2 and one line, before anything is trained."""

import random

import pytest

import qmann_apps.__main__ as apps
import qmann_core.tasks
from qmann_core.cli import main
from qmann_core.tasks.assessment import Assessment
from qmann_drug.__main__ import COMMANDS as DRUG
from qmann_drug.__main__ import LOOKUPS as DRUG_LOOKUPS
from qmann_drug.__main__ import SHIPPED
from qmann_finance.__main__ import COMMANDS as FINANCE
from qmann_finance.__main__ import LOOKUPS as FINANCE_LOOKUPS

DIGITS, HUGE, OPEN, ODD = "9" * 5000, "1" + "0" * 30, "[" * 40, "\udcff"
_NO_NUMBERS = ("", "x", "nan", "inf", "-1", "1.5", "true", DIGITS, OPEN, ODD, "null", "[1]", "{}")


def option(flag, *values):
    """Each value in both ways of writing; argparse itself refuses a lone flag."""
    return [[flag], *([flag, v] for v in values if not v.startswith("-"))] + [
        [f"{flag}={value}"] for value in values
    ]


SHOWING = [
    ["--nonsense"],
    ["--nonsense=1"],
    ["--json=1"],
    ["--quiet", "--nonsense", "x"],
    *option("--output", "", "none/x.csv", "folder.csv", "x.txt", "a" * 5000 + ".csv", "x", ODD),
    ["--output=a.csv", "--output=b.csv"],
]
SETTING = option(
    "--set",
    *("", "=", "x", "hybrid", "hybrid.epochs", "hybrid.epochs=", "hybrid.epochs=-1", "a.b=1"),
    *("hybrid.epochs=true", "hybrid=5", OPEN, "hybrid.epochs={a: *x}", "[]=1", f"{ODD}=1", "=5"),
    *(f"hybrid.epochs={ODD}", "seed=&a [*a]", "seed=[[[[", "hybrid.epochs.x=1", "application=5"),
    *("log_level=loud", "application.horizn=5", f"hybrid.epochs={DIGITS}", f"seed={DIGITS}"),
    *("hybrid.threads=100000", f"hybrid.batch_size={HUGE}", "hybrid.epochs=!!timestamp x"),
    *(f"hybrid.epochs={'[' * 4000}", "seed=&a [*a, *a]"),
)
TRAINING = [
    *SETTING,
    *option("--seed", *_NO_NUMBERS),
    ["--seed=1", "--seed=1"],
    *option("--preset", "", "fats", "Fast", DIGITS, ODD),
    *option("--model", "", "transformer", "classical", OPEN),
    *option("--config", "", "none.yaml", ".", "folder.csv", "data.csv"),
    *option("--twin", "", "quantum", "none", ODD),
]
HORIZON = option("--horizon", *_NO_NUMBERS, "0", "61", HUGE)
LEVELS = (
    "abc",
    "80,x",
    "0",
    "100",
    "80,120",
    "nan",
    "80,80",
    "80,inf",
    DIGITS,
    "[[[[",
    ",",
    "true",
)
LEVEL = option("--level", *LEVELS)
DEMO = [["--demo=sp500"], ["--demo=none"], ["--demo="], ["--set=application.demo=wti"]]
PRICES = [*HORIZON, *DEMO, *option("--tickers", "none", ODD, DIGITS)]
COUNTS = option("--cases", *_NO_NUMBERS, "0", HUGE)
DAYS = ("", "x", "2008-99-99", "0000-00-00", DIGITS, ODD, "nan")
FITTING = option("--output", "", "file.txt", "a" * 5000)
AUDIT = [
    *option("--seeds", *_NO_NUMBERS, "0", HUGE),
    *option("--trials", *_NO_NUMBERS, "0", HUGE),
    *option("--workers", *_NO_NUMBERS, "0", HUGE),
]
NOISE = option("--noise", "", "x", "nan", "inf", DIGITS, ODD)
DEVICE = [
    *NOISE,
    *option("--backend", "", "none", "aer:none", ODD),
    *option("--shots", *_NO_NUMBERS, "0"),
    *option("--rows", *_NO_NUMBERS, "-1", HUGE),
    ["--dry-run"],
]
COLUMNS = [*option("--target", "", "none", ODD, DIGITS), *option("--smiles-column", "", "none")]
SPLIT = option("--split", "", "none", "RANDOM", DIGITS)

FINANCE_LISTS = {
    ("forecast", "data.csv"): [*SHOWING, *TRAINING, *PRICES, *LEVEL, *DEVICE],
    ("volatility", "data.csv"): [*SHOWING, *TRAINING, *PRICES, *LEVEL],
    ("fit", "forecast", "data.csv"): [*TRAINING, *PRICES, *FITTING],
    ("evaluate", "forecast", "data.csv"): [*SHOWING, *TRAINING, *PRICES],
    ("audit", "forecast", "data.csv"): [*SHOWING, *PRICES, *AUDIT],
    ("predict", "model"): [[], *SHOWING, *NOISE],
    ("predict", "model", "data.csv"): [*SHOWING, *NOISE, ["more"]],
    ("data", "data.csv"): [*SHOWING, *PRICES, *SETTING, ["more"]],
    ("similar", "data.csv"): [*SHOWING, *COUNTS, *option("--date", *DAYS), *DEMO, *HORIZON],
    ("memory", "data.csv"): [*SHOWING, *option("--query", *DAYS), *option("--window", "0", "x")],
    (): [[], ["nothing"], ["--horizon"], [""], ["forecast", "none.csv"], ["forecast", ""]],
}
DRUG_LISTS = {
    ("property", "mols.csv"): [*SHOWING, *TRAINING, *COLUMNS, *SPLIT],
    ("fit", "property", "mols.csv"): [*TRAINING, *COLUMNS, *FITTING],
    ("evaluate", "property", "mols.csv"): [*SHOWING, *TRAINING, *COLUMNS],
    ("audit", "property", "mols.csv"): [*SHOWING, *AUDIT],
    ("predict", "CCO"): [*SHOWING, *NOISE, *option("--property", "", "toxicity", "half-life")],
    ("predict", "CCO", "data.smi"): [[]],
    ("predict", "-", "CCO"): [[]],
    ("similar", "CCO"): [*SHOWING, *COUNTS, *option("--library", "", "none.csv", ".csv")],
    ("screen", "data.smi"): [*SHOWING, *option("--threshold", "", "x", "nan"), *NOISE],
    ("drug-likeness", "CCO"): SHOWING,
    ("drug-likeness",): [[], ["none.csv"], ["C1CC"], [""], ["folder.csv"], ["C" * 5000]],
    ("data", "mols.csv"): [*SHOWING, *SETTING, *COLUMNS],
    (): [[], ["toxicity"], ["predict"], ["fit", "property", "data.smi"], ["--seed=1"]],
}
APPS_LISTS = {
    (): [["finances"], ["home", "drug"], [""], *option("--port", *_NO_NUMBERS, "0", HUGE)]
}
PROGRAMS = {
    "finance": (FINANCE_LISTS, FINANCE, FINANCE_LOOKUPS, None),
    "drug": (DRUG_LISTS, DRUG, DRUG_LOOKUPS, SHIPPED),
    "apps": (APPS_LISTS, None, None, None),
}
ALL = [
    (name, [*base, *more])
    for name, (lists, *_) in PROGRAMS.items()
    for base, mutations in lists.items()
    for more in mutations
]
DRAWN = random.Random(13).sample(ALL, 300)


@pytest.fixture
def folder(tmp_path, monkeypatch, prices):
    """What the lists name, and nothing that works."""
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "model").mkdir()
    (tmp_path / "file.txt").write_text("mine")
    (tmp_path / "data.csv").write_bytes(prices.read_bytes())
    (tmp_path / "data.smi").write_text("CCO\nCCC\nCCN\n")
    rows = [f"{'C' * n}{end},{n}.5" for n in range(1, 31) for end in "ON"]
    (tmp_path / "mols.csv").write_text("\n".join(["smiles,value", *rows]))
    monkeypatch.chdir(tmp_path)

    def work(*_arguments, **_options):
        raise AssertionError("work was done before the mistake was found")

    monkeypatch.setattr(qmann_core.tasks, "audit", work)
    monkeypatch.setattr(Assessment, "network", work)
    monkeypatch.setattr(Assessment, "baseline", work)


def status(name, argv):
    try:
        if name == "apps":
            return apps.main(argv)
        _, commands, lookups, shipped = PROGRAMS[name]
        return main(f"qmann-{name}", "A program", commands, argv, lookups, shipped)
    except SystemExit as end:
        return end.code


@pytest.mark.parametrize(("name", "argv"), DRAWN)
@pytest.mark.usefixtures("folder")
def test_a_bad_list_is_one_line(name, argv, capsys):
    assert status(name, argv) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"qmann-{name}")
    assert shown.err.count("\n") == 1
    assert len(shown.err) <= 301
    assert "Traceback" not in shown.err
