"""A trained model on circuits of a back end, beside its exact ones: answers, losses and cost."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rows as support
import toy

from qmann_core.backends import Counting, backend
from qmann_core.config import ClassicalConfig, PriceConfig, QuantumConfig
from qmann_core.errors import ConfigError
from qmann_core.evaluation import split_conformal
from qmann_core.nn import Scale
from qmann_core.simulation import NoiseModel, depolarising
from qmann_core.tasks import Device, answer, beside, devices, load_fitted, price
from qmann_core.tasks.assessment import Assessment
from qmann_core.tasks.conditions import ADAPTED, known_there
from qmann_core.tasks.walk import Members, walk

TASK, SETTINGS = support.ROWS, support.SETTINGS
SERIES = toy.settings(signal=0, window=4, n_days=260, test_size=60, refit_every=30).model_copy(
    update={
        "classical": ClassicalConfig(controller="reservoir"),
        "quantum": QuantumConfig(n_qubits=2, n_blocks=2),
    }
)
IN_TIME = replace(toy.TOY, head=lambda _, some: Scale(some.regressors.shape[1], some.y.shape[1]))
AER = backend("aer")
STRONG = Device(backend="aer", noise=0.05)


@pytest.fixture(scope="module")
def records():
    return support.generate(SETTINGS.application)


@pytest.fixture(scope="module")
def report(records):
    return answer(TASK, records, SETTINGS)


@pytest.fixture(scope="module")
def strong(report, records):
    return beside(report, records, STRONG, rows=20)


@pytest.fixture(scope="module")
def series():
    records = toy.generate(SERIES.application)
    return answer(IN_TIME, records, SERIES), records


def priced(report, **limits):
    """The same report, of a model with another price table."""
    config = report.fitted.config.model_copy(update={"price": PriceConfig(**limits)})
    return replace(report, fitted=replace(report.fitted, config=config))


def part(result, name):
    table = result.table[result.table["circuits"] == name]
    return table.drop(columns="circuits").reset_index(drop=True)


def losses(result):
    return dict(zip(result.figures["circuits"], result.figures.iloc[:, 1], strict=True))


def assert_same(found, expected):
    pd.testing.assert_frame_equal(found, expected, rtol=1e-4, atol=1e-5)


# Laws


@pytest.mark.usefixtures("strong")  # where Qiskit is imported
@pytest.mark.parametrize("name", ["exact", "aer"])
def test_exact_circuits_of_a_back_end_are_ours(report, records, name):
    """And a readout that is solved again on the same rows is the same one."""
    found = beside(report, records, Device(backend=name), rows=20)
    pd.testing.assert_frame_equal(part(found, "exact"), report.table)
    for other in ("run there", "adapted"):
        assert_same(part(found, other), report.table)
        assert losses(found)[other] == pytest.approx(losses(found)["exact"], abs=1e-5)


def test_exact_circuits_of_a_back_end_are_ours_in_time(series):
    report, records = series
    found = beside(report, records, Device(backend="exact"), rows=40)
    for other in ("run there", "adapted"):
        # windows go on from those before them, so that little is left of what came long ago
        close = np.abs(part(found, other)["q0.9"] - report.table["q0.9"]) / report.table["q0.9"]
        assert close.max() < 0.1
        assert losses(found)[other] == pytest.approx(losses(found)["exact"], rel=0.05)


def test_strong_noise_hurts_and_an_adapted_readout_recovers(strong):
    lost = losses(strong)
    assert lost["exact"] < lost["run there"]
    assert lost["adapted"] < 0.5 * lost["run there"]
    assert (
        strong.title
        == "Exact, and circuits simulated by aer with 5.00% depolarising noise after each gate"
    )
    assert "losses on the same 20 rows" in strong.notes[0]
    assert strong.figures["test rows"].tolist() == [20] * 3


def test_noise_of_our_own_is_that_of_aer(report, records, strong):
    ours = beside(report, records, Device(noise=0.05), rows=20)
    for name in ("run there", "adapted"):
        assert_same(part(ours, name), part(strong, name))
    assert losses(ours) == pytest.approx(losses(strong), rel=1e-4)


def test_noise_of_a_device_moves_the_answer(report, records):
    found = beside(report, records, Device(backend="aer", noise="fake_manila"), rows=0)
    moved = part(found, "run there")["value"] - report.table["value"]
    assert moved.abs().min() > 1e-3
    assert "simulated by aer with the noise of fake_manila" in found.title


def test_without_rows_there_are_answers_alone(report, records):
    found = beside(report, records, Device(backend="exact"), rows=0)
    assert set(found.table["circuits"]) == {"exact", "run there"}
    assert found.figures is None
    assert "adapted" not in " ".join(found.notes)


def test_losses_are_those_of_the_exact_model_and_its_regions(report, records):
    """Of the first fold alone, by hand: regions come from rows held back of an exact model."""
    assessment = Assessment(TASK, records, SETTINGS)
    found = beside(report, records, Device(backend="exact"), rows=10_000)
    score = assessment.network().score
    metric = found.figures.columns[1]
    assert losses(found)["exact"] == pytest.approx(np.mean(score[metric]))
    assert found.figures["test rows"][0] == len(assessment.test)


def test_losses_of_a_separable_twin_are_its_own(records):
    twin = answer(TASK, records, SETTINGS, "separable")
    found = beside(twin, records, Device(backend="exact"), rows=10_000)
    assessment = Assessment(TASK, records, SETTINGS)
    lost = assessment.losses(assessment.network("separable").scored.score).mean()
    assert losses(found)["run there"] == pytest.approx(lost, rel=1e-4)


def test_regions_are_those_of_the_exact_model(records, report, monkeypatch):
    """Of rows that it was not fitted to; those of a noisy one would be wider."""
    seen = []
    monkeypatch.setattr(devices, "_quantiles", spied(devices._quantiles, seen))
    for device in (Device(backend="exact"), STRONG):
        beside(report, records, device, rows=20)
    for found in seen[1:]:
        np.testing.assert_array_equal(found, seen[0])
    assessment = Assessment(TASK, records, SETTINGS)
    folds, y = assessment.folds, assessment.known.y.double().numpy()
    (fold,) = folds
    n = round(SETTINGS.hybrid.validation_fraction * len(fold.train))
    outputs = walk(assessment.known, Members(TASK.head, SETTINGS, None, folds)).outputs
    scores = (y[fold.train[-n:]] - outputs["location"][:n]) / outputs["scale"][:n]
    expected = split_conformal(scores, np.array(assessment.probabilities))
    np.testing.assert_allclose(seen[0], expected, rtol=1e-6)


def spied(function, seen):
    def call(*given):
        seen.append(function(*given))
        return seen[-1]

    return call


def test_samples_of_a_back_end_are_few_and_evenly_spread():
    series = toy.generate(toy.SETTINGS.application.model_copy(update={"n_days": 1000}))
    known = toy.features(series, toy.SETTINGS.application)
    assert known_there(known, None) is known
    some = known_there(known, "aer")
    assert (len(some), some.time[0], some.time[-1]) == (ADAPTED, known.time[0], known.time[-1])
    gaps = np.diff(some.time).astype("timedelta64[D]").astype(int)
    assert (gaps > 1).sum() == ADAPTED // 30 - 1
    few = known[np.arange(300)]
    assert known_there(few, "aer").time.tolist() == few.time.tolist()


# What it takes


@pytest.mark.parametrize("rows", [0, 10])
def test_its_price_is_what_is_then_sent(report, records, rows):
    there = Counting(of=AER)
    beside(report, records, Device(backend=there, shots=100), rows=rows)
    asked = price(report, records, Device(backend="aer", shots=100), rows=rows)
    assert there.total is not None
    assert asked.table.to_dict("records") == [vars(there.total)]
    samples = 4 if not rows else 4 + 86 + 60 + rows  # asked, known, learned from, lost
    assert there.total.circuits == 3 * samples  # X, Y and Z
    assert f"{3 * samples:,} circuits, {300 * samples:,} shots" in asked.notes[0]


def test_what_is_too_dear_is_refused_before_anything_is_sent(report, records):
    there = Counting(of=AER)
    with pytest.raises(ConfigError, match=r"would take 12 circuits, above the limit most_circui"):
        beside(priced(report, most_circuits=11), records, Device(backend=there), rows=0)
    assert there.total is None
    found = beside(priced(report, most_circuits=12), records, Device(backend=there), rows=0)
    assert "on a device: 12 circuits" in found.notes[-1]


def test_money_is_that_of_the_price_table(report, records):
    dear = priced(report, seconds_per_circuit=1, seconds_per_shot=0.5, money_per_second=3)
    table = price(dear, records, Device(backend="aer", shots=4), rows=0).table
    assert table[["seconds", "money"]].to_numpy().tolist() == [[12 * (1 + 4 * 0.5), 3 * 36]]


# Adapted models


def test_predictions_say_where_circuits_ran(report, records):
    fitted = report.fitted
    said = "circuits simulated by aer with 5.00% depolarising noise after each gate"
    apart = fitted.report(records, **STRONG.on)
    assert f"{said}, to which its readout is not adapted" in apart.notes
    adapted = fitted.adapt(records, **STRONG.on)
    for found in (adapted.report(records), adapted.report(records, **STRONG.on)):
        assert f"readout solved again on {said}, from 86 rows" in found.notes
        assert "not adapted" not in " ".join(found.notes)
    said = "circuits simulated by aer with 500 shots for each value"
    said += ", to which its readout is not adapted"
    for other in ({"shots": 500}, {"shots": 500, "backend": "aer"}):
        assert said in adapted.report(records, **other).notes


def test_an_adapted_model_is_saved_and_answers_the_same(report, records, tmp_path):
    adapted = report.fitted.adapt(records, **STRONG.on)
    adapted.save(tmp_path / "model")
    loaded = load_fitted(TASK, tmp_path / "model")
    assert (loaded.config.quantum.backend, loaded.config.quantum.noise) == ("aer", 0.05)
    found, expected = (each.report(records) for each in (loaded, adapted))
    pd.testing.assert_frame_equal(found.table, expected.table)
    assert found.notes == expected.notes
    again = loaded.adapt(records, backend="aer")  # without the noise that it had
    assert_same(again.report(records).table, report.table)
    assert again.config.quantum.noise is None


def test_nothing_is_sent_when_a_model_is_loaded(report, records, tmp_path, monkeypatch):
    report.fitted.adapt(records, backend="exact").save(tmp_path / "model")
    there = Counting(of=backend("exact"))
    monkeypatch.setattr("qmann_core.nn.quantum_layer.named", lambda *_: there)
    loaded = load_fitted(TASK, tmp_path / "model")
    assert there.total is None
    assert_same(loaded.report(records).table, report.table)
    assert there.total.circuits == 12


def test_a_back_end_without_a_name_is_not_saved(report, records, tmp_path):
    noise = NoiseModel(one_wire=(depolarising(0.1),), two_wire=(depolarising(0.1),))
    adapted = report.fitted.adapt(records, backend=backend("exact", noise=noise))
    with pytest.raises(ConfigError, match="adapted to exact, given as an object: expected a"):
        adapted.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_noise_of_a_back_end_takes_the_place_of_ours(report, records):
    ours = report.fitted.adapt(records, noise=0.05)
    assert_same(ours.adapt(records, backend="exact").report(records).table, report.table)
    found = beside(ours.report(records), records, Device(backend="exact"), rows=0)
    assert set(found.table["circuits"]) == {"as fitted", "run there"}
    assert found.title.startswith("As fitted, and ")


def test_mitigated_results_stand_beside_the_others(report, records):
    device = replace(STRONG, mitigation="readout,exponential")
    found = beside(report, records, device, rows=40)
    names = ["exact", "run there", "mitigated", "adapted", "mitigated and adapted"]
    assert list(found.figures["circuits"]) == names
    assert list(dict.fromkeys(found.table["circuits"])) == names
    losses = found.figures.set_index("circuits").iloc[:, 0]
    apart = (losses - losses["exact"]).abs()
    assert apart["mitigated"] < apart["run there"] / 3
    assert "loses least of what runs there" in found.notes[0]
    assert "mitigated by Readout + ZNE" in found.notes[0]
