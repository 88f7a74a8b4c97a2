"""Channels that are learned: those of the simulator, up to what no circuit can tell apart."""

from dataclasses import replace

import pytest
import torch
from refused import refused

from qmann_core.backends import backend
from qmann_core.circuits import Circuit, Operation, pauli, z_each
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.mitigation import PEC, MitigationPipeline, Readout, learned_pec
from qmann_core.simulation import (
    NoiseModel,
    PauliChannel,
    ReadoutConfusion,
    amplitude_damping,
    depolarising,
    pauli_channel,
    phase_damping,
    transfer_matrix,
)
from qmann_core.simulation.noise.rates import pauli_words

NOTHING = torch.zeros(0, dtype=torch.float64)
ROW = torch.zeros(1, 0, dtype=torch.float64)
TURN = Operation("SX", (0,)), Operation("RZ", (0,), (0.3,)), Operation("SX", (0,))
MISREAD = (ReadoutConfusion(0.03, 0.08),)
ONE, TWO = depolarising(0.002), depolarising(0.02, n_wires=2)
UNITARIES = {
    "CNOT": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]],
    "CZ": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, -1]],
    "CY": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, -1j], [0, 0, 1j, 0]],
    "SWAP": [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]],
}


def linked(gate="CNOT", wires=(0, 1)):
    return Circuit(2, (*TURN, Operation(gate, wires)), (pauli("ZZ"), pauli("XI"), pauli("IZ")))


def device(one, two, readout=MISREAD):
    return backend("exact", noise=NoiseModel(one, two, readout))


def kept(channel):
    return channel.transfer(torch.float64).diagonal()


@pytest.mark.parametrize("readout", [(), MISREAD])
@pytest.mark.parametrize(
    ("one", "two"),
    [
        (ONE, TWO),
        (depolarising(0.03), depolarising(0.1, n_wires=2)),
        (pauli_channel(0.001, 0.002, 0.004), TWO),
        (phase_damping(0.01), TWO),
    ],
)
def test_what_is_learned_is_what_there_is(one, two, readout):
    """Whatever preparation and measurement do."""
    found = learned_pec(device((one,), (two,), readout), linked(wires=(1, 0))).by_wires
    assert set(found) == {(0,), (1,), (1, 0)}
    for wires, channel in found.items():
        expected = kept(one if len(wires) == 1 else two)
        torch.testing.assert_close(kept(channel), expected, atol=1e-9, rtol=0)


@pytest.mark.parametrize("gate", UNITARIES)
def test_a_word_and_its_image_share_what_they_keep(gate):
    """All that can be learned of them is the product of what both keep."""
    chances = dict.fromkeys(pauli_words(2)[1:], 0.001)
    chances |= {"XI": 0.003, "YZ": 0.002, "ZI": 0.005, "IZ": 0.004}
    channel = PauliChannel(tuple(chances), tuple(chances.values()))
    found = learned_pec(device((ONE,), (channel,)), linked(gate)).by_wires[0, 1]
    unitary = torch.tensor(UNITARIES[gate], dtype=torch.complex128)
    image = transfer_matrix(unitary[None]).abs().argmax(0)
    expected = (kept(channel) * kept(channel)[image]).sqrt()
    torch.testing.assert_close(kept(found), expected, atol=1e-9, rtol=0)


def test_decay_is_learned_as_its_twirl_to_second_order():
    for gamma in (0.002, 0.008):
        one = two = (amplitude_damping(gamma),)
        found = learned_pec(device(one, two), linked()).by_wires
        single = kept(one[0])
        torch.testing.assert_close(kept(found[0,]), single, atol=1e-9, rtol=0)
        pair = torch.kron(single, single)
        assert (kept(found[0, 1]).prod() - pair.prod()).abs() < 200 * gamma**2


def test_shots():
    noisy, exact = device((ONE,), (TWO,)), kept(TWO)
    found = torch.stack(
        [
            kept(learned_pec(noisy, linked(), shots=2000, seed=997 * seed).by_wires[0, 1])
            for seed in range(8)
        ]
    )
    spread = found.std(0)[1:]
    assert spread.max() < 0.002
    assert ((found.mean(0) - exact)[1:].abs() < 4.5 * spread / len(found) ** 0.5).all()


def test_it_cancels_as_what_is_known():
    noisy = device((ONE,), (TWO,))
    learned, known = learned_pec(noisy, linked()), PEC((ONE,), (TWO,))
    assert learned.gamma(linked()) == pytest.approx(known.gamma(linked()), rel=1e-6)
    learned, known = (
        MitigationPipeline([Readout(), stage]).run(noisy, linked(), ROW, NOTHING).values
        for stage in (learned, known)
    )
    torch.testing.assert_close(learned, known, atol=1e-6, rtol=0)


def test_gates_that_are_free():
    noisy = device((ONE,), (TWO,))
    found = learned_pec(noisy, linked(), free=("SX", "RZ"))
    assert found.free == ("SX", "RZ")
    assert {site.wires for site in found.sites(linked())} == {(0, 1)}


def test_channels_of_some_wires():
    """As those of all, where they are the same; inserted gates without a channel are free."""
    pairs = {(0, 1): TWO, (0,): ONE, (1,): ONE}
    expected = PEC((ONE,), (TWO,)).sites(linked())
    for ours, theirs in zip(PEC(by_wires=pairs).sites(linked()), expected, strict=True):
        assert ours[:2] == theirs[:2]
        torch.testing.assert_close(ours.quasi, theirs.quasi)
    circuit = Circuit(2, (Operation("CNOT", (0, 1)),), z_each(2))
    [alone] = PEC(by_wires={(0, 1): TWO}).sites(circuit)
    [free] = PEC((ONE,), (TWO,), free=("X", "Y", "Z")).sites(circuit)
    torch.testing.assert_close(alone.quasi, free.quasi)


@pytest.mark.slow
def test_wires_that_differ():
    """On Aer, whose qubits have errors and readings of their own."""
    aer = pytest.importorskip("qiskit_aer.noise")
    noise = aer.NoiseModel(basis_gates=["rz", "sx", "x", "cx"])
    for qubit, rate in ((0, 0.004), (1, 0.01)):
        noise.add_quantum_error(aer.depolarizing_error(rate, 1), ["sx", "x"], [qubit])
        noise.add_readout_error([[0.97, 0.03], [0.1 * (1 + qubit), 0.9 - 0.1 * qubit]], [qubit])
    noise.add_quantum_error(aer.depolarizing_error(0.03, 2), ["cx"], [0, 1])
    noise.add_quantum_error(aer.depolarizing_error(0.01, 2), ["cx"], [1, 0])
    there = backend("aer", noise=noise)
    both = replace(linked(), operations=(*linked().operations, Operation("CNOT", (1, 0))))
    found = learned_pec(there, both, free=("RZ",)).by_wires
    for wires, rate in {(0,): 0.004, (1,): 0.01, (0, 1): 0.03, (1, 0): 0.01}.items():
        expected = torch.full((4 ** len(wires) - 1,), 1 - rate, dtype=torch.float64)
        torch.testing.assert_close(kept(found[wires])[1:], expected, atol=1e-6, rtol=0)


@pytest.mark.slow
def test_a_fake_device():
    """Which lays the circuit on other qubits, and whose noise is no Pauli channel."""
    pytest.importorskip("qiskit_ibm_runtime")
    there = backend("aer", noise="fake_manila")
    circuit = Circuit(
        2, (*TURN, *(Operation("CNOT", (0, 1)), *TURN) * 4), (pauli("ZZ"), pauli("ZI"))
    )
    truth = backend("exact").expectations(circuit, ROW, NOTHING).mean
    stage = replace(learned_pec(there, circuit, free=("RZ",), shots=4000), samples=400)
    found = MitigationPipeline([Readout(), stage]).run(there, circuit, ROW, NOTHING)
    raw, read, values = ((step.values - truth).abs().mean() for step in found.steps)
    assert values < 0.25 * read < raw


@pytest.mark.parametrize(
    ("circuit", "one", "two", "message"),
    [
        (linked("CH"), ONE, TWO, "got CH on wires .*expected CNOT, CZ, CY, SWAP alone"),
        (
            linked(),
            ONE,
            depolarising(0.6, n_wires=2),
            "CNOT on wires .* 4 times, leaves .* of some",
        ),
        (linked(), depolarising(0.4), TWO, "X on wires .* 8 times, leaves .* of some Pauli word"),
    ],
)
def test_what_cannot_be_learned(circuit, one, two, message):
    with refused(CircuitError, message):
        learned_pec(device((one,), (two,)), circuit)


def test_too_few_shots():
    noisy = device((depolarising(1e-4),), (depolarising(2e-4, n_wires=2),))
    with refused(CircuitError, "got 50 shots of each circuit.*give about .* shots or more"):
        learned_pec(noisy, linked(), shots=50)


def test_nothing_to_learn():
    with refused(ConfigError, "nothing to cancel"):
        learned_pec(device((ONE,), (TWO,)), linked(), free=("SX", "RZ", "CNOT"))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"by_wires": {(0,): ONE}, "one_wire": (ONE,)}, ConfigError, "noise is given twice"),
        ({"by_wires": {(0,): TWO}}, CircuitError, "by_wires: got a channel on 2 wires after"),
        ({"by_wires": {(0,): depolarising(0.75)}}, CircuitError, "the channel of wires .* keeps"),
    ],
)
def test_channels_that_do_not_fit(options, error, message):
    with refused(error, message):
        PEC(**options)


def test_a_gate_whose_noise_is_not_known():
    with refused(CircuitError, r"got CNOT on wires \(0, 1\): expected wires whose noise is known"):
        PEC(by_wires={(0,): ONE}).gamma(linked())
