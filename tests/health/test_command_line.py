"""The command line ``qmann-health``."""

import json

from qmann_health.__main__ import run


def test_data_shows_what_is_read(tmp_path, capsys):
    (tmp_path / "p.csv").write_text("mrn,age,status\nq,40,dead\nr,,alive\ns,50,dead\n")
    assert run(["data", str(tmp_path / "p.csv"), "--target", "status=dead"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["series"] == [
        {"row": 1, "age": 40.0, "target": 1.0},
        {"row": 2, "age": None, "target": 0.0},
        {"row": 3, "age": 50.0, "target": 1.0},
    ]


def test_similar_answers_on_the_demo(capsys):
    assert run(["similar", "--cases", "2", "--patient", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["outcome"] for row in found["table"]] == ["malignant", "malignant"]


def test_mistakes_are_one_line(tmp_path, capsys):
    (tmp_path / "p.csv").write_text("age,status\n40,1\n50,2\n")
    assert run(["data", str(tmp_path / "p.csv"), "--target", "status"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert 'target="status=2"' in error


def test_survival_asks_which_word_is_the_event(tmp_path, capsys):
    (tmp_path / "p.csv").write_text("age,days,status\n40,9,1\n50,20,2\n60,30,1\n")
    given = ["survival", str(tmp_path / "p.csv"), "--time", "days", "--event", "status"]
    assert run([*given, "--horizon", "20"]) == 2
    assert "status=2" in capsys.readouterr().err
