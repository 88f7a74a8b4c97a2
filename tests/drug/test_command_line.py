"""The command line ``qmann-drug``."""

import csv
import gzip
import io
import json
import re
import shutil
from importlib.metadata import version

import pytest

from qmann_core.cli import main
from qmann_core.tasks.assessment import Assessment
from qmann_drug.__main__ import COMMANDS, LOOKUPS, SHIPPED
from qmann_drug.tasks import model_folder


def run(*argv):
    return main("qmann-drug", "molecules", COMMANDS, argv, LOOKUPS, SHIPPED)


def test_predict_answers_what_is_typed(capsys):
    assert run("predict", "CCO", "no molecule", "--level", "50,90", "--noise", "0.01") == 0
    found = json.loads(capsys.readouterr().out)
    ethanol, bad = found["prediction"]
    assert ethanol["lo-90"] < ethanol["lo-50"] < ethanol["value"] < ethanol["hi-50"]
    assert (ethanol["unit"], ethanol["domain"]) == ("log10 mol/L", "inside")
    assert "not readable" in bad["error"]
    assert {case["molecule"] for case in found["evidence"]} == {"CCO"}


def test_predict_reads_a_file_and_writes_another(tmp_path, capsys):
    (tmp_path / "in.smi").write_text("CCO ethanol\nCCN\n")
    target = tmp_path / "out.csv"
    source = str(tmp_path / "in.smi")
    assert run("predict", source, "--property", "hydration", "--output", str(target)) == 0
    with target.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["ethanol", ""]
    assert rows[0]["unit"] == "kcal/mol"
    assert json.loads(capsys.readouterr().out)["title"] == "Free energy of hydration"
    before = (tmp_path / "in.smi").read_text()
    assert run("predict", source, "--output", source) == 2
    assert (tmp_path / "in.smi").read_text() == before


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["predict", "CCO", "--property", "toxicity"], "got 'toxicity': expected one of affinity"),
        (["predict", "CCO", "--property", "half-life"], "refused: nobody predicts it"),
        (["predict", "CCO", "--noise", "much"], "got noise=much: expected a probability"),
        (["predict", "no.csv"], "no.csv"),
        (["predict", "CCO", "--saved", "nowhere"], "nowhere holds no saved model"),
        *(
            (["solubility", "--model", name], f"got '{name}'. Input should be 'quantum_kernel'")
            for name in ("lstm", "gru", "dense", "reservoir")
        ),
        (["solubility", "--model", "classical"], "which is no family: set twin=classical"),
        (["solubility", "--twin", "frozen"], "got twin=frozen for fixed circuits: expected class"),
        (["similar", "CCO", "--cases", "0"], "got k='0': expected a whole number from 1"),
        (["screen", "--actives", "2000", "--threshold", "8"], "2000 were to be drawn"),
        (["audit", "solubility", "--seeds", "x"], "got --seeds='x': expected a whole number"),
    ],
)
def test_mistakes_are_one_line_that_says_what_to_do(argv, message, capsys):
    assert run(*argv) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_column_may_be_called_as_a_number_or_a_word_of_yaml(tmp_path, capsys):
    (tmp_path / "m.csv").write_text("smiles,2020,yes\nCCO,1,2\nCCC,3,4\n")
    for name, target in (("2020", 1), ("yes", 2)):
        assert run("data", str(tmp_path / "m.csv"), "--target", name) == 0
        assert json.loads(capsys.readouterr().out)["series"][0]["target"] == target


@pytest.mark.parametrize("text", ["CCO ethanol\nCCC\n", "id,smiles\n1,CCO\n2,CCC\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_standard_input(text, packed, monkeypatch, capsys):
    content = gzip.compress(text.encode()) if packed else text.encode()
    for argv in (["data", "-"], ["drug-likeness", "-"]):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert run(*argv) == 0
        found = json.loads(capsys.readouterr().out)
        assert [row["smiles"] for row in found.get("series", found.get("table"))] == ["CCO", "CCC"]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("data", "-") == 2
    assert "standard input is empty" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("x,y\n1,2\n"))
    assert run("data", "-") == 2
    assert "standard input: no column holds smiles" in capsys.readouterr().err


def test_the_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        run("--version")
    assert capsys.readouterr().out == f"qmann-drug {version('qmann-core')}\n"


def test_a_packed_model_predicts(tmp_path, capsys):
    place = shutil.make_archive(str(tmp_path / "model"), "zip", model_folder("hydration"))
    inside = shutil.make_archive(
        str(tmp_path / "inside"), "zip", model_folder("hydration").parent, "hydration"
    )
    values = []
    for packed in (place, inside, str(model_folder("hydration"))):
        assert run("predict", "CCO", "--saved", packed) == 0
        values.append(json.loads(capsys.readouterr().out)["prediction"][0]["value"])
    assert len(set(values)) == 1


ROWS = [f"{'C' * n}{end},{n}" for n in range(1, 31) for end in "ON"]


@pytest.mark.parametrize(
    ("head", "rows", "message"),
    [
        (
            "smiles,y",
            ROWS,
            "got nothing to predict: expected a row that can be used and whose target",
        ),
        (
            "smiles,y",
            ROWS[:2],
            "got 2 rows with a target, of which the split 'scaffold' puts 0 into",
        ),
        (
            "smiles,y",
            ROWS[:20],
            "2 to test on and 3 before them .* at least 3 and 2; give more rows",
        ),
        ("smiles", [r.split(",")[0] for r in ROWS], "no row has a target .*no column of numbers"),
        ("smiles,a,b", [f"{r},1" for r in ROWS], "no row has a target .*may be any of 'a', 'b'"),
        ("smiles,y", ["C1,1", "xx,2"], r"no row has a target .*2 of 2 rows cannot be used"),
    ],
)
def test_what_cannot_be_learned_is_said_before_any_training(
    head, rows, message, tmp_path, monkeypatch, capsys
):
    (tmp_path / "m.csv").write_text("\n".join([head, *rows]))
    monkeypatch.setattr(Assessment, "network", lambda *_, **__: pytest.fail("it was trained"))
    assert run("property", str(tmp_path / "m.csv")) == 2
    error = capsys.readouterr().err
    assert re.fullmatch(rf"qmann-drug: .*{message}.*\n", error)
    assert len(error) <= 301


def test_lookups_read_what_is_typed(capsys):
    assert run("similar", "CCO", "c1ccccc1O", "--library", "solubility", "--cases", "2") == 0
    found = json.loads(capsys.readouterr().out)["table"]
    assert [row["query"] for row in found] == ["CCO"] * 2 + ["c1ccccc1O"] * 2
    assert run("drug-likeness", "CCO") == 0
    assert json.loads(capsys.readouterr().out)["table"][0]["QED"] == pytest.approx(
        0.40680796565539457
    )
    assert run("screen", "--threshold", "8") == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert len(figures) == 2
