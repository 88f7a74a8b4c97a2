"""Layers whose circuits run on a back end that mitigates."""

import pytest
import torch
from scipy.stats import wilcoxon

from qmann_core.backends import backend
from qmann_core.circuits import Circuit, angle, compose, strongly_entangling, z_each
from qmann_core.errors import ConfigError
from qmann_core.mitigation import EVD, ZNE, Mitigated, MitigationPipeline, Readout, mitigate
from qmann_core.nn import QuantumLayer
from qmann_core.simulation import (
    NoiseModel,
    ReadoutConfusion,
    amplitude_damping,
    compile_circuit,
    depolarising,
)

CIRCUIT = Circuit(4, compose(angle(4), strongly_entangling(4, 2)), z_each(4))
NOISE = NoiseModel(
    one_wire=(depolarising(0.002),),
    two_wire=(depolarising(0.02, n_wires=2), amplitude_damping(0.01)),
    readout=(ReadoutConfusion(0.02, 0.06),),
)
NOISY = backend("exact", noise=NOISE)
MITIGATED = Mitigated(of=NOISY, pipeline=MitigationPipeline([Readout(), EVD()]))
ROWS = torch.rand(5, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def layer(there=None, circuit=CIRCUIT, **options):
    made = QuantumLayer(circuit, generator=torch.Generator().manual_seed(3), **options).double()
    torch.nn.init.uniform_(made.weight, 0, 6, generator=torch.Generator().manual_seed(4))
    made.backend = there
    return made


@pytest.mark.parametrize("stages", [[Readout()], [ZNE()], [Readout(), ZNE()], [Readout(), EVD()]])
def test_a_layer_says_nearly_what_it_would_without_noise(stages):
    truth, raw, found = (
        layer(there)(ROWS).detach()
        for there in (None, NOISY, Mitigated(of=NOISY, pipeline=MitigationPipeline(stages)))
    )
    nearer = (raw - truth).abs().mean() / (found - truth).abs().mean()
    assert nearer > (8 if len(stages) > 1 else 1.2)


def test_without_stages_it_is_the_back_end_itself():
    bare = Mitigated(of=NOISY, pipeline=MitigationPipeline())
    torch.testing.assert_close(layer(bare)(ROWS), layer(NOISY)(ROWS))
    assert bare.name == "exact, mitigated by raw"
    assert bare.simulated
    assert bare.capabilities == NOISY.capabilities
    assert bare.holding(4) == NOISY.holding(4)
    given = CIRCUIT, ROWS, layer().weight
    assert bare.sample(*given, shots=50) == NOISY.sample(*given, shots=50)


def test_a_cost_is_that_of_all_circuits_of_its_stages():
    given = CIRCUIT, ROWS, layer().weight
    for pipeline in (None, MitigationPipeline([Readout(), ZNE()])):
        cost = Mitigated(of=NOISY, pipeline=pipeline).cost(CIRCUIT, len(ROWS), shots=1000)
        spent = mitigate(NOISY, *given, pipeline=pipeline, shots=1000)
        assert (cost.circuits, cost.shots) == (spent.circuits, spent.shots)


def test_gradients_go_through_all_stages():
    circuit = Circuit(2, compose(angle(2), strongly_entangling(2, 1)), z_each(2))
    made = layer(MITIGATED, circuit)

    def values(rows, weight):
        return torch.func.functional_call(made, {"weight": weight}, (rows,))

    leaves = ROWS[:2, :2].clone().requires_grad_(), made.weight.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(values, leaves)


def test_shots_are_those_of_parameter_shifts():
    exact, shot = layer(MITIGATED), layer(MITIGATED, gradient="parameter_shift", shots=20_000)
    for each in (exact, shot):
        each(ROWS[:1]).sum().backward()
    torch.testing.assert_close(shot.weight.grad, exact.weight.grad, rtol=0, atol=0.3)
    cosine = torch.nn.functional.cosine_similarity(shot.weight.grad, exact.weight.grad, dim=0)
    assert cosine > 0.98
    few = layer(MITIGATED, gradient="parameter_shift", shots=30)
    with pytest.raises(ConfigError, match="got 30 shots: expected at least"):
        few(ROWS)


def test_values_have_the_errors_of_the_pipeline():
    values = MITIGATED.expectations(CIRCUIT, ROWS, layer().weight.detach(), shots=4000, seed=5)
    ran = MITIGATED.pipeline.run(NOISY, CIRCUIT, ROWS, layer().weight.detach(), shots=4000, seed=5)
    torch.testing.assert_close(values.mean, ran.values)
    torch.testing.assert_close(values.error, ran.errors)


def trained(there, seed, steps=60):
    """The noiseless error, the least being 0, of a circuit that was trained on some back end."""
    generator = torch.Generator().manual_seed(seed)
    weights = 6 * torch.rand(24, generator=generator, dtype=torch.float64)
    rows, fresh = (3 * torch.rand(12, 4, generator=generator, dtype=torch.float64) for _ in "ab")
    start = weights + 0.3 * torch.randn(24, generator=generator, dtype=torch.float64)
    plan, made = compile_circuit(CIRCUIT), layer(there)
    made.weight.data.copy_(start)
    optimiser = torch.optim.Adam(made.parameters(), lr=0.05)
    for _ in range(steps):
        optimiser.zero_grad()
        (made(rows) - plan(rows, weights)).square().mean().backward()
        optimiser.step()
    return (plan(fresh, made.weight) - plan(fresh, weights)).square().mean().item()


@pytest.mark.slow
def test_training_with_mitigation_ends_nearer_to_the_noiseless_optimum():
    # no EVD: gradients of exact values are far off where a signal is near 0
    extrapolated = Mitigated(of=NOISY, pipeline=MitigationPipeline([Readout(), ZNE()]))
    raw, found = ([trained(each, seed) for seed in range(10, 20)] for each in (NOISY, extrapolated))
    p = wilcoxon(raw, found, alternative="greater").pvalue
    print(f"noiseless errors {sum(raw) / 10:.2g} raw, {sum(found) / 10:.2g} mitigated, p = {p:.2g}")
    assert p < 0.05
