"""Estimators: scikit-learn's own checks, the network by hand, and a law or an oracle for each."""

import copy
import pickle
import sys
from importlib import import_module

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from qmann_core.config import ClassicalConfig, MemoryConfig, QMANNConfig, QuantumConfig
from qmann_core.data import Samples
from qmann_core.errors import ConfigError, DataError
from qmann_core.estimators import (
    MemoryClassifier,
    QuantumFeatures,
    QuantumKernelClassifier,
    QuantumKernelRegressor,
    ReservoirClassifier,
    ReservoirFeatures,
    ReservoirRegressor,
    ReuploadingClassifier,
    ReuploadingRegressor,
)
from qmann_core.nn import FeatureCircuits, build_network, classification_head, regression_head
from qmann_core.training import derive, seeded

CPU = torch.device("cpu")
WIDTH, WINDOW = 3, 5
STATES = ReservoirFeatures(window=WINDOW, n_blocks=6, random_state=0)
_TEN_ROWS = (
    "rows in order of time are cut into four parts, each predicted from those before it, which "
    "takes 15 rows; this check has 10"
)


def too_few_rows(estimator):
    """Checks whose rows are too few for a reservoir."""
    names = []
    if isinstance(estimator, ReservoirClassifier | ReservoirRegressor):
        names += ["check_estimators_nan_inf", "check_fit2d_1feature"]
    if isinstance(estimator, ReservoirRegressor):
        names += ["check_regressor_multioutput", "check_regressors_no_decision_function"]
    return dict.fromkeys(names, _TEN_ROWS)


@parametrize_with_checks([QuantumKernelRegressor(n_qubits=2), QuantumFeatures(n_qubits=2)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [
        QuantumKernelClassifier(n_qubits=2),
        ReservoirRegressor(n_qubits=2),
        ReservoirClassifier(n_qubits=2),
        ReservoirFeatures(n_qubits=2),
        MemoryClassifier(),
        ReuploadingRegressor(),
        ReuploadingClassifier(epochs=40),
    ],
    expected_failed_checks=too_few_rows,
)
def test_scikit_learns_checks_of_others(estimator, check):
    check(estimator)


def table(n=150, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, WIDTH))
    return x, np.sin(x[:, 0]) + x[:, 1]


def labels(y, names=("low", "middle", "high")):
    edges = np.quantile(y, np.arange(1, len(names)) / len(names))
    return np.array(names)[np.searchsorted(edges, y)]


def windows(n=400, seed=0):
    """Windows of two channels, of which one step back counts, too."""
    series = np.random.default_rng(seed).normal(size=(n, WINDOW, 2))
    return series.reshape(n, -1), series[:, -2, 0] + np.sin(series[:, -1, 1])


def by_hand(controller, x, y, head, new, twin=None, **quantum):
    config = QMANNConfig(
        quantum=QuantumConfig(**quantum),
        classical=ClassicalConfig(controller=controller),
        memory=MemoryConfig(kind="none"),
    )
    samples = Samples(torch.from_numpy(x), torch.from_numpy(y.astype(float)))
    with seeded(derive(7, 0), CPU):
        network = build_network(config, samples, head, twin).double()
    network.choose(samples)
    with torch.no_grad():
        found = network.head.decode(network(torch.from_numpy(new), torch.empty(len(new), 0)))
    return {name: values.numpy() for name, values in found.items()}


@pytest.mark.parametrize("twin", [None, "classical", "separable"])
def test_a_kernel_is_the_network_by_hand(twin):
    (x, y), (new, _) = table(60), table(20, seed=1)
    options = {"n_qubits": 2, "coupling": 0.3}
    found = by_hand("quantum_kernel", x, y[:, None], regression_head, new, twin, **options)
    fitted = QuantumKernelRegressor(**options, twin=twin, random_state=7).fit(x, y)
    location, std = fitted.predict(new, return_std=True)
    np.testing.assert_array_equal(location, found["location"][:, 0])
    np.testing.assert_array_equal(std, found["scale"][:, 0])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_reservoir_is_the_network_by_hand(n_classes):
    (x, y), (new, _) = windows(80), windows(20, seed=1)
    named = labels(y, tuple("abc")[:n_classes])
    targets = named[:, None] == np.unique(named)[int(n_classes == 2) :]
    options = {"n_qubits": 2, "n_blocks": 2, "noise": 0.01, "shots": 1000}
    rows = (each.reshape(len(each), WINDOW, 2) for each in (x, new))
    found = by_hand("reservoir", next(rows), targets, classification_head, next(rows), **options)
    fitted = ReservoirClassifier(window=WINDOW, **options, random_state=7).fit(x, named)
    share = found["probability"] if n_classes > 2 else found["location"]
    expected = share if n_classes > 2 else np.hstack((1 - share, share))
    np.testing.assert_array_equal(fitted.predict_proba(new), expected)


def test_a_kernel_learns_several_targets_and_knows_its_errors():
    (x, y), (new, truth) = table(), table(400, seed=1)
    rng = np.random.default_rng(2)
    noisy = np.stack((y, x[:, 2] + rng.normal(size=len(y))), axis=1)
    truth = np.stack((truth, new[:, 2] + rng.normal(size=len(new))), axis=1)
    fitted = QuantumKernelRegressor(n_qubits=2, random_state=0).fit(x, noisy)
    location, std = fitted.predict(new, return_std=True)
    assert location.shape == std.shape == (400, 2)
    errors = np.square(truth - location).mean(axis=0) / truth.var(axis=0)
    assert errors[0] < 0.05
    assert 0.4 < errors[1] < 0.65  # by construction, no better than 0.5
    assert np.square((truth - location) / std).mean(axis=0)[1] == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize(
    ("estimator", "data", "least"),
    [
        (QuantumKernelRegressor(n_qubits=2, random_state=0), table, 0.98),
        (ReservoirRegressor(window=WINDOW, n_blocks=6, random_state=0), windows, 0.9),
        (make_pipeline(QuantumFeatures(random_state=0), RidgeCV()), table, 0.9),
        (make_pipeline(STATES, RidgeCV(np.logspace(-6, 2, 9))), windows, 0.8),
        (ReuploadingRegressor(n_qubits=2, epochs=50, random_state=0), table, 0.95),
    ],
)
def test_far_better_than_the_mean(estimator, data, least):
    assert estimator.fit(*data()).score(*data(seed=1)) > least


@pytest.mark.parametrize(
    ("estimator", "data"),
    [
        (QuantumKernelClassifier(n_qubits=2, random_state=0), table),
        (ReservoirClassifier(window=WINDOW, n_blocks=6, random_state=0), windows),
        (MemoryClassifier(k=10, n_qubits=3), table),
        (ReuploadingClassifier(n_qubits=2, epochs=30, random_state=0), table),
    ],
)
def test_labels_come_back_and_probabilities_sum_to_one(estimator, data):
    (x, y), (new, truth) = data(), data(200, seed=1)
    estimator.fit(x, labels(y))
    share = estimator.predict_proba(new)
    np.testing.assert_allclose(share.sum(axis=1), 1)
    assert (share >= 0).all()
    assert list(estimator.classes_) == ["high", "low", "middle"]
    np.testing.assert_array_equal(estimator.classes_[share.argmax(axis=1)], estimator.predict(new))
    assert estimator.score(new, labels(truth)) > 0.75


def test_features_are_expectations_of_standardised_inputs():
    x = table()[0]
    found = QuantumFeatures(n_qubits=2, n_blocks=2, random_state=7).fit(x)
    with seeded(derive(7, 0), CPU):
        circuits = FeatureCircuits(4, 2, bandwidth=0.3).double()
    z = torch.from_numpy((x - x.mean(axis=0)) / x.std(axis=0, ddof=1))
    with torch.no_grad():
        expected = circuits(z[:, [0, 1, 2, 0]].clamp(-5, 5))
    np.testing.assert_allclose(found.transform(x), expected, atol=1e-7)  # 0.3 in float32
    assert list(found.get_feature_names_out()) == [f"quantumfeatures{k}" for k in range(12)]


def test_a_reservoir_starts_at_rest_and_after_a_step_says_half_of_what_circuits_do():
    x = table()[0]
    options = {"n_qubits": 2, "bandwidth": 0.2, "random_state": 7}
    circuits, reservoir = (each(**options).fit(x) for each in (QuantumFeatures, ReservoirFeatures))
    values, rest = circuits.transform(x), circuits.transform(x.mean(axis=0, keepdims=True))
    np.testing.assert_allclose(reservoir.transform(x), (values - rest) / 2, atol=1e-12)


def test_without_couplings_a_value_depends_on_its_own_wire_only():
    x = table()[0]
    moved = x + np.eye(WIDTH)[0]
    for twin, n_changed in ((None, 12), ("separable", 6)):  # input 0 turns wires 0 and 3
        features = QuantumFeatures(n_qubits=2, twin=twin, random_state=0).fit(x)
        changed = np.abs(features.transform(moved) - features.transform(x)).max(axis=0) > 1e-6
        assert changed.sum() == n_changed


def test_shots_are_the_same_in_every_call_and_errors_fall_with_their_root():
    x = table(400)[0]
    exact = QuantumFeatures(random_state=0).fit(x).transform(x)
    errors = []
    for shots in (100, 10_000):
        measured = QuantumFeatures(shots=shots, random_state=0).fit(x)
        values = measured.transform(x)
        np.testing.assert_array_equal(values, measured.transform(x))
        errors.append(np.sqrt(np.mean((values - exact) ** 2 / (1 - exact**2))))
    np.testing.assert_allclose(errors, [0.1, 0.01], rtol=0.05)


def test_noise_shrinks_values():
    x = table()[0]
    sizes = [
        np.square(QuantumFeatures(noise=noise, random_state=0).fit(x).transform(x)).mean()
        for noise in (None, 0.02, 0.1)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


@pytest.mark.parametrize("k", [1, 7])
def test_votes_are_fidelities_of_whitened_components(k):
    (x, y), (new, _) = table(), table(40, seed=1)
    x, new = x * [1, 2, 3], new * [1, 2, 3]
    found = MemoryClassifier(k=k, n_qubits=2, copies=3).fit(x, y > 0)
    axes = PCA(2).fit(x)
    angles, asked = (
        np.clip(axes.transform(rows) / axes.transform(x).std(axis=0), -np.pi / 2, np.pi / 2)
        for rows in (x, new)
    )
    strength = np.prod(np.cos((asked[:, None] - angles) / 2) ** 2, axis=2) ** 3
    best = np.argsort(-strength, axis=1)[:, :k]
    votes = np.take_along_axis(strength, best, axis=1)
    expected = (votes * (y > 0)[best]).sum(axis=1) / votes.sum(axis=1)
    np.testing.assert_allclose(found.predict_proba(new)[:, 1], expected, atol=1e-9)
    assert MemoryClassifier(k=1, n_qubits=3).fit(x, y > 0).score(x, y > 0) > 0.95


def test_the_memorys_twin_weighs_by_distance():
    (x, y), (new, truth) = table(), table(200, seed=1)
    twin = MemoryClassifier(n_qubits=3, twin="classical").fit(x, y > 0)
    assert twin.score(new, truth > 0) > 0.75


def test_scales_of_reuploading_start_at_one():
    x, y = table(32)
    still = ReuploadingRegressor(n_qubits=2, n_layers=2, epochs=1, learning_rate=1e-12)
    weights = still.fit(x, y).network_.layer.weight.detach().numpy().reshape(2, -1)
    np.testing.assert_allclose(weights[:, :WIDTH], 1)
    assert np.abs(weights[:, WIDTH:]).max() < 1


def test_a_search_in_a_pipeline_chooses_a_coupling():
    x, y = table(60)
    kernel = QuantumKernelRegressor(n_qubits=2, random_state=0)
    grid = {"quantumkernelregressor__coupling": [0.0, 0.5]}
    search = GridSearchCV(make_pipeline(StandardScaler(), kernel), grid, cv=3).fit(x, y)
    alone = [
        clone(kernel).set_params(coupling=coupling, twin=twin).fit(x, y).predict(x)
        for coupling, twin in ((0.0, None), (0.5, "separable"))
    ]
    np.testing.assert_array_equal(*alone)
    assert search.best_score_ > 0.9
    assert len(set(search.cv_results_["mean_test_score"])) == 2


def random_states():
    return torch.get_rng_state().tolist(), str(np.random.get_state())  # noqa: NPY002


@pytest.mark.parametrize(
    "estimator",
    [
        QuantumKernelRegressor(n_qubits=2, shots=500),
        ReservoirRegressor(n_qubits=2, window=WIDTH),
        ReuploadingRegressor(n_qubits=2, epochs=2),
    ],
)
def test_answers_follow_from_the_random_state_and_leave_others_alone(estimator):
    (x, y), before = table(50), random_states()
    answers = [
        clone(estimator).set_params(random_state=state).fit(x, y).predict(x)
        for state in (3, np.int64(3), 4, np.random.RandomState(3), np.random.RandomState(3), None)
    ]
    assert random_states() == before
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[3], answers[4])
    assert len({each.tobytes() for each in answers}) == 4
    fitted = clone(estimator).set_params(random_state=3).fit(x, y)
    for copied in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(copied.predict(x), answers[0])


@pytest.mark.parametrize(
    ("estimator", "y", "error", "message"),
    [
        (ReservoirRegressor(window=2), None, DataError, "rows of 3 numbers and window=2: expected"),
        (ReservoirFeatures(window=0), None, DataError, "rows of 3 numbers and window=0: expected"),
        (ReservoirRegressor(lead=10), None, DataError, "30 rows and an embargo of 10: expected 4"),
        (QuantumKernelClassifier(), ["a"] * 30, DataError, "got one class, a, in all 30 rows"),
        (MemoryClassifier(), [1] * 30, DataError, "got one class, 1, in all 30 rows: expected two"),
        (MemoryClassifier(k=0), [1, 2] * 15, DataError, "got k 0: expected at least 1"),
        (QuantumKernelRegressor(), [3.0] * 30, DataError, "a target that is 3 in all 30 training"),
        (QuantumKernelRegressor(n_qubits=13), None, ValidationError, "less than or equal to 12"),
        (
            QuantumKernelRegressor(twin="plain"),
            None,
            ConfigError,
            "got twin=plain: expected None, ",
        ),
        (MemoryClassifier(twin="plain"), [1, 2] * 15, ConfigError, "got twin=plain: expected None"),
        (ReuploadingRegressor(n_qubits=0), None, ValidationError, "greater than or equal to 1"),
        (QuantumKernelRegressor(), ["a"] * 30, ValueError, "could not convert string"),
    ],
)
def test_what_cannot_be_is_refused(estimator, y, error, message):
    x, known = table(30)
    with pytest.raises(error, match=message):
        estimator.fit(x, known if y is None else y).predict(x)


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("qmann_core.estimators")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'qmann-core\[baselines\]'"):
        import_module("qmann_core.estimators")
