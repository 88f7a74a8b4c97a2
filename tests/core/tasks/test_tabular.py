"""Tasks on rows without time: what is predicted, how sure, and what is kept."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rows as support
import torch
from sklearn.neighbors import KNeighborsRegressor

from qmann_core.config import QuantumConfig
from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation import Comparison, split_conformal
from qmann_core.nn import QuantumLayer, build_network
from qmann_core.nn.quantum_layer import configured_circuit
from qmann_core.nn.variants import network_circuit
from qmann_core.simulation import NoiseModel, depolarising, noisy_expectations
from qmann_core.tasks import fit, load_fitted, summary
from qmann_core.tasks.assessment import Assessment
from qmann_core.tasks.evidence import Known
from qmann_core.tasks.tabular import adjusted_class, shipped_model
from qmann_core.tasks.walk import Members, walk
from qmann_core.testing import check_task
from qmann_core.training import derive, seeded

TASK, SETTINGS = support.ROWS, support.SETTINGS


@pytest.fixture(scope="module")
def records():
    return support.generate(SETTINGS.application)


@pytest.fixture(scope="module")
def fitted(records):
    return fit(TASK, records, SETTINGS)


def test_it_keeps_the_laws_of_every_task(tmp_path):
    check_task(TASK, SETTINGS, tmp_path)


def fidelity(**quantum):
    """The same task by a kernel of fidelities."""
    given = QuantumConfig(n_qubits=2, kernel="fidelity", **quantum)
    return SETTINGS.model_copy(update={"quantum": given})


@pytest.fixture(scope="module")
def compared(records):
    return fit(TASK, records, fidelity())


@pytest.mark.slow
def test_a_fidelity_kernel_keeps_the_laws_of_every_task(tmp_path):
    check_task(TASK, fidelity(), tmp_path)


def test_a_fidelity_kernel_learns_and_is_saved(compared, records, tmp_path):
    assert compared.model.members[0].controller.features.n_amplitudes == 4
    found = compared.report(records).to_frame()["value"]
    truth = np.tanh(2 * records.table["u"]) + records.table["v"]
    assert np.abs(found - truth[-len(found) :].to_numpy()).max() < 0.8
    compared.save(tmp_path / "model")
    loaded = load_fitted(TASK, tmp_path / "model")
    assert loaded.config.quantum.kernel == "fidelity"
    np.testing.assert_array_equal(loaded.report(records).to_frame()["value"], found)


def test_twins_of_a_fidelity_kernel_lack_what_they_are_named_after(records):
    samples = Assessment(TASK, records, fidelity()).known
    hybrid, separable, twin = (
        build_network(fidelity(), samples, TASK.head, twin)
        for twin in (None, "separable", "classical")
    )
    assert separable.controller.features.n_amplitudes == 4
    assert (hybrid.controller.features.coupling, separable.controller.features.coupling) == (0.5, 0)
    assert twin.controller.features is None
    circuit = network_circuit(fidelity())
    assert circuit == hybrid.controller.features.layer.circuit
    assert [o.gate for o in circuit.operations].count("RY") == 6  # twice x, once a field
    assert network_circuit(fidelity(), "separable") == circuit.separable()


@pytest.mark.parametrize("options", [{"noise": 0.01}, {"shots": 100}])
def test_a_fidelity_kernel_takes_no_noise_or_shots(compared, records, options):
    message = r"expected exact circuits, whose states are pure; .* quantum\.kernel=projected"
    with pytest.raises(ConfigError, match=message):
        fit(TASK, records, fidelity(**options))
    with pytest.raises(ConfigError, match=message):
        compared.adapt(records, **options)
    if "noise" in options:
        with pytest.raises(ConfigError, match=message):
            compared.report(records, **options)


def test_every_unknown_row_is_predicted_in_order(fitted, records):
    table = fitted.report(records).to_frame()
    unknown = records.table["y"].isna()
    assert table["name"].tolist() == records.table["name"][unknown].tolist()
    truth = np.tanh(2 * records.table["u"]) + records.table["v"]
    assert np.abs(table["value"].to_numpy() - truth[unknown].to_numpy()).max() < 0.8


def test_baselines_answer_from_all_that_was_learned(fitted, records, tmp_path):
    """Scikit-learn's neighbours of rows that came long after the fit, also once it was saved."""
    known = records.table[records.table["y"].notna()]
    asked = records.table[["u", "v", "name"]].tail(7)
    x, new = known[["u", "v"]].to_numpy(), asked[["u", "v"]].to_numpy()
    scale = x.std(axis=0)
    expected = KNeighborsRegressor(5).fit(x / scale, known["y"]).predict(new / scale)
    fitted.save(tmp_path / "model")
    for model in (fitted, load_fitted(TASK, tmp_path / "model")):
        found = model.predict(asked).predictions
        near = found[found["model"] == "nearest neighbours"]
        np.testing.assert_allclose(near["value"], expected, rtol=1e-5)
        assert set(found["model"]) == {"hybrid", "classical", *TASK.baselines}


def test_predicting_a_source_does_not_count_its_targets(fitted, records):
    assert len(fitted.predict(records.table).to_frame()) == len(records.table)
    with pytest.raises(DataError, match="nothing to predict: give a file"):
        fitted.predict()


def test_nothing_to_predict_is_refused(fitted, records):
    known = support.Rows(records.table[records.table["y"].notna()])
    with pytest.raises(DataError, match="got nothing to predict: expected a row"):
        fitted.report(known)


def test_test_intervals_are_those_of_the_calibration_rows_alone(records):
    """Split conformal by hand: no test target moves an interval."""
    assessment = Assessment(TASK, records, SETTINGS)
    found = assessment.network()
    (fold,) = assessment.folds
    n = len(fold.train) - round(SETTINGS.hybrid.validation_fraction * len(fold.train))
    rows = np.concatenate((fold.train[n:], fold.test))
    members = Members(TASK.head, SETTINGS, None, assessment.folds)
    outputs = walk(assessment.known, members).outputs
    y = assessment.known.y[rows].double().numpy()
    scores = ((y - outputs["location"]) / outputs["scale"])[: len(fold.train) - n]
    expected = split_conformal(scores, np.array(assessment.probabilities))
    wide = outputs["scale"][len(scores) :, 0] * (expected[0, -1] - expected[0, 0])
    assert found.score["width 95"] == pytest.approx(wide)
    assert len(found.calibrations["rows"].scores) == len(rows)


def test_a_saved_model_keeps_what_it_knows(fitted, records, tmp_path):
    fitted.save(str(tmp_path / "model"))
    loaded = load_fitted(TASK, tmp_path / "model")
    assert loaded.known.label.tolist() == fitted.known.label.tolist()
    np.testing.assert_array_equal(loaded.known.y, fitted.known.y)
    assert not loaded.template.dated
    fitted.report(records).save(tmp_path / "again")
    table = load_fitted(TASK, tmp_path / "again").report(records).to_frame()
    pd.testing.assert_frame_equal(table, fitted.report(records).to_frame())


def test_the_evaluation_says_how_many_and_not_when(fitted):
    assert (fitted.evaluation.start, fitted.evaluation.end) == (None, None)
    assert fitted.evaluation.extent == f"out of sample: {fitted.evaluation.n_test} held-out samples"


def test_one_training_does_not_speak_for_the_circuits():
    def found(rival, p):
        return Comparison("hybrid", rival, 1.0, 2.0, -1.0, (-2.0, -0.5), p, p)

    assert summary._verdict([found("classical", 0.01)], "m", {}).endswith("more trainings.")
    for quiet in (found("classical", 0.3), found("mean", 0.01)):
        assert "trainings" not in summary._verdict([quiet], "m", {})


# Known cases


def test_recall_of_known_cases_by_hand():
    keys = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 0]], dtype=np.uint8)
    known = Known(np.array(["a", "b", "c"]), np.array([[1.0], [2.0], [3.0]], dtype=np.float32))
    found = known.recall(keys, np.array([[1, 1, 0, 0]]), 2)
    assert found.label.tolist() == [["a", "c"]]
    np.testing.assert_allclose(found.fidelity, [[1, 4 / 6]], rtol=1e-6)
    weights = np.array([1, 0, (4 / 6)]) ** 4
    np.testing.assert_allclose(found.weight, [weights[[0, 2]] / weights.sum()], rtol=1e-5)
    assert found.y.tolist() == [[[1.0], [3.0]]]
    table = found.to_frame("asked", ["q"], {"case": found.label}, {"y": found.y[:, :, 0]})
    assert table.columns.tolist() == ["asked", "case", "weight %", "fidelity", "y"]
    assert table["case"].tolist() == ["a", "c"]


# Noise


def test_a_layer_with_noise_is_the_noisy_circuit():
    with seeded(derive(0), torch.device("cpu")):
        layer = QuantumLayer(configured_circuit(QuantumConfig(n_qubits=3, n_layers=1))).double()
        x = torch.rand(5, 3, dtype=torch.float64)
    clean = layer(x)
    layer.noise = NoiseModel(one_wire=(depolarising(0.1),), two_wire=(depolarising(0.1),))
    expected = noisy_expectations(layer.circuit, x, layer.weight, layer.noise)
    torch.testing.assert_close(layer(x), expected)
    assert bool((layer(x).abs() < clean.abs()).float().mean() > 0.8)


def test_noise_changes_a_copy_only(fitted, records):
    before = fitted.report(records).to_frame()
    noisy = fitted.report(records, noise=0.1).to_frame()
    assert not np.array_equal(noisy["value"], before["value"])
    pd.testing.assert_frame_equal(fitted.report(records).to_frame(), before)


def test_a_twin_has_no_circuit_to_be_noisy(records):
    twin = fit(TASK, records, SETTINGS, "classical")
    assert twin.circuit is None
    with pytest.raises(ConfigError, match="this one has none: leave noise out"):
        twin.report(records, noise=0.1)


# What a task is asked for


def test_a_task_is_configured_and_reads(records):
    config = TASK.configured("standard", seed=3, n=50)
    assert (config.seed, config.application.n) == (3, 50)
    assert len(TASK.records(None, config).table) == 50
    assert TASK.records(records, config) is records
    with pytest.raises(ConfigError, match=r"configuration application\.m: no such key"):
        TASK.configured("standard", m=1)
    with pytest.raises(ConfigError, match="got preset 'best': expected one of standard"):
        TASK.configured("best")


def test_models_that_are_shipped(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
    assert shipped_model(tmp_path, "a", {}) == tmp_path / "a"
    with pytest.raises(ConfigError, match="got 'c': expected one of a, b; or fit a model"):
        shipped_model(tmp_path, "c", {})
    with pytest.raises(ConfigError, match="got 'x', which is refused: because"):
        shipped_model(tmp_path, "x", {"x": "because"})


def test_what_the_data_settle_is_saved_and_read_by(records, tmp_path):
    """And a missing value is one: it comes back as it was."""

    def features(rows, application):
        return support.features(rows, application) if application.n == 86 else None

    gapped = support.Rows(records.table.assign(u=records.table["u"].mask(records.table.index == 3)))
    task = replace(
        TASK, settle=lambda rows, _: {"n": int(rows.table["y"].notna().sum())}, features=features
    )
    whole = fit(task, gapped, SETTINGS)
    whole.save(tmp_path / "model")
    loaded = load_fitted(task, tmp_path / "model")
    assert loaded.config.application.n == whole.config.application.n == 86
    assert int(loaded.learned.x.isnan().sum()) == 1
    asked = support.load_unknown(gapped.table[2:5], None)
    found, expected = (each.report(asked).predictions for each in (loaded, whole))
    pd.testing.assert_frame_equal(found, expected)
    assert np.isfinite(found["value"]).all()
    text = (tmp_path / "model" / "card.md").read_text()
    assert "features and targets of the 86 rows that it was fitted to" in text


def test_a_decision_adjusted_for_shares_is_bayes_rule_of_equal_ones():
    probability, shares = np.array([[0.7, 0.2, 0.1], [0.9, 0.09, 0.01]]), (0.8, 0.15, 0.05)
    assert adjusted_class(probability, shares).tolist() == [2, 0]
    two = np.array([[0.7, 0.3], [0.9, 0.1]])
    assert adjusted_class(two, (0.8, 0.2)).tolist() == [1, 0]
    odds = probability / np.array(shares)
    np.testing.assert_array_equal(adjusted_class(probability, shares), odds.argmax(axis=1))
