"""Pictures of stages show the numbers that the stages had."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from qmann_core.backends import backend
from qmann_core.circuits import Circuit, angle, compose, pauli, strongly_entangling, z_each
from qmann_core.mitigation import EVD, PEC, ZNE, Learned, MitigationPipeline, Readout
from qmann_core.mitigation.scaling import scales_of
from qmann_core.simulation import NoiseModel, ReadoutConfusion, depolarising

CIRCUIT = Circuit(2, compose(angle(2), strongly_entangling(2, 1)), (*z_each(2), pauli("XX")))
ROWS = torch.tensor([[0.3, 0.8], [1.1, 0.2]], dtype=torch.float64)
WEIGHTS = torch.linspace(0.1, 1.5, CIRCUIT.n_weights, dtype=torch.float64)
GIVEN = CIRCUIT, ROWS, WEIGHTS
MISREAD = ReadoutConfusion(0.02, 0.05), ReadoutConfusion(0.01, 0.1)
ONE, TWO = (depolarising(0.002),), (depolarising(0.02, n_wires=2),)
NOISY = backend("exact", noise=NoiseModel(ONE, TWO, MISREAD))
MISREADING = backend("exact", noise=NoiseModel(readout=MISREAD))
FITS = ("linear", "richardson", "polynomial", "exponential", "poly_exponential", "best")
SCALES = 1, 3, 5, 7
EXTRAPOLATIONS = {
    **{fit: ZNE(scales=SCALES, fit=fit) for fit in FITS},
    "channel": ZNE(scales=(1, 1.5), fold="channel"),
    "EVD": EVD(),
    "known": EVD(scales=(1,), rate=0.1),
}
OTHERS = {
    "Readout": (Readout(), "wire", "probability of misreading"),
    "correlated": (Readout(correlated=True), "prepared, wires 0, 1", "read"),
    "PEC": (PEC(ONE, TWO, samples=20), "circuits, the heaviest first", "sum of weight times value"),
    "gain": (PEC(sampled=False, gain=0.5), "circuits, the heaviest first", "sum of weight times"),
    "Learned": (Learned(n_training=8), "measured", "expectation value"),
}
ALL = {k: (each, "noise scale", "expectation value") for k, each in EXTRAPOLATIONS.items()} | OTHERS


def drawn(stage, there=NOISY, shots=None):
    """The last step, and the picture of its second row."""
    step = MitigationPipeline([stage]).run(there, *GIVEN, shots=shots).steps[-1]
    axes = Figure().subplots()
    step.stage.draw(step.done, axes, 1, {0: 0, 1: 1})
    return step, axes


def marked(axes, mark):
    """Places and values of all lines with a mark, but for those of the legend."""
    lines = [line for line in axes.lines if line.get_marker() == mark and len(line.get_xdata())]
    return [line.get_xydata().T for line in lines]


@pytest.mark.parametrize(("stage", "below", "beside"), ALL.values(), ids=ALL)
@pytest.mark.parametrize("shots", [None, 20_000])
def test_a_panel_says_what_it_shows(stage, below, beside, shots):
    _, axes = drawn(stage, shots=shots)
    assert axes.get_xlabel() == below
    assert axes.get_ylabel().startswith(beside)


@pytest.mark.parametrize("shots", [None, 4_000])
@pytest.mark.parametrize("stage", EXTRAPOLATIONS.values(), ids=EXTRAPOLATIONS)
def test_an_extrapolation_is_drawn_through_its_value_without_noise(stage, shots):
    step, axes = drawn(stage, shots=shots)
    scales = scales_of(step.done.jobs, stage.scales, stage.fold)
    curves = [line.get_xydata().T for line in axes.lines if len(line.get_xdata()) > 10]
    for column, (at, fit) in enumerate(curves):
        measured = [float(each[0, 1, column]) for each in step.done.values]
        value = float(step.values[1, column])
        np.testing.assert_allclose(marked(axes, "o")[column], [scales, measured])
        np.testing.assert_allclose(marked(axes, "s")[column], [[0], [value]])
        assert (at[0], fit[0], at[-1]) == pytest.approx((0, value, scales[-1]))
        if getattr(stage, "fit", "") in ("linear", "polynomial", "richardson"):
            polynomial = np.polyfit(scales, measured, stage._degree)
            np.testing.assert_allclose(fit, np.polyval(polynomial, at))
    assert len(curves) == len(marked(axes, "s")) == 3


@pytest.mark.parametrize("stage", [ZNE(scales=SCALES, fit="exponential"), EVD(scales=SCALES)])
def test_the_curve_of_a_pure_decay_goes_through_all_values(stage):
    step, _ = drawn(stage)
    decay = torch.tensor([0.8, -0.5, 0.3], dtype=torch.float64).expand(1, 2, 3)
    values = tuple(decay * np.exp(-0.2 * scale) for scale in SCALES)
    axes = Figure().subplots()
    stage.draw(step.done._replace(values=values), axes, 0, {})
    for line, size in zip(
        (k for k in axes.lines if len(k.get_xdata()) > 10), decay[0, 0], strict=True
    ):
        at, fit = line.get_data()
        np.testing.assert_allclose(fit, float(size) * np.exp(-0.2 * np.asarray(at)), rtol=1e-4)


def test_bars_of_misreading_carry_the_names_of_the_wires_asked():
    run = MitigationPipeline([Readout()]).run(MISREADING, *GIVEN)
    heights = [bar.get_height() for bar in run.plot().axes[1].patches]
    assert heights == pytest.approx([0.02, 0.01, 0.05, 0.1])
    turned = replace(CIRCUIT, observables=(pauli("Z", (1,)), pauli("Z", (0,)), pauli("XX", (1, 0))))
    elsewhere = replace(run, observables=turned.observables).plot().axes[1]
    assert [text.get_text() for text in elsewhere.get_xticklabels()] == ["1", "0"]


def test_correlated_misreading_is_a_matrix():
    _, axes = drawn(Readout(correlated=True), MISREADING)
    first, second = (each.matrix(torch.float64) for each in MISREAD)
    np.testing.assert_allclose(axes.images[0].get_array(), torch.kron(first, second), atol=1e-12)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["00", "01", "10", "11"]


def test_circuits_of_pec_add_up_to_its_value():
    step, axes = drawn(OTHERS["PEC"][0])
    sums = [line.get_xydata().T for line in axes.lines if len(line.get_xdata()) > 10]
    first = step.done.jobs[0].weight
    for column, (_, total) in enumerate(sums):
        raw, value = float(step.done.values[0][0, 1, column]), float(step.values[1, column])
        assert (total[0], total[-1]) == pytest.approx((first * raw, value))
        np.testing.assert_allclose(marked(axes, "o")[column], [[1], [raw]])
        np.testing.assert_allclose(marked(axes, "s")[column], [[len(step.done.jobs)], [value]])


def test_training_circuits_are_drawn_by_what_was_measured():
    stage = Learned(n_training=8, scales=(1,))
    step, axes = drawn(stage, backend("exact"))
    (asked, training), points = step.done.values, marked(axes, "o")
    for column in range(3):
        value = float(asked[0, 1, column])
        for place, truth in (points[2 * column], points[2 * column + 1]):
            np.testing.assert_allclose(place, training[0, :, column])
            np.testing.assert_allclose(truth, place, atol=1e-6)
        np.testing.assert_allclose(marked(axes, "s")[column], [[value], [value]], atol=1e-6)


def test_a_panel_for_every_stage_and_a_legend_of_all_observables():
    stages = [Readout(), ZNE(), Learned(scales=(1,), n_training=4)]
    many = replace(CIRCUIT, observables=CIRCUIT.observables * 3)
    found = MitigationPipeline(stages).run(NOISY, many, ROWS, WEIGHTS)
    figure = found.plot(row=1)
    assert [axes.get_title() for axes in figure.axes] == [
        "after each stage",
        "Readout",
        "ZNE",
        "Learned",
    ]
    assert "of row 1 by exact, simulated" in figure.get_suptitle()
    assert len(figure.legends[0].get_texts()) == 6
    raw_to_last = [[float(step.values[1, k]) for step in found.steps] for k in range(3)]
    for (_, y), expected in zip(marked(figure.axes[0], "o"), raw_to_last, strict=False):
        np.testing.assert_allclose(y, expected)
