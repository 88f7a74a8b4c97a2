"""What circuits of a model cannot run on, and in which words that is refused."""

import sys

import pytest
import rows as support
from refused import refused

from qmann_core.backends import backend
from qmann_core.config import QuantumConfig
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.tasks import Device, answer, beside, price

TASK, SETTINGS = support.ROWS, support.SETTINGS


@pytest.fixture(scope="module")
def records():
    return support.generate(SETTINGS.application)


@pytest.fixture(scope="module")
def report(records):
    return answer(TASK, records, SETTINGS)


@pytest.mark.parametrize(
    ("device", "error", "message"),
    [
        ({"backend": "qasm"}, ConfigError, "unknown back end 'qasm'; use one of exact, aer, penny"),
        ({"backend": "aer:gpu"}, ConfigError, "aer has no device 'gpu'; use one of automatic"),
        ({"backend": "aer", "shots": 0}, CircuitError, "shots: expected a whole number from 1"),
        ({"shots": 0}, ConfigError, "got shots=0: expected 1 or more"),
        ({"noise": "fake_manila"}, ConfigError, "or a back end that knows such noise, such as"),
        ({"noise": 1.5}, ConfigError, r"got noise=1\.5: expected a probability"),
        ({"backend": "exact", "noise": "fake_manila"}, ConfigError, "run on the back end 'aer'"),
        ({}, ConfigError, "got neither noise nor shots nor a back end"),
        ({"noise": 0.1, "mitigation": "auto"}, ConfigError, "got mitigation without a back end"),
        ({"backend": "aer", "mitigation": "no"}, ConfigError, "unknown mitigation 'no'"),
    ],
)
def test_a_device_that_cannot_be(report, records, device, error, message):
    with refused(error, message):
        beside(report, records, Device(**device), rows=0)


def test_a_library_that_is_missing_is_named(report, records, monkeypatch):
    monkeypatch.setitem(sys.modules, "cirq", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'qmann-core\[cirq\]'"):
        beside(report, records, Device(backend="cirq"), rows=0)


def test_a_price_is_that_of_a_back_end(report, records):
    with pytest.raises(ConfigError, match="got no back end: expected one, such as backend=aer"):
        price(report, records, Device(noise=0.1), rows=0)


@pytest.mark.slow
def test_circuits_that_are_too_wide_are_refused_by_where_they_fit():
    """Before anything is trained."""
    wide = SETTINGS.model_copy(update={"quantum": QuantumConfig(n_qubits=6)})
    message = r"with noise of fake_manila has 5 wires, the circuit 6: .* aer with noise='fake_\w+'"
    with pytest.raises(CircuitError, match=message):
        Device(backend="aer", noise="fake_manila").check(wide)
    Device(backend="aer", noise="fake_manila").check(SETTINGS)
    Device(backend="aer", noise="fake_manila").check(wide, "classical")


def test_mitigation_by_the_service_and_by_own_stages_is_refused_before_training():
    Device(backend="ibm:fake_manila", shots=100, mitigation="auto").check(SETTINGS)
    there = backend("ibm:fake_manila", options={"resilience_level": 2})
    with pytest.raises(ConfigError, match=r"got own stages on ibm:fake_manila and options by"):
        Device(backend=there, shots=100, mitigation="auto").check(SETTINGS)


def test_models_without_circuits_are_refused(records):
    twin = answer(TASK, records, SETTINGS, "classical")
    for device in (Device(backend="aer"), Device(backend=backend("aer"))):
        with pytest.raises(ConfigError, match="got backend=aer: expected a model with circuits"):
            beside(twin, records, device, rows=0)


def test_another_noise_needs_the_back_end_too(report, records):
    adapted = report.fitted.adapt(records, backend="exact")
    with pytest.raises(ConfigError, match=r"got noise=0\.1 alone, but circuits are run by exact"):
        adapted.report(records, noise=0.1)
