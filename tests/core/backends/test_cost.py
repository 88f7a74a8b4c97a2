"""Forecasts of cost are what the fake service then counts."""

from itertools import count
from math import ceil

import numpy as np
import pytest
import torch
from fake_service import FakeService

from qmann_core.backends import backend
from qmann_core.backends.cost import Cost, Gradient, Size, forecast, size_of
from qmann_core.backends.ledger import Ledger
from qmann_core.backends.service import Request
from qmann_core.circuits import (
    ANSATZE,
    Circuit,
    Operation,
    Weight,
    amplitude,
    angle,
    compose,
    elementary,
    iqp,
    pauli,
    z_each,
)
from qmann_core.config import PriceConfig
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.interop import to_qiskit
from qmann_core.simulation import Estimator, measurements

N_WIRES = 3
XYZ = tuple(pauli(letter, (wire,)) for letter in "XYZ" for wire in range(N_WIRES))
CIRCUITS = {
    "three settings": compose(angle(N_WIRES), ANSATZE["strongly_entangling"](N_WIRES, 1)),
    "polynomials": compose(iqp(N_WIRES), ANSATZE["qaoa"](N_WIRES, 1)),
    "controlled": (*angle(N_WIRES), Operation("CRX", (0, 1), (Weight(0),))),
}
GRADIENTS = [
    Gradient("parameter_shift"),
    Gradient("parameter_shift", inputs=True),
    Gradient("spsa", directions=2),
    Gradient("finite_difference", inputs=True),
]


@pytest.fixture
def service(tmp_path):
    return FakeService(tmp_path / "service")


@pytest.fixture
def run(tmp_path, service):
    """Answers an Estimator by the service, each time with another seed."""
    ledger, seeds = Ledger(tmp_path / "jobs"), count()

    def run(circuit, rows):
        request = Request(
            device="fake",
            program=repr(circuit).encode(),
            parameters=rows.detach().double().numpy(),
            settings=len(measurements(circuit.observables)),
            shots=7,
            seed=next(seeds),
        )
        means = torch.from_numpy(ledger.run([request], service)[0]["mean"])
        return means.expand(len(rows), len(circuit.observables))

    return run


def counted(service):
    return {name: n for name, n in service.counts().items() if name in ("circuits", "shots")}


def forecasted(*given, **options):
    cost = forecast(*given, **options)
    return {"circuits": cost.circuits, "shots": cost.shots}


@pytest.mark.parametrize("operations", CIRCUITS.values(), ids=CIRCUITS)
@pytest.mark.parametrize("gradient", GRADIENTS, ids=str)
def test_the_forecast_of_a_training_is_what_is_counted(service, run, operations, gradient):
    """Two epochs of 3 samples in batches of 2, which is a step of 1, too."""
    circuit = Circuit(N_WIRES, operations, XYZ)
    generator = torch.Generator().manual_seed(0)
    estimator = Estimator(
        circuit, gradient.method, shots=7, step=0.1, directions=gradient.directions
    )
    inputs = torch.rand(3, circuit.n_inputs, dtype=torch.float64)
    weights = torch.rand(circuit.n_weights, dtype=torch.float64, requires_grad=True)
    for _ in range(2):
        for batch in inputs.split(2):
            batch.requires_grad_(gradient.inputs)
            values = estimator(batch, weights, generator, run)
            if values.requires_grad:
                values.sum().backward()
    assert counted(service) == forecasted(circuit, 3, shots=7, gradient=gradient, passes=2)
    assert service.counts()["jobs"] == 2 * 2


@pytest.mark.parametrize("observables", [z_each(N_WIRES), XYZ, (pauli("XX"), pauli("ZZ"))])
def test_the_forecast_of_inference_is_what_is_counted(service, run, observables):
    circuit = Circuit(N_WIRES, CIRCUITS["three settings"], observables)
    weights = torch.zeros(circuit.n_weights, dtype=torch.float64)
    Estimator(circuit)(torch.rand(256, N_WIRES).double(), weights, run=run)
    assert counted(service) == forecasted(circuit, 256, shots=7)
    assert service.counts()["jobs"] == 1


def test_time_and_money_follow_from_the_table():
    price = PriceConfig(seconds_per_circuit=2, seconds_per_shot=0.5, money_per_second=1.5)
    cost = forecast(
        Circuit(N_WIRES, angle(N_WIRES), XYZ), 4, shots=10, price=price, size=Size(7, 3)
    )
    assert cost == Cost(
        circuits=12, settings=3, shots=120, depth=7, two_wire_gates=3, seconds=84.0, money=126.0
    )
    exact = forecast(Circuit(N_WIRES, angle(N_WIRES), XYZ), 4, shots=None, price=price)
    assert (exact.shots, exact.seconds) == (0, 24)
    total = cost + exact
    assert total == Cost(
        circuits=24, settings=3, shots=120, depth=7, two_wire_gates=3, seconds=108.0, money=162.0
    )


def test_a_back_end_forecasts_its_own():
    circuit, price = Circuit(N_WIRES, angle(N_WIRES), XYZ), PriceConfig(money_per_second=2)
    cost = backend("exact").cost(circuit, 4, shots=10, passes=3, price=price)
    assert cost == forecast(circuit, 4, shots=10, passes=3, price=price)
    with pytest.raises(CircuitError, match=r"shots: expected a whole number from 1 .*, got 0"):
        backend("exact").cost(circuit, 4, shots=0)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"most_circuits": 11}, "would take 12 circuits, above the limit most_circuits=11"),
        ({"most_shots": 11_999}, "would take 12,000 shots, above the limit most_shots=11,999"),
        ({"most_seconds": 2.5}, "would take 3.0 seconds, above the limit most_seconds=2.5"),
        ({"most_money": 5.9}, "would take 6.0 money, above the limit most_money=5.9"),
    ],
)
def test_what_is_above_a_limit_is_refused(limit, message):
    price = PriceConfig(money_per_second=2, **limit)
    cost = forecast(Circuit(N_WIRES, angle(N_WIRES), XYZ), 4, shots=1000, price=price)
    with pytest.raises(ConfigError, match=message):
        cost.check(price)
    (name,) = limit
    cost.check(price.model_copy(update={name: ceil(limit[name]) + 1}))


@pytest.mark.parametrize("ansatz", ANSATZE.values(), ids=ANSATZE)
def test_the_size_is_that_of_qiskits_circuit(ansatz):
    circuit = Circuit(4, compose(angle(4), ansatz(4, 2)), z_each(4))
    steps = tuple(step for operation in circuit.operations for step in elementary(operation))
    made = to_qiskit(Circuit(4, steps, ()))
    assert size_of(circuit) == Size(made.depth(), made.num_nonlocal_gates())


@pytest.mark.parametrize("n_wires", [1, 2, 5])
def test_amplitudes_take_two_to_the_wires(n_wires):
    """A tree of multiplexed rotations: sum of 2**k CNOTs from k = 1 to n - 1."""
    circuit = Circuit(n_wires, amplitude(n_wires), z_each(n_wires))
    assert size_of(circuit).two_wire_gates == 2**n_wires - 2
    assert size_of(Circuit(3, (Operation("Toffoli", (0, 1, 2)),), ())).two_wire_gates == 6


def test_no_weights_no_gradient():
    circuit = Circuit(N_WIRES, angle(N_WIRES), z_each(N_WIRES))
    assert Gradient().evaluations(circuit) == 0
    assert Gradient(inputs=True).evaluations(circuit) == 2 * N_WIRES
    assert np.isclose(forecast(circuit, 1, shots=1000).seconds, 0.25)
