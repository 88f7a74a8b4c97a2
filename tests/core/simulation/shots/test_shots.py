"""Gradients from values: exactness, error laws, unbiasedness, and what has no gradient."""

import inspect
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from qmann_core.circuits import (
    ANSATZE,
    GATES,
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    angle,
    chen_v0,
    compose,
    hadamard_angle,
    iqp,
    pauli,
    probabilities,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.simulation import compile_circuit
from qmann_core.simulation.reference import expectations
from qmann_core.simulation.shots import Estimator, differences, sampling, shift

WORDS = (*z_each(3), pauli("XY", (0, 2)))
REUPLOADED = Circuit(
    3, compose(angle(3), strongly_entangling(3, 2), angle(3, axis="X"), chen_v0(3, 1)), WORDS
)
PLAIN = Circuit(2, compose(hadamard_angle(2), strongly_entangling(2, 1)), z_each(2))
AMPLITUDES = Circuit(2, compose(amplitude(2), strongly_entangling(2, 2)), z_each(2))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0, grad=False):
    values = torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)
    return values.requires_grad_(grad)


def leaves(circuit, batch=(), gates=()):
    inputs = normal(*batch, circuit.n_inputs, grad=True)
    return inputs, normal(*gates, circuit.n_weights, seed=1, grad=True)


def pulled_back(function, inputs, weights, wanted=None):
    """Gradients of a fixed random combination of all values."""
    values = function(inputs, weights)
    cotangent = normal(*values.shape, seed=2)
    return torch.autograd.grad(values, wanted or (inputs, weights), cotangent)


def by_engine(circuit, inputs, weights):
    return pulled_back(compile_circuit(circuit), inputs, weights)


def by_reference(circuit, parameters, n_inputs, step=2e-3):
    """The Jacobian of the reference by differences of fourth order: to about 1e-12."""

    def values(moved):
        return expectations(circuit, moved[:n_inputs], moved[n_inputs:])

    columns = []
    for direction in step * np.eye(len(parameters)):
        near = values(parameters + direction) - values(parameters - direction)
        far = values(parameters + 2 * direction) - values(parameters - 2 * direction)
        columns.append((8 * near - far) / (12 * step))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize(
    ("batch", "gates"), [((), ()), ((4,), ()), ((), (2,)), ((3, 2), (2, 2)), ((0,), (2,))]
)
def test_parameter_shift_is_exact_along_all_leading_axes(batch, gates):
    inputs, weights = leaves(REUPLOADED, batch, gates)
    estimator = Estimator(REUPLOADED)
    torch.testing.assert_close(
        estimator(inputs, weights), compile_circuit(REUPLOADED)(inputs, weights)
    )
    found = pulled_back(estimator, inputs, weights)
    for one, other in zip(found, by_engine(REUPLOADED, inputs, weights), strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


@pytest.mark.parametrize("name", ANSATZE)
def test_parameter_shift_is_exact_for_every_ansatz(name):
    observables = (*probabilities((2, 0)), pauli("XYZ"))
    circuit = Circuit(3, compose(iqp(3), ANSATZE[name](3, 2)), observables)
    inputs, weights = leaves(circuit, batch=(2,))
    found = pulled_back(Estimator(circuit), inputs, weights)
    for one, other in zip(found, by_engine(circuit, inputs, weights), strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


@pytest.mark.parametrize("gate", [gate for gate, one in GATES.items() if one.n_parameters])
def test_parameter_shift_is_exact_for_every_gate_and_polynomial(gate):
    mixed = (2 * Input(0) * Weight(0) - 0.5, Weight(1) * Weight(1), Input(1) + Weight(0))
    signature = GATES[gate]
    operations = (
        *(Operation(turn, (wire,), (0.7 + wire,)) for turn in ("RX", "RZ") for wire in range(2)),
        Operation(gate, tuple(range(signature.n_wires)), mixed[: signature.n_parameters]),
        *strongly_entangling(2, 1)[:2],  # reads weights 0..5
        Operation("CNOT", (0, 1)),
    )
    circuit = Circuit(2, operations, (*z_each(2), pauli("XY")))
    inputs = normal(max(circuit.n_inputs, 1), grad=True)[: circuit.n_inputs]
    weights = normal(circuit.n_weights, seed=1, grad=True)
    found = torch.autograd.functional.jacobian(Estimator(circuit), (inputs, weights))
    parameters = torch.cat([inputs, weights]).detach().numpy()
    expected = by_reference(circuit, parameters, circuit.n_inputs)
    np.testing.assert_allclose(torch.cat(found, dim=-1), expected, atol=1e-10)


@pytest.mark.parametrize("method", ["parameter_shift", "spsa", "finite_difference"])
def test_only_what_is_asked_for_is_derived(method):
    inputs, weights = leaves(PLAIN, batch=(3,))

    def run(x, w):
        return Estimator(PLAIN, method, directions=3)(x, w, seeded())

    assert not run(inputs.detach(), weights.detach()).requires_grad
    with torch.no_grad():
        assert not run(inputs, weights).requires_grad
    tolerance = 3 if method == "spsa" else 1e-6
    of_inputs, of_weights = by_engine(PLAIN, inputs, weights)
    (found,) = pulled_back(run, inputs, weights.detach(), wanted=(inputs,))
    torch.testing.assert_close(found, of_inputs, atol=tolerance, rtol=0)
    (found,) = pulled_back(run, inputs.detach(), weights, wanted=(weights,))
    torch.testing.assert_close(found, of_weights, atol=tolerance, rtol=0)


@pytest.mark.parametrize("method", ["parameter_shift", "finite_difference"])
def test_parameters_that_nothing_reads_have_gradient_zero(method):
    circuit = Circuit(1, (Operation("RX", (0,), (Weight(1),)),), z_each(1))
    weights = torch.tensor([0.3, 0.8], requires_grad=True)
    Estimator(circuit, method)(torch.empty(0), weights, seeded()).backward()
    torch.testing.assert_close(
        weights.grad, torch.tensor([0, -np.sin(0.8)]).float(), atol=1e-3, rtol=0
    )


@pytest.mark.parametrize("method", ["parameter_shift", "spsa", "finite_difference"])
def test_no_weights_have_no_gradient(method):
    fixed = Circuit(1, (Operation("H", (0,)),), (pauli("X"),))
    nothing = torch.empty(0, requires_grad=True)
    Estimator(fixed, method)(torch.empty(0), nothing, seeded()).backward()
    assert nothing.grad.shape == (0,)


def test_central_differences_have_an_error_of_second_order():
    inputs, weights = leaves(REUPLOADED, (3,), (2,))
    exact = by_engine(REUPLOADED, inputs, weights)
    errors = []
    for step in (0.1, 0.05):
        estimator = Estimator(REUPLOADED, "finite_difference", step=step)
        found = pulled_back(estimator, inputs, weights)
        errors.append([(a - b).norm() for a, b in zip(found, exact, strict=True)])
    np.testing.assert_allclose(np.divide(*errors), [4, 4], rtol=0.02)


def test_the_default_step_balances_the_errors():
    inputs, weights = leaves(REUPLOADED, (3,), (2,))
    found = pulled_back(Estimator(REUPLOADED, "finite_difference"), inputs, weights)
    for one, other in zip(found, by_engine(REUPLOADED, inputs, weights), strict=True):
        torch.testing.assert_close(one, other, atol=1e-8, rtol=0)


def test_amplitudes_are_derived_by_differences():
    inputs, weights = leaves(AMPLITUDES, (3,))
    found = pulled_back(Estimator(AMPLITUDES, "finite_difference"), inputs, weights)
    for one, other in zip(found, by_engine(AMPLITUDES, inputs, weights), strict=True):
        torch.testing.assert_close(one, other, atol=1e-8, rtol=0)


@pytest.mark.parametrize("n_amplitudes", [1, 3, 4])
def test_weights_after_an_amplitude_encoding_are_shifted(n_amplitudes):
    encoding = amplitude(2, n_amplitudes)
    circuit = replace(AMPLITUDES, operations=encoding + AMPLITUDES.operations[1:])
    inputs, weights = leaves(circuit, (3,), (2,))
    (found,) = pulled_back(Estimator(circuit), inputs.detach(), weights, wanted=(weights,))
    expected = by_engine(circuit, inputs, weights)[1]
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=0)


def test_amplitudes_have_no_shift_rule():
    inputs, weights = leaves(AMPLITUDES, (3,))
    with pytest.raises(CircuitError, match=r"operation 0 \(AmplitudeEncoding\): .* or pass inputs"):
        Estimator(AMPLITUDES)(inputs, weights)
    with torch.no_grad():
        Estimator(AMPLITUDES)(inputs, weights)


@pytest.mark.parametrize("method", ["parameter_shift", "finite_difference"])
def test_gradients_from_shots_are_unbiased_with_the_error_of_shots(method):
    rows = 800
    inputs = normal(2).expand(rows, 2).clone().requires_grad_()
    weights = normal(PLAIN.n_weights, seed=1)
    step = None if method == "parameter_shift" else 0.2
    values = compile_circuit(PLAIN)(inputs, weights)
    (exact,) = torch.autograd.grad(values[:, 0].sum(), inputs)
    deviations = []
    for shots in (25, 400):
        estimator = Estimator(PLAIN, method, shots=shots, step=step)
        values = estimator(inputs, weights, seeded())
        (found,) = torch.autograd.grad(values[:, 0].sum(), inputs)
        deviation = found.std(0)
        bias = 0 if step is None else step**2 / 6
        assert ((found.mean(0) - exact[0]).abs() < 4 * deviation / rows**0.5 + bias).all()
        deviations.append(deviation)
    np.testing.assert_allclose(deviations[0] / deviations[1], 4, rtol=0.1)


def test_values_from_shots_are_estimates():
    inputs, weights = normal(400, 2), normal(PLAIN.n_weights)
    found = Estimator(PLAIN, shots=100)(inputs, weights, seeded())
    exact = compile_circuit(PLAIN)(inputs, weights)
    scaled = (found - exact) / ((1 - exact**2) / 100).sqrt()
    assert scaled.std() == pytest.approx(1, abs=0.1)
    multiples = found * 50
    torch.testing.assert_close(multiples, multiples.round())


def test_spsa_is_unbiased_for_inputs_and_weights():
    sets = 2000
    inputs = normal(2).expand(sets, 2).clone().requires_grad_()
    weights = normal(PLAIN.n_weights, seed=1).expand(sets, -1).clone().requires_grad_()
    exact_inputs, exact_weights = by_engine(PLAIN, *leaves(PLAIN))
    cotangent = normal(2, seed=2)
    estimator = Estimator(PLAIN, "spsa")
    values = estimator(inputs, weights[0], seeded())
    (found,) = torch.autograd.grad(values, inputs, cotangent.expand(sets, 2))
    error = found.mean(0) - exact_inputs
    assert (error.abs() < 4 * found.std(0) / sets**0.5 + 1e-9).all()
    values = estimator(inputs[0], weights, seeded())
    (found,) = torch.autograd.grad(values, weights, cotangent.expand(sets, 2))
    error = found.mean(0) - exact_weights
    assert (error.abs() < 4 * found.std(0) / sets**0.5 + 1e-9).all()


def test_inputs_and_weights_move_together_in_spsa():
    rows = 30
    inputs, weights = leaves(PLAIN)
    exact = by_engine(PLAIN, inputs, weights)
    inputs = inputs.detach().expand(rows, -1).clone().requires_grad_()
    weights = weights.detach().expand(rows, -1).clone().requires_grad_()
    values = Estimator(PLAIN, "spsa", directions=60)(inputs, weights, seeded())
    cotangent = normal(2, seed=2).expand(rows, rows, 2) / rows
    found = torch.autograd.grad(values, (inputs, weights), cotangent)
    for one, other in zip(found, exact, strict=True):
        torch.testing.assert_close(one.mean(0), other, atol=0.1, rtol=0)


def test_directions_of_spsa_are_averaged():
    sets = 2000
    weights = normal(PLAIN.n_weights, seed=1).expand(sets, -1).clone().requires_grad_()
    deviations = []
    for directions in (1, 16):
        values = Estimator(PLAIN, "spsa", directions=directions)(normal(2), weights, seeded())
        (found,) = torch.autograd.grad(values.sum(), weights)
        deviations.append(found.std(0))
    np.testing.assert_allclose(deviations[0] / deviations[1], 4, rtol=0.1)


@pytest.mark.parametrize("method", ["parameter_shift", "finite_difference"])
def test_chunks_do_not_change_gradients(method, monkeypatch):
    inputs, weights = leaves(REUPLOADED, (5,), (2,))
    whole = pulled_back(Estimator(REUPLOADED, method), inputs, weights)
    for module in (sampling, shift, differences):
        monkeypatch.setattr(module, "MAX_AMPLITUDES", 56)
    parts = pulled_back(Estimator(REUPLOADED, method), inputs, weights)
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, other, atol=1e-9, rtol=0)


@pytest.mark.parametrize("method", ["parameter_shift", "spsa", "finite_difference"])
def test_single_precision_stays_single(method):
    inputs, weights = (leaf.detach().float().requires_grad_() for leaf in leaves(PLAIN, (3,)))
    estimator = Estimator(PLAIN, method, shots=20)
    values = estimator(inputs, weights, seeded())
    values.sum().backward()
    assert values.dtype == inputs.grad.dtype == weights.grad.dtype == torch.float32


@pytest.mark.parametrize("method", ["parameter_shift", "spsa", "finite_difference"])
def test_the_generator_decides_everything(method):
    before = torch.get_rng_state()
    estimator = Estimator(PLAIN, method, shots=20)

    def gradient(seed):
        inputs, weights = leaves(PLAIN, (2,))
        estimator(inputs, weights, seeded(seed)).sum().backward()
        return torch.cat([inputs.grad.flatten(), weights.grad])

    assert torch.equal(gradient(0), gradient(0))
    assert not torch.equal(gradient(0), gradient(1))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("method", ["parameter_shift", "spsa"])
def test_a_rotation_is_learnt_from_shots(method):
    circuit = Circuit(1, (Operation("RY", (0,), (Weight(0),)),), z_each(1))
    estimator = Estimator(circuit, method, shots=200)
    weights = torch.tensor([0.4], requires_grad=True)
    optimiser = torch.optim.SGD([weights], lr=0.8)
    generator = seeded()
    for _ in range(15):
        optimiser.zero_grad()
        estimator(torch.empty(0), weights, generator).sum().backward()
        optimiser.step()
    assert weights.item() == pytest.approx(np.pi, abs=0.15)  # <Z> = cos(w) is least


def test_an_estimator_is_a_value():
    estimator = Estimator(PLAIN, "spsa", shots=10, directions=2)
    assert pickle.loads(pickle.dumps(estimator)) == estimator
    assert hash(estimator) == hash(Estimator(PLAIN, "spsa", shots=10, directions=2))


def test_second_derivatives_are_refused():
    inputs, weights = leaves(PLAIN)
    values = Estimator(PLAIN)(inputs, weights)
    with pytest.raises(CircuitError, match="has no second derivatives; differentiate twice thr"):
        torch.autograd.grad(values.sum(), weights, create_graph=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shots": 0}, "shots are a positive integer or None, got 0"),
        ({"step": 0.0}, "step is above 0 and at most pi, got 0.0"),
        ({"step": float("nan")}, "step is above 0 and at most pi, got nan"),
        ({"directions": 0}, "directions are a positive integer, got 0"),
        ({"circuit": Circuit(1, angle(1), ())}, "the circuit measures nothing"),
    ],
)
def test_estimators_that_make_no_sense(options, message):
    with pytest.raises(CircuitError, match=message):
        Estimator(**{"circuit": PLAIN, **options})


def test_an_unknown_method():
    unchecked = inspect.unwrap(Estimator.__init__)  # past the check of annotations
    with pytest.raises(CircuitError, match=r"unknown method 'guess'; use one of \('parameter_sh"):
        unchecked(object.__new__(Estimator), PLAIN, "guess")


@pytest.mark.parametrize("options", [{"shots": 5}, {"method": "spsa"}])
def test_random_numbers_need_a_generator(options):
    with pytest.raises(CircuitError, match=r"draws random numbers; pass generator=torch.Generator"):
        Estimator(PLAIN, **options)(*leaves(PLAIN))


@pytest.mark.parametrize(("n_inputs", "n_weights", "what"), [(3, 6, "inputs"), (2, 7, "weights")])
def test_wrong_widths_are_named(n_inputs, n_weights, what):
    with pytest.raises(CircuitError, match=f"{what} have shape .* their last axis"):
        Estimator(PLAIN)(normal(4, n_inputs), normal(n_weights))
