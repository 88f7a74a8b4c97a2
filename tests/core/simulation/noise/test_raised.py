"""Powers of channels: as often as that, one after the other."""

from dataclasses import replace

import pytest
import torch
from refused import refused

from qmann_core.circuits import Circuit, compose, strongly_entangling, z_each
from qmann_core.errors import CircuitError
from qmann_core.simulation import NoiseModel, ReadoutConfusion, noisy_expectations
from qmann_core.simulation.noise.channels import (
    PauliChannel,
    amplitude_damping,
    depolarising,
    pauli_channel,
    phase_damping,
    thermal_relaxation,
)
from qmann_core.simulation.noise.powers import raised

F64 = torch.float64
CHANNELS = {
    "depolarising": depolarising(0.13),
    "two wires": depolarising(0.3, n_wires=2),
    "Pauli": pauli_channel(0.1, 0.2, 0.05),
    "correlated": PauliChannel(("XX", "IZ"), (0.1, 0.25)),
    "amplitude damping": amplitude_damping(0.4),
    "generalised": amplitude_damping(0.4, 0.3),
    "phase damping": phase_damping(0.35),
    "thermal": thermal_relaxation(100.0, 60.0, 20.0, 0.1),
    "nothing": depolarising(0.0),
}
CASES = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)


def transfer(channel, *powers):
    for power in powers:
        channel = raised(channel, power)
    return channel.transfer(F64)


@CASES
def test_powers_of_a_channel(channel):
    once = channel.transfer(F64)
    for power, expected in [
        (0.0, torch.eye(len(once), dtype=F64)),
        (1.0, once),
        (2.0, once @ once),
    ]:
        torch.testing.assert_close(transfer(channel, power), expected)
    half, part, rest = (transfer(channel, power) for power in (0.5, 0.3, 1.2))
    torch.testing.assert_close(half @ half, once)
    torch.testing.assert_close(part @ rest, transfer(channel, 1.5))
    torch.testing.assert_close(transfer(channel, 0.5, 3.0), transfer(channel, 1.5))
    assert raised(channel, 2.0).n_wires == channel.n_wires


@pytest.mark.parametrize(
    ("channel", "power"),
    [
        (depolarising(0.75), 1.0),
        (depolarising(15 / 16, n_wires=2), 1.0),
        (depolarising(0.9), 2.0),
        (pauli_channel(0.5, 0.0, 0.0), 0.5),
        (depolarising(0.1), -1.0),
        (amplitude_damping(0.1), -1.0),
        (depolarising(0.1), float("nan")),
        (amplitude_damping(0.1), float("nan")),
    ],
)
def test_powers_that_there_are_not(channel, power):
    with refused(CircuitError, "power"):
        raised(channel, power)


def test_noise_of_gates_is_raised_that_of_reading_is_not():
    noise = NoiseModel(
        one_wire=(amplitude_damping(0.02), depolarising(0.01)),
        two_wire=(depolarising(0.03, n_wires=2), phase_damping(0.1)),
        readout=(ReadoutConfusion(0.05, 0.1),),
    )
    circuit = Circuit(3, compose(strongly_entangling(3, 2)), z_each(3))
    given = torch.zeros(1, 0, dtype=F64), torch.linspace(0, 5, 18, dtype=F64)
    values = {
        power: noisy_expectations(circuit, *given, noise.raised(power)) for power in (0.0, 1.0, 3.0)
    }
    torch.testing.assert_close(values[1], noisy_expectations(circuit, *given, noise))
    quiet = NoiseModel(readout=noise.readout)
    torch.testing.assert_close(values[0], noisy_expectations(circuit, *given, quiet))
    thrice = replace(
        noise, one_wire=(depolarising(0.01),) * 3, two_wire=(depolarising(0.03, n_wires=2),) * 3
    )
    alike = replace(thrice, one_wire=thrice.one_wire[:1], two_wire=thrice.two_wire[:1])
    torch.testing.assert_close(
        noisy_expectations(circuit, *given, alike.raised(3.0)),
        noisy_expectations(circuit, *given, thrice),
    )


def test_a_power_has_no_kraus_operators():
    with refused(CircuitError, r"no Kraus operators: .* use backend\('exact'"):
        raised(depolarising(0.1), 0.5).kraus(F64)
