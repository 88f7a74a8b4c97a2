"""What people call: predictions in the order asked, and models of their own."""

import numpy as np
import pandas as pd
import pytest
from pandas import DataFrame

from qmann_core.errors import ConfigError, DataError
from qmann_core.tasks import load_fitted
from qmann_drug import (
    TASKS,
    DrugConfig,
    demo_molecules,
    fit_activity,
    fit_property,
    predict,
    predict_affinity,
    predict_property,
)
from qmann_drug.records import read_molecules

ASPIRIN, CAFFEINE = "CC(=O)Oc1ccccc1C(=O)O", "Cn1c(=O)c2c(ncn2C)n(C)c1=O"


@pytest.fixture(scope="module")
def report():
    molecules = [CAFFEINE, "no molecule", "", "OCC", "CCCCO.CCCCN", "CCO", "[Na+].CC(=O)[O-]"]
    return predict_property(molecules, level=(50, 90), cases=3)


def test_every_row_keeps_its_place_with_an_answer_or_the_reason(report):
    table = report.to_frame()
    assert table["row"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    answered = table["value"].notna()
    assert answered.tolist() == [True, False, False, True, False, True, True]
    assert table["error"].ne("").tolist() == (~answered).tolist()
    reasons = table["error"][~answered].tolist()
    for reason, word in zip(reasons, ["not readable", "empty", "mixture"], strict=True):
        assert word in reason
    assert table.loc[6, "smiles"] == "CC(=O)O"
    assert set(table["unit"][answered]) == {"log10 mol/L"}


def test_the_same_molecule_has_the_same_answer_however_it_is_written(report):
    table = report.to_frame().drop(columns=["row", "name"])
    pd.testing.assert_series_equal(table.loc[3], table.loc[5], check_names=False, rtol=1e-4)


def test_intervals_are_around_the_value_and_nested(report):
    table = report.to_frame().dropna()
    ends = table[["lo-90", "lo-50", "value", "hi-50", "hi-90"]].to_numpy()
    assert np.all(np.diff(ends, axis=1) > 0)


def test_a_known_molecule_is_its_own_evidence_with_what_was_measured(report):
    demo = demo_molecules("solubility").table
    measured = demo["target"][demo["smiles"].eq(CAFFEINE) & demo["target"].notna()].item()
    first = report.evidence[report.evidence["molecule"] == CAFFEINE].iloc[0]
    assert first["case"] == CAFFEINE
    assert first["fidelity"] == pytest.approx(1)
    assert first["Tanimoto"] == pytest.approx(1)
    assert first["measured"] == pytest.approx(measured)
    assert report.evidence.groupby("molecule").size().max() <= 6  # ethanol was asked for twice


def test_what_was_measured_is_shown_and_comes_first_among_its_like():
    """Alkanes from hexane on have one fingerprint; methane's is nobody's."""
    asked = ["CCCCCCCCCC", "CCCCCC", "CCCCCCCCCCCCCCCCC"]
    report = predict_property(asked, "hydration", cases=2)
    known = demo_molecules("hydration").table.set_index("smiles")["target"]
    expected = [known[asked[0]], known[asked[1]], np.nan]
    np.testing.assert_allclose(report.to_frame()["measured"], expected, rtol=1e-6)
    first = report.evidence.groupby("molecule").first()["case"]
    assert [first[text] for text in asked[:2]] == asked[:2]
    assert report.typical_error == "Typically off by 0.473 kcal/mol on 64 held-out molecules"


def test_no_more_dissolves_than_a_pure_substance_holds():
    table = predict_property(["CCO", "O", CAFFEINE, "no molecule"]).to_frame()
    ethanol = np.log10(17.126)
    assert table.loc[0, ["value", "hi-80", "hi-95"]].tolist() == pytest.approx(3 * [ethanol], 1e-3)
    assert table.loc[0, "mg/mL"] == pytest.approx(789, rel=1e-3)
    assert (table.loc[:1, ["value", "hi-95"]].max(axis=1) <= [ethanol + 1e-3, 1.7436]).all()
    said = table["note"].tolist()
    assert said[0] == "no more dissolves than the pure substance holds, 17.1 mol/L"
    assert said[2:] == ["", ""]
    assert table.loc[2, "hi-95"] - table.loc[2, "value"] > 0.1  # nothing is cut off there


def test_strange_chemistry_is_outside_of_the_domain():
    crown = "FS(F)(F)(F)(F)C#CC#CC#N"
    domain = predict_property([crown, ASPIRIN]).to_frame()["domain"]
    assert domain.tolist() == ["outside", "inside"]


def test_measured_values_do_not_count_when_predicting(report):
    table = DataFrame({"smiles": [CAFFEINE, "CCO"], "logS": [5.0, 6.0]})
    again = predict_property(table, level=(50, 90)).to_frame()
    expected = report.to_frame().loc[[0, 3], "value"].to_numpy()
    np.testing.assert_allclose(again["value"], expected, atol=1e-3)


def test_a_little_noise_moves_the_value_a_little_and_is_said():
    clean, noisy = (predict_property([CAFFEINE], noise=p) for p in (None, 0.01))
    difference = abs(clean.to_frame()["value"][0] - noisy.to_frame()["value"][0])
    assert 0 < difference < 0.2
    assert "1.00% depolarising noise" in " ".join(noisy.warnings)
    none = predict_property([CAFFEINE], noise=0.0)
    np.testing.assert_allclose(none.to_frame()["value"], clean.to_frame()["value"], atol=1e-5)


@pytest.mark.parametrize("noise", [-0.1, 1.5])
def test_noise_out_of_range_is_refused(noise):
    with pytest.raises(ConfigError, match="expected a probability"):
        predict_property(["CCO"], noise=noise)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("toxicity", "got 'toxicity': expected one of .*hydration.*solubility"),
        ("volume of distribution", "refused: nobody predicts it"),
        ("half-life", "refused: nobody predicts it"),
    ],
)
def test_properties_that_are_not_predicted_are_refused(name, message):
    with pytest.raises(ConfigError, match=message):
        predict_property(["CCO"], name)


def test_nothing_but_bad_rows_is_refused():
    with pytest.raises(DataError, match="none of 2 rows can be used; the first: not readable"):
        predict_property(["no molecule", ""])


def test_affinity_of_the_series_that_the_model_knows():
    """It is nearer to molecules that it has learned from than it was to those of its test."""
    demo = demo_molecules("affinity").table.head(100)
    report = predict_affinity(demo["given"].tolist())
    found = report.to_frame()
    assert set(found["unit"]) == {"pActivity"}
    error = np.sqrt(np.square(found["value"] - demo["target"].to_numpy()).mean())
    assert error < 0.8 * report.fitted.evaluation.scores["hybrid"]["RMSE"]


@pytest.fixture(scope="module")
def series():
    demo = demo_molecules("affinity").table
    return demo[demo["target"].notna()].iloc[::6][["given", "target"]]


@pytest.mark.slow
def test_an_own_model_predicts_saves_and_answers_the_same(series, tmp_path):
    table = series.rename(columns={"given": "smiles", "target": "pIC50"})
    fitted = fit_property(table, target="pIC50", unit="pIC50", preset="fast", progress=False)
    scores = fitted.evaluation.scores
    assert scores["hybrid"]["RMSE"] < scores["mean"]["RMSE"]
    asked = table["smiles"].head(3).tolist()
    fitted.save(tmp_path / "model")
    loaded = load_fitted(TASKS["property"], tmp_path / "model")
    found = fitted.predict(asked).to_frame()
    pd.testing.assert_frame_equal(found, loaded.predict(asked).to_frame())
    again = predict(asked, saved=tmp_path / "model", level=50).to_frame()
    pd.testing.assert_series_equal(again["value"], found["value"])
    assert {"lo-50", "hi-50", "nM"} < set(again)


@pytest.mark.slow
def test_classes_give_probabilities_and_sets(series):
    potent = (series["target"] > series["target"].median()).astype(int)
    fitted = fit_property(
        series["given"].tolist(), potent.tolist(), split="random", preset="fast", progress=False
    )
    assert fitted.task.name == "activity"
    assert fitted.evaluation.scores["hybrid"]["AUROC"] > 0.7
    table = fitted.predict(series["given"].head(4).tolist()).to_frame()
    assert table["probability"].between(0, 1).all()
    assert set(table["classes 95 %"]) <= {"0", "1", "0 or 1", "neither"}


def test_a_threshold_makes_classes_of_numbers():
    given = {"smiles": ["CCO", "CCN", "CCC", "CCCC"], "pIC50": [7.0, 6.9, None, 9.0]}
    found = read_molecules(DataFrame(given), DrugConfig(target="pIC50", threshold=7))
    expected = [1.0, 0.0, np.nan, 1.0]
    np.testing.assert_array_equal(found.table["target"], expected)
    assert found.target == "pIC50 >= 7"
    with pytest.raises(DataError, match="got one class only, 0"):
        fit_activity(["C" * n for n in range(1, 41)], [5.0] * 40, threshold=7, progress=False)


def test_one_class_only_is_refused(series):
    with pytest.raises(DataError, match="got one class only, 1"):
        fit_property(series["given"].tolist(), [1] * len(series), split="random", progress=False)


def test_a_target_with_text_is_refused():
    table = DataFrame({"smiles": ["CCO", "CCN"], "logS": ["1.0", "high"]})
    with pytest.raises(DataError, match=r"logS.*row 2"):
        fit_property(table, target="logS", progress=False)


def test_molecules_and_targets_must_be_as_many():
    with pytest.raises(DataError, match="as many targets as molecules"):
        fit_property(["CCO", "CCN"], [1.0], progress=False)
