"""The compiled LSTM against the same equations step by step, and its memory of what it needs."""

import pytest
import torch

from qmann_core.config import QuantumConfig
from qmann_core.errors import CircuitError
from qmann_core.nn import QuantumLSTM
from qmann_core.simulation.recurrent import lstm
from qmann_core.simulation.recurrent.steps import unrolled


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def layer(n_qubits=3, hidden=4, *, cell="gated", **quantum):
    config = QuantumConfig(n_qubits=n_qubits, n_layers=2, **quantum)
    generator = torch.Generator().manual_seed(0)
    return QuantumLSTM(2, hidden, cell=cell, quantum=config, generator=generator).double()


def traced(monkeypatch, module, *inputs):
    """Outputs and gradients by PyTorch."""
    with monkeypatch.context() as patch:
        patch.setattr("qmann_core.nn.cells.lstm", lambda *given: unrolled(*given, traced=True))
        return differentiated(module, *inputs)


def differentiated(module, x, state=None):
    x = x.clone().requires_grad_()
    module.zero_grad()
    output, (h, c) = module(x, state)
    (output.square().sum() + 2 * h.sum() + 3 * (c * c).sum()).backward()
    gradients = [p.grad.clone() for p in module.parameters()]
    return [output.detach(), h.detach(), c.detach(), x.grad, *gradients]


@pytest.mark.parametrize(
    ("module", "time", "batch"),
    [
        (layer(), 6, 20),  # more samples than products: as a series
        (layer(), 2, 3),  # fewer: state by state
        (layer(6), 3, 9),
        (layer(gate_scaling=False), 6, 20),
        (layer(entangled=False), 6, 20),
        (layer(ansatz="qaoa"), 3, 5),  # inputs read twice
        (layer(6, cell="chen_v0"), 4, 10),
        (layer(n_qubits=1, hidden=1), 5, 17),
    ],
)
def test_compiled_equals_step_by_step(monkeypatch, module, time, batch):
    x = normal(time, batch, 2)
    state = (normal(1, batch, module.hidden_size, seed=1), normal(1, batch, module.hidden_size))
    expected = traced(monkeypatch, module, x, state)
    for found, known in zip(differentiated(module, x, state), expected, strict=True):
        torch.testing.assert_close(found, known, atol=1e-10, rtol=1e-9)


def test_sequences_that_end(monkeypatch):
    module = layer()
    lengths = torch.tensor([6, 1, 4, 2] * 8)
    x = torch.nn.utils.rnn.pack_padded_sequence(normal(6, 32, 2), lengths, enforce_sorted=False)
    packed, (h, c) = module(x)
    with monkeypatch.context() as patch:
        patch.setattr("qmann_core.nn.cells.lstm", lambda *given: unrolled(*given, traced=True))
        known, (known_h, known_c) = module(x)
    torch.testing.assert_close(packed.data, known.data)
    torch.testing.assert_close((h, c), (known_h, known_c))


def test_states_that_were_not_kept_are_made_again(monkeypatch):
    module, x = layer(6), normal(3, 9, 2)
    expected = differentiated(module, x)
    monkeypatch.setattr(lstm, "KEPT", 0)
    for found, known in zip(differentiated(module, x), expected, strict=True):
        torch.testing.assert_close(found, known, atol=1e-14, rtol=0)


def test_without_gradients_the_same_values():
    module, x = layer(), normal(6, 20, 2)
    with torch.no_grad():
        quiet, _ = module(x)
    assert torch.equal(quiet, module(x)[0])


def test_second_derivatives():
    module = layer(2, 2)
    names, values = zip(*module.named_parameters(), strict=True)
    values = tuple(value.detach().clone().requires_grad_() for value in values)

    def run(x, *parameters):
        given = dict(zip(names, parameters, strict=True))
        output, (h, c) = torch.func.functional_call(module, given, (x,))
        return output, h, c

    x = normal(4, 5, 2).requires_grad_()
    assert torch.autograd.gradcheck(run, (x, *values))
    assert torch.autograd.gradgradcheck(lambda x: run(x, *values), (x[:2, :2],))


@pytest.mark.parametrize("strategy", ["kernel", "fused", "gates"])
def test_a_step_that_is_not_finite(strategy):
    x = normal(3, 4, 2)
    x[1, 2, 0] = torch.inf
    with pytest.raises(CircuitError, match=r"input 0 of sample 6 .* is inf: circuits need finite"):
        layer(strategy=strategy)(x)


def test_no_samples():
    module, x = layer(), torch.zeros(5, 0, 2, dtype=torch.float64)
    output, _ = module(x)
    output.sum().backward()
    assert output.shape == (5, 0, 4)
    assert all(torch.all(parameter.grad == 0) for parameter in module.parameters())
