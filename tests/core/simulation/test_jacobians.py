"""Jacobians all at once, by torch.func and forwards, are those of one row after the other."""

import pytest
import torch
from torch.autograd.functional import hessian, jacobian

from qmann_core.circuits import (
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    angle,
    compose,
    strongly_entangling,
    z_each,
)
from qmann_core.config import MemoryConfig, QuantumConfig
from qmann_core.errors import CircuitError
from qmann_core.memory.trained.strengths import strength
from qmann_core.nn import QuantumAttention, QuantumGRU, QuantumLayer, QuantumLSTM
from qmann_core.simulation import NoiseModel, depolarising

pytestmark = pytest.mark.filterwarnings(  # of torch itself
    "ignore:.*torch.jit.script:FutureWarning", "ignore:There is a performance drop:UserWarning"
)
SMALL = QuantumConfig(n_qubits=2, n_layers=1)
MIXED = (
    Operation("RX", (0,), (Input(0) * Weight(0) + Input(1),)),
    Operation("CNOT", (0, 1)),
    Operation("RY", (1,), (Weight(1) * Weight(0),)),
)
CIRCUITS = {
    "angles": Circuit(3, compose(angle(3), strongly_entangling(3, 2)), z_each(3)),
    "amplitudes": Circuit(2, compose(amplitude(2), strongly_entangling(2, 2)), z_each(2)),
    "mixed": Circuit(2, MIXED, z_each(2)),
    "wide": Circuit(7, compose(angle(7), strongly_entangling(7, 1)), z_each(7)),
}


def of_circuit(name, strategy):
    layer = QuantumLayer(CIRCUITS[name], strategy=strategy, n_gates=2).double()
    return layer, (3, layer.circuit.n_inputs)


def of_weights(name, strategy):
    layer, shape = of_circuit(name, strategy)
    x = torch.randn(shape, dtype=torch.float64)
    call = torch.func.functional_call
    return lambda w: call(layer, {"weight": w}, (x,)), tuple(layer.weight.shape)


def noisy():
    layer = QuantumLayer(CIRCUITS["amplitudes"]).double()
    layer.noise = NoiseModel(one_wire=(depolarising(0.1),))
    return layer, (3, 4)


def recurrent(kind, part, **options):
    layer = kind(3, 4, quantum=SMALL, **options).double()
    last = (lambda x: torch.cat([s.flatten() for s in layer(x)[1]])) if part else None
    return last or (lambda x: layer(x)[0]), (4, 2, 3)


def attention():
    layer = QuantumAttention(4, 2, batch_first=True).double()
    return lambda x: layer(x, x, x)[0], (2, 3, 4)


def of_strength(read):
    config = MemoryConfig(kind="quantum", read=read, n_banks=2)
    return strength(config).double(), (2, 2, 3)


MADE = {
    **{
        f"{name} {strategy}": (of_circuit, name, strategy)
        for name in CIRCUITS
        for strategy in ("auto", "gates", "adjoint")
    },
    "fused": (of_circuit, "angles", "fused"),
    "weights": (of_weights, "angles", "auto"),
    "mixed weights": (of_weights, "mixed", "auto"),
    "noise": (noisy,),
    "lstm": (recurrent, QuantumLSTM, 0),
    "lstm states": (recurrent, QuantumLSTM, 1),
    "gru": (recurrent, QuantumGRU, 0),
    "attention": (attention,),
    "threshold": (of_strength, "threshold"),
    "polynomial": (of_strength, "polynomial"),
}


@pytest.fixture(autouse=True)
def _own_generator():
    with torch.random.fork_rng():
        torch.manual_seed(4)
        yield


def each(rows):
    return [row.clone().requires_grad_() for row in rows]


@pytest.mark.parametrize("name", MADE)
def test_jacobians_at_once_are_those_row_by_row(name):
    make, *given = MADE[name]
    function, shape = make(*given)
    x = torch.rand(shape, dtype=torch.float64, requires_grad=True)
    expected = jacobian(function, x)
    values = function(x)
    rows = torch.eye(values.numel(), dtype=torch.float64)
    (batched,) = torch.autograd.grad(values.reshape(-1), x, rows, is_grads_batched=True)
    for found in (
        batched.reshape(expected.shape),
        jacobian(function, x, vectorize=True),
        jacobian(function, x, vectorize=True, strategy="forward-mode"),
        torch.func.jacrev(function)(x.detach()),
        torch.func.jacfwd(function)(x.detach()),
    ):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)
    both = torch.stack([x, 0.5 * x]).detach()
    mapped = torch.func.vmap(function)(both)
    torch.testing.assert_close(mapped, torch.stack([function(b) for b in both]))
    mapped = torch.func.vmap(torch.func.grad(lambda z: function(z).square().sum()))(both)
    slopes = [torch.autograd.grad(function(b).square().sum(), b)[0] for b in each(both)]
    torch.testing.assert_close(mapped, torch.stack(slopes))


@pytest.mark.parametrize("name", ["angles auto", "mixed auto", "lstm", "gru"])
def test_hessians_at_once_are_those_row_by_row(name):
    make, *given = MADE[name]
    function, shape = make(*given)
    x = torch.rand(shape, dtype=torch.float64, requires_grad=True)
    made = [hessian(lambda z: function(z).square().sum(), x, vectorize=v) for v in (False, True)]
    torch.testing.assert_close(*made)


def test_second_derivatives_where_inputs_are_made_of_the_weights():
    layer = QuantumLayer(CIRCUITS["angles"]).double()

    def function(weights):
        x = torch.stack([weights[:3].sin(), weights[3:6] * weights[0]])
        return layer.plan(x, weights).square().sum()

    assert torch.autograd.gradgradcheck(function, (layer.weight.detach().requires_grad_(),))


@pytest.mark.parametrize("method", ["parameter_shift", "spsa", "finite_difference"])
def test_estimators_take_one_gradient_at_a_time(method):
    generator = torch.Generator().manual_seed(0)
    layer = QuantumLayer(CIRCUITS["angles"], gradient=method, generator=generator)
    x = torch.rand(3, requires_grad=True)
    with pytest.raises(CircuitError, match="takes one gradient at a time"):
        jacobian(layer, x, vectorize=True)
    for transform in (torch.func.jacrev, torch.func.jacfwd, torch.func.vmap):
        with pytest.raises(CircuitError, match="not by torch"):
            transform(layer)(torch.rand(2, 3))
