"""IBM's devices: values in local testing mode, and a stand-in of its service; without a network."""

import logging
import traceback
from dataclasses import replace

import pytest
import torch
from fake_service import TOKEN

from qmann_core.backends import backend
from qmann_core.backends import runtime as module
from qmann_core.backends.cost import forecast
from qmann_core.backends.fake import fake_device
from qmann_core.backends.ibm import IBM
from qmann_core.backends.runtime import Runtime, part
from qmann_core.circuits import (
    ANSATZE,
    Circuit,
    amplitude,
    angle,
    compose,
    iqp,
    pauli,
    projector,
    strongly_entangling,
    z_each,
)
from qmann_core.config import PriceConfig
from qmann_core.errors import BackendError, CircuitError, ConfigError

qiskit_aer = pytest.importorskip("qiskit_aer")
runtime = pytest.importorskip("qiskit_ibm_runtime")

OBSERVABLES = (
    *(pauli(letter, (wire,)) for letter in "XYZ" for wire in (0, 2)),
    pauli("XYZ", (2, 0, 1)),
    projector("01", (2, 0)),
    pauli("I"),
)
CIRCUITS = {
    "angles": compose(angle(3), ANSATZE["hardware_efficient"](3, 1)),
    "polynomials": compose(iqp(3), strongly_entangling(3, 2)),
    "amplitudes": compose(amplitude(3), ANSATZE["basic_entangler"](3, 1)),
    "no inputs": strongly_entangling(3, 1),
}
SMALL = Circuit(2, compose(angle(2), strongly_entangling(2, 1)), z_each(2))
X, W = torch.linspace(-1, 1, 6).reshape(3, 2), torch.linspace(0, 2, 6)


@pytest.fixture
def ideal():
    return without_noise(IBM(device="fake_manila"))


def without_noise(made):
    """The connections and gates of a fake device, without its noise."""
    device = made._runtime.device
    made._runtime.device = qiskit_aer.AerSimulator.from_backend(device, noise_model=None)
    return made


def drawn(circuit, n=2):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(n, circuit.n_inputs, generator=generator, dtype=torch.float64)
    return inputs, torch.randn(circuit.n_weights, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("operations", CIRCUITS.values(), ids=CIRCUITS)
def test_without_noise_values_are_those_of_the_engine(ideal, operations):
    """Layout, routing, the order of parameters and of wires."""
    circuit = Circuit(3, operations, OBSERVABLES)
    given = drawn(circuit)
    exact = backend("exact").expectations(circuit, *given).mean
    found = ideal.expectations(circuit, *given, shots=4000)
    expected_errors = ((1 - exact[:, :7] ** 2).clamp(min=0) / 4000).sqrt()
    torch.testing.assert_close(found.error[:, :7], expected_errors, atol=1e-3, rtol=0.1)
    off = (found.mean - exact).abs()
    assert (off < 4.5 * found.error + 1e-9).all()
    [chances] = (
        backend("exact")
        .expectations(
            replace(circuit, observables=tuple(projector(f"{k:03b}") for k in range(8))),
            *(given[0][:1], given[1]),
        )
        .mean
    )
    [counts] = ideal.sample(circuit, given[0][:1], given[1], shots=4000)
    shares = torch.tensor([counts[f"{k:03b}"] / 4000 for k in range(8)], dtype=torch.float64)
    assert ((shares - chances).abs() < 4.5 * (chances / 4000).sqrt() + 1e-9).all()


def test_the_noise_is_the_devices_and_the_seed_decides():
    """Manila's gates and readings take away a part of every value, and of none more than half."""
    made = IBM(device="fake_manila")
    given = torch.zeros(1, 2), torch.zeros(6)
    one, same, other = (
        made.expectations(SMALL, *given, shots=2000, seed=seed).mean for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert ((one > 0.8) & (one < 0.99)).all()


@pytest.mark.parametrize("observables", [z_each(3), OBSERVABLES[:7]])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_forecast_is_what_the_vendor_runs(ideal, ran, observables, level):
    """Without mitigation, with twirled readout, and with noise amplified, too."""
    ideal = replace(ideal, options={"resilience_level": level})
    circuit = Circuit(3, CIRCUITS["angles"], observables)
    ideal.expectations(circuit, *drawn(circuit, 5), shots=10)
    cost = ideal.cost(circuit, 5, shots=10)
    assert [(circuits, circuits * shots) for circuits, shots in ran] == [
        (cost.circuits, cost.shots)
    ]
    if level == 0:
        assert cost.shots == forecast(circuit, 5, shots=10).shots
    with pytest.raises(CircuitError, match="has no exact values; say how many shots"):
        ideal.cost(circuit, 5, shots=None)
    laid = ideal._laid("estimator", circuit).circuit
    assert (cost.depth, cost.two_wire_gates) == (laid.depth(), laid.num_nonlocal_gates())


@pytest.mark.parametrize("operations", CIRCUITS.values(), ids=CIRCUITS)
def test_copies_give_the_values_of_each_row(ran, operations):
    """Five rows as two of three copies, and as many circuits as the forecast says."""
    made = without_noise(IBM(device="fake_guadalupe", copies=3))
    circuit = Circuit(3, operations, OBSERVABLES)
    given = drawn(circuit, 5)
    exact = backend("exact").expectations(circuit, *given).mean
    found = made.expectations(circuit, *given, shots=4000)
    assert found.mean.shape == found.error.shape == exact.shape
    assert ((found.mean - exact).abs() < 4.5 * found.error + 1e-9).all()
    cost, alone = (each.cost(circuit, 5, shots=4000) for each in (made, replace(made, copies=1)))
    assert ran == [(cost.circuits, 4000)]
    assert (cost.circuits, cost.shots) == (2 * cost.settings, 2 * cost.settings * 4000)
    assert (alone.circuits, alone.settings) == (5 * cost.settings, cost.settings)
    (wide,) = (p for p in made._runtime.programs.values() if p.circuit.num_qubits == 16)
    assert (cost.depth, cost.two_wire_gates) == (wide.size.depth, wide.size.two_wire_gates)
    assert isinstance(wide.circuit.global_phase, float)  # else transpiling takes for ever


@pytest.mark.parametrize("level", [1, 2])
def test_mitigation_of_copies_is_in_the_forecast(ran, level):
    made = IBM(device="fake_manila", copies=2, options={"resilience_level": level})
    made.expectations(SMALL, X, W, shots=10)
    cost = made.cost(SMALL, 3, shots=10)
    assert [(circuits, circuits * shots) for circuits, shots in ran] == [
        (cost.circuits, cost.shots)
    ]


def test_what_is_too_much_for_a_job_is_several(ideal, monkeypatch):
    monkeypatch.setattr(module, "MOST_EXECUTIONS", 2 * 1000 + 999)
    sent = []
    submit = Runtime.submit
    monkeypatch.setattr(
        Runtime,
        "submit",
        lambda self, *given: (sent.append(len(given[0])), submit(self, *given))[1],
    )
    given = torch.linspace(0, 3, 5)[:, None].repeat(1, 2), torch.zeros(6)
    found = ideal.expectations(SMALL, *given, shots=1000).mean
    assert sent == [2, 2, 1]
    exact = backend("exact").expectations(SMALL, *given).mean
    torch.testing.assert_close(found, exact, atol=0.15, rtol=0)


def test_a_ledger_keeps_what_was_run(ledger):
    made = IBM(device="fake_manila", ledger=ledger)
    first = made.expectations(SMALL, X, W, shots=100).mean
    again = IBM(device="fake_manila", ledger=ledger)
    assert torch.equal(again.expectations(SMALL, X, W, shots=100).mean, first)
    assert made.sample(SMALL, X, W, shots=100) == again.sample(SMALL, X, W, shots=100)
    assert [(e.state, e.circuits, e.shots) for e in ledger.entries()] == [("done", 3, 300)] * 2


def test_a_job_carries_its_tag_and_is_found_by_it(service, ledger):
    made = IBM(device="ibm_somewhere", ledger=ledger)
    values = made.expectations(SMALL, X, W, shots=100).mean
    (entry,) = ledger.entries()
    assert [tags for tags, _ in service.made] == [[entry.tag]]
    ledger._change(replace(entry, state="done"), "recorded", None)
    killed = IBM(device="ibm_somewhere", ledger=ledger)
    assert torch.equal(killed.expectations(SMALL, X, W, shots=100).mean, values)
    assert len(service.made) == 1
    assert ledger.entries()[0].job_id == service.made[0][1].job_id()


def test_on_a_real_device_copies_are_as_many_as_fit_without_a_swap(service, ledger, ran):
    """On Manila's line of 5 qubits two pairs, and one line of three."""
    made = IBM(device="ibm_somewhere", ledger=ledger)
    values = made.expectations(SMALL, X, W, shots=4000).mean
    exact = backend("exact").expectations(SMALL, X, W).mean
    torch.testing.assert_close(values, exact, atol=0.2, rtol=0)
    cost, alone = (each.cost(SMALL, 3, shots=4000) for each in (made, replace(made, copies=1)))
    (entry,) = ledger.entries()
    assert ran == [(cost.circuits, 4000)] == [(entry.circuits, 4000)] == [(2, 4000)]
    assert cost.two_wire_gates == 2 * alone.two_wire_gates
    for circuit, n_rows, copies in (
        (SMALL, 1, 1),
        (SMALL, 0, 1),
        (SMALL, 9, 2),
        (Circuit(1, angle(1), z_each(1)), 9, 5),
        (Circuit(3, CIRCUITS["polynomials"], z_each(3)), 9, 1),
    ):
        assert made._copies(circuit, n_rows) == copies
    assert IBM(device="fake_manila")._copies(SMALL, 3) == 1


def test_copies_with_swaps_are_not_laid(service):
    """Four lines of four fill Guadalupe's 16 qubits only with swaps, three fit."""
    service.backend = lambda _: fake_device("fake_guadalupe")
    made = IBM(device="ibm_somewhere")
    circuit = Circuit(4, compose(angle(4), ANSATZE["hardware_efficient"](4, 1)), z_each(4))
    assert made._copies(circuit, 100) == 3
    gates = {
        copies: replace(made, copies=copies).cost(circuit, 4, shots=1).two_wire_gates
        for copies in (None, 1, 3, 4)
    }
    assert gates[4] > 4 * gates[1]
    assert gates[None] == gates[3] == 3 * gates[1]


def test_a_batch_that_has_expired_is_opened_again(service, ledger):
    made = IBM(device="ibm_somewhere", ledger=ledger)
    made.expectations(SMALL, X, W, shots=100)
    service.refusals.append(raised("IBMRuntimeError", 400))
    made.expectations(SMALL, X, W, shots=101)
    assert (len(service.made), len(service.batches)) == (2, 2)


def test_a_job_that_nobody_knows_is_run_again(service, ledger):
    made = IBM(device="ibm_somewhere", ledger=ledger)
    made.expectations(SMALL, X, W, shots=100)
    ledger._change(ledger.entries()[0], "submitted", "deleted")
    service.made.clear()
    IBM(device="ibm_somewhere", ledger=ledger).expectations(SMALL, X, W, shots=100)
    assert [entry.state for entry in ledger.entries()] == ["failed", "done"]


def raised(name, code=None):
    error = getattr(part("exceptions"), name)(f"for {TOKEN}")
    error.__context__ = part("api.exceptions").RequestsApiError(TOKEN, code) if code else None
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (("IBMNotAuthorizedError",), "IBM refused the account .IBMNotAuthorizedError."),
        (("IBMInputValueError",), "refused the job .IBMInputValueError, -1.: check its options"),
        (("IBMRuntimeError", 400), "refused the job .IBMRuntimeError, 400."),
        (("IBMRuntimeError", 429), "did not answer 4 times"),
        (("IBMRuntimeError",), "did not answer 4 times"),
    ],
)
def test_errors_of_the_service_say_nothing_of_credentials(service, ledger, caplog, error, message):
    caplog.set_level(logging.DEBUG)
    made = IBM(device="ibm_somewhere", ledger=ledger)
    service.error = raised(*error)
    with pytest.raises(BackendError, match=message) as found:
        made.expectations(SMALL, X, W, shots=100)
    written = b"".join(file.read_bytes() for file in ledger.path.parent.iterdir())
    text = "".join(traceback.format_exception(found.value)) + caplog.text
    assert TOKEN not in text
    assert TOKEN.encode() not in written


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            lambda: part("accounts.exceptions").AccountNotFoundError(TOKEN),
            r"no account at IBM.*fake",
        ),
        (lambda: raised("IBMNotAuthorizedError"), "IBM refused the account"),
    ],
)
def test_without_credentials_there_is_no_device(monkeypatch, error, message):
    def refused():
        raise error()

    monkeypatch.setattr(runtime, "QiskitRuntimeService", refused)
    with pytest.raises(BackendError, match=message) as found:
        IBM(device="ibm_somewhere").expectations(SMALL, X, W, shots=100)
    assert TOKEN not in "".join(traceback.format_exception(found.value))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"device": "fake_nowhere"},
            r"unknown fake device 'fake_nowhere'; known are .*fake_manila",
        ),
        ({"level": 4}, "level is that of Qiskit's transpiler, 0 to 3; got 4"),
        ({"copies": 0}, "copies: expected None, or 1 or more; got 0"),
        ({"copies": -2}, "copies: expected None, or 1 or more; got -2"),
        ({"options": {"resilience": {"zne": 1}, "tokens": TOKEN}}, r"not take: .*tokens"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ConfigError, match=message) as found:
        IBM(**{"device": "fake_manila", **options})
    assert TOKEN not in "".join(traceback.format_exception(found.value))


@pytest.mark.slow
def test_a_circuit_that_is_too_wide_is_told_who_holds_it():
    wide = Circuit(6, angle(6), z_each(6))
    with pytest.raises(
        CircuitError, match=r"ibm:fake_manila has 5 wires, the circuit 6.*fake_perth"
    ):
        IBM(device="fake_manila").expectations(wide, torch.zeros(1, 6), torch.zeros(0), shots=1)


def test_what_a_device_cannot_do_is_refused():
    with pytest.raises(CircuitError, match="ibm:fake_manila has no exact values; say how many"):
        IBM(device="fake_manila").expectations(SMALL, X, W)
    with pytest.raises(BackendError, match=r"all of the device's 133 qubits.*noise='fake_torino'"):
        IBM(device="fake_torino").expectations(SMALL, X, W, shots=1)
    with pytest.raises(ConfigError, match="ibm: name a device, as 'ibm:ibm_torino'"):
        IBM().expectations(SMALL, X, W, shots=1)
    assert backend("ibm:fake_manila", level=2).level == 2
    with pytest.raises(ConfigError, match="not supported when observables contain projection"):
        IBM(device="fake_manila", options={"resilience_level": 1}).expectations(
            replace(SMALL, observables=(projector("01"),)), X, W, shots=1
        )
    wide = IBM(device="fake_manila", copies=3)
    for refused in (
        lambda: wide.expectations(SMALL, X, W, shots=1),
        lambda: wide.cost(SMALL, 3, shots=1),
    ):
        with pytest.raises(ConfigError, match=r"copies=3 of 2 wires do not fit the 5.*at most 2"):
            refused()
    limited = IBM(device="fake_manila", price=PriceConfig(most_shots=299))
    with pytest.raises(ConfigError, match="would take 300 shots, above the limit most_shots=299"):
        limited.sample(SMALL, X, W, shots=100)


def test_mitigation_is_passed_through(ledger):
    """Readout errors of Manila are corrected: twirled readout (TREX)."""
    circuit = Circuit(2, angle(2), z_each(2))
    given = torch.zeros(1, 2), torch.zeros(0)
    raw, mitigated = (
        IBM(device="fake_manila", options={"resilience_level": level})
        .expectations(circuit, *given, shots=4096)
        .mean
        for level in (0, 1)
    )
    assert ((1 - mitigated).abs() < (1 - raw).abs() / 2).all()


def test_the_request_holds_the_level_and_the_options(ledger):
    keys = []
    for options in ({}, {"level": 2}, {"options": {"resilience_level": 1}}):
        made = IBM(device="fake_manila", ledger=ledger, **options)
        made.expectations(SMALL, X, W, shots=64)
        keys.append(ledger.entries()[-1].key)
    assert len(set(keys)) == 3
