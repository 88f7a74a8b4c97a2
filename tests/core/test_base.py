"""Which parameters steer circuits, and how many there are."""

import torch
from torch import nn

from qmann_core.base import (
    ClassicalComponent,
    HybridComponent,
    QMANNBase,
    QuantumComponent,
    classical_parameters,
    quantum_parameters,
)


class Circuit(QuantumComponent):
    """Two circuit weights, and a dense child whose parameters are none."""

    def __init__(self):
        super().__init__()
        self.angles = nn.Parameter(torch.zeros(2))
        self.inside = nn.Linear(3, 1)
        self.register_buffer("table", torch.zeros(7))


class Dense(ClassicalComponent):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(5))


class Model(HybridComponent):
    def __init__(self):
        super().__init__()
        self.circuits = nn.ModuleList([Circuit(), nn.Sequential(Circuit(), Dense())])
        self.own = nn.Parameter(torch.zeros(11))


def test_only_a_circuits_own_parameters_are_quantum():
    model = Model()
    first, (second, _) = model.circuits
    assert [id(p) for p in quantum_parameters(model)] == [id(first.angles), id(second.angles)]


def test_every_parameter_is_either_quantum_or_classical():
    model = Model()
    quantum = [id(p) for p in quantum_parameters(model)]
    classical = [id(p) for p in classical_parameters(model)]
    assert sorted(quantum + classical) == sorted(id(p) for p in model.parameters())
    assert not list(quantum_parameters(Dense()))
    assert [p.shape for p in classical_parameters(Dense())] == [(5,)]


def test_parameters_are_counted_once_and_only_if_trained():
    model = Model()
    circuit = 2 + 3 + 1
    assert model.parameter_count() == 2 * circuit + 5 + 11
    model.circuits.append(model.circuits[0])  # shared
    assert model.parameter_count() == 2 * circuit + 5 + 11
    model.own.requires_grad_(False)
    assert model.parameter_count() == 2 * circuit + 5
    assert isinstance(model, QMANNBase)
