"""The card says what the model is, how it did, and that circuits are simulated."""

import json
import math

from qmann_core.tasks.card import card


def of(fitted):
    return card(fitted.task.name, fitted.summary, fitted.evaluation, fitted.config)


def table(text):
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_card_is_the_evaluation(toy, pair):
    text = of(pair)
    evaluation = pair.evaluation
    assert text.startswith("# toy: hybrid model\n")
    assert "Tomorrow's move of a series whose law is known. Circuits are simulated." in text
    assert evaluation.verdict in text
    assert f"from {evaluation.start} to {evaluation.end}: {evaluation.n_test} predictions" in text
    header, rule, *rows = table(text)
    assert rule == ["---"] * len(header)
    assert [row[0] for row in rows] == list(evaluation.scores)
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        scores = evaluation.scores[row[0]]
        for metric, value in scores.items():
            assert math.isclose(float(cells[metric]), value, rel_tol=1e-3)
        assert cells["parameters"] == str(evaluation.parameters.get(row[0], ""))


def test_the_card_holds_the_configuration(toy, pair):
    settings = of(pair).partition("```json\n")[2].partition("```")[0]
    assert type(pair.config).model_validate(json.loads(settings)) == pair.config
