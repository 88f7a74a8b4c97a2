"""The command line ``qmann-materials``."""

import csv
import json

import pytest
from drawn_alloys import drawn_alloys

from qmann_core.cli import main
from qmann_materials.__main__ import COMMANDS, LOOKUPS, SHIPPED


def run(*argv):
    return main("qmann-materials", "materials", COMMANDS, argv, LOOKUPS, SHIPPED)


def answer(capsys, *argv):
    assert run(*argv) == 0
    return json.loads(capsys.readouterr().out)


def test_predict_answers_what_is_typed_and_a_bad_formula_keeps_its_row(capsys):
    found = answer(capsys, "predict", "Al0.5CoCrFeNi", "FE2O3", "TiNbTaZr", "--level", "50,90")
    first, bad, last = found["prediction"]
    for row in (first, last):
        assert row["lo-90"] <= row["lo-50"] <= row["value"] <= row["hi-50"] <= row["hi-90"]
        assert (row["unit"], row["domain"], row["error"]) == ("HV", "inside", "")
    assert "did you mean Fe2O3" in bad["error"]
    assert bad["value"] is None
    assert {case["material"] for case in found["evidence"]} == {"Al0.5CoCrFeNi", "TiNbTaZr"}


def test_conditions_are_given_by_at(capsys):
    usual, told = (
        answer(capsys, "predict", "TiNbTaZr", *more)["prediction"][0]
        for more in ((), ("--at", "process=WROUGHT"))
    )
    assert (usual["process"], told["process"]) == ("CAST", "WROUGHT")
    assert usual["value"] != told["value"]


def test_predict_reads_a_file_and_writes_another(tmp_path, capsys):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("name,formula,process\nCantor,CoCrFeMnNi,CAST\n,NaN,\n")
    assert run("predict", str(source), "--output", str(target)) == 0
    with target.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["material"] for row in rows] == ["Cantor", "NaN"]
    assert rows[1]["new elements"] == "N Na"
    before = source.read_text()
    assert run("predict", str(source), "--output", str(source)) == 2
    assert source.read_text() == before
    capsys.readouterr()


def test_data_shows_what_is_read(tmp_path, capsys):
    (tmp_path / "m.csv").write_text("formula,T,gap\nFe2O3,25,1\nFe4O6,25,3\nXx,25,1\n")
    found = answer(capsys, "data", str(tmp_path / "m.csv"), "--target", "gap")
    assert found["series"][0]["target"] == 2
    assert "no element 'Xx'" in found["series"][2]["error"]


def test_lookups_answer_what_is_typed(capsys):
    found = answer(capsys, "similar", "AlCoCrFeNi", "q", "--library", "hardness", "--cases", "2")
    assert [row["query"] for row in found["table"]] == ["AlCoCrFeNi"] * 2 + ["q"]
    best = answer(
        capsys, "screen", "AlCoCrFeNi", "CoCrFeMnNi", "TiNbTaZr", "--target", "500", "--top", "2"
    )
    assert [row["rank"] for row in best["table"]] == [1, 2]
    low = answer(capsys, "screen", "AlCoCrFeNi", "CoCrFeMnNi", "--target", "500", "--below")
    assert low["table"][0]["formula"] == "CoCrFeMnNi"
    held = answer(capsys, "capacity", "LiFePO4", "--working-ion", "Li")
    assert held["table"][0]["mAh/g"] == pytest.approx(169.9, abs=0.1)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["predict", "NaCl", "--property", "band gap"], "no trained model comes with the package"),
        (["predict", "NaCl", "--property", "colour"], "got 'colour': expected one of hardness"),
        (["predict", "NaCl", "--at", "process"], "expected NAME=VALUE, as temperature=600"),
        (["predict", "NaCl", "--at", "grain=5"], "got condition 'grain': expected some of 'proces"),
        (["predict", "no.csv"], "no.csv"),
        (["predict", "Xx"], "none of 1 rows can be used; the first: formula 'Xx': no element"),
        (["predict", "NaCl", "--saved", "nowhere"], "nowhere holds no saved model"),
        (["property", "--model", "lstm"], "got 'lstm'. Input should be 'quantum_kernel'"),
        (["hardness", "--twin", "frozen"], "got twin=frozen for fixed circuits: expected class"),
        (["similar", "NaCl", "--cases", "0"], "got k='0': expected a whole number from 1"),
        (["screen", "NaCl", "--target", "high"], "got target='high'"),
        (["screen", "NaCl"], "got target=None: expected a number"),
        (["capacity", "C6"], "C6 holds no Li: expected n, how many it takes up"),
        (["capacity", "LiFePO4", "--working-ion", "H"], "got working_ion='H': expected one of Li"),
    ],
)
def test_mistakes_are_one_line_that_says_what_to_do(argv, message, capsys):
    assert run(*argv) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_what_cannot_be_learned_is_said_before_any_training(tmp_path, capsys):
    drawn_alloys().head(12).to_csv(tmp_path / "few.csv", index=False)
    assert run("property", str(tmp_path / "few.csv"), "--target", "gap") == 2
    assert "12 materials with a target can be used. Expected 20" in capsys.readouterr().err
    assert run("classify", str(tmp_path / "few.csv"), "--target", "nothing") == 2
    assert "no column 'nothing' among 'formula', 'temperature'" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_fitted_is_saved_and_predicts(tmp_path, capsys):
    drawn_alloys().to_csv(tmp_path / "own.csv", index=False)
    quick = ("--preset", "fast", "--set", "quantum.n_blocks=1")
    given = (str(tmp_path / "own.csv"), "--target", "gap", "--conditions", "temperature")
    place = str(tmp_path / "model")
    answer(capsys, "fit", "property", *given, *quick, "--output", place)
    assert (tmp_path / "model/card.md").read_text().startswith("# property: hybrid model")
    asked = ("predict", "CoAl", "TaNbFe", "--saved", place)
    table = answer(capsys, *asked, "--at", "temperature=600")["prediction"]
    assert [row["temperature"] for row in table] == [600, 600]
    assert all(row["lo-95"] >= 0 for row in table)
