"""Evidence: real cases of the training part, each once, with the weights that the memory gave."""

import numpy as np
import pytest
import torch

from qmann_core.config import MemoryConfig
from qmann_core.memory import Recalled
from qmann_core.tasks import evidence, fit, load_fitted


@pytest.fixture(scope="module", params=["evidence", "quantum", "classical"])
def remembering(toy, request):
    """Two series and two members with memories, and the records they were fitted to."""
    memory = MemoryConfig(kind=request.param, capacity=500, n_qubits=2, copies=4)
    settings = toy.SMALL.model_copy(update={"memory": memory})
    records = toy.generate(settings.application)
    return fit(toy.TOY, records, settings), records, settings


def gathered(remembering, toy, k=5):
    fitted, records, settings = remembering
    samples = toy.features(records, settings.application)
    latest = samples[np.flatnonzero(~samples.known)]
    return evidence.gather(fitted.model, latest, tuple(fitted.calibrations), k), samples, latest


def test_cases_are_known_samples_with_what_followed_them(remembering, toy):
    found, samples, latest = gathered(remembering, toy)
    assert found.weight.shape == (len(latest), 5)
    for row, case in np.ndindex(found.weight.shape):
        names = np.array(samples.units)[samples.unit]
        [index] = np.flatnonzero(
            (samples.time == found.time[row, case]) & (names == found.series[row, case])
        )
        assert samples.settled[index] <= latest.origin[row]
        np.testing.assert_allclose(found.y[row, case], samples.y[index].numpy(), rtol=1e-6)


def test_weights_are_shares_and_fall(remembering, toy):
    found, *_ = gathered(remembering, toy, k=10_000)
    np.testing.assert_allclose(found.weight.sum(axis=1), 1, rtol=1e-4)
    assert np.all(np.diff(found.weight, axis=1) <= 0)
    assert np.all((found.fidelity >= 0) & (found.fidelity <= 1 + 1e-6))


def test_a_sample_from_before_all_cases_has_none_and_takes_none_from_others(remembering, toy):
    fitted, records, settings = remembering
    samples = toy.features(records, settings.application)
    pair = samples[np.array([0, len(samples) - 1])]
    found = evidence.gather(fitted.model, pair, tuple(fitted.calibrations), 4)
    assert not found.weight[0].any()
    assert np.all(found.weight[1] > 0)
    assert found.time.shape == found.series.shape == (2, 4)


def test_what_members_recall_is_averaged_by_case():
    """Member one gives cases 3 and 8 the weights 0.75 and 0.25, member two case 8 alone all."""

    def recalled(weight, row):
        row = torch.tensor([row])
        return Recalled(
            weight=torch.tensor([weight]),
            fidelity=torch.tensor([[0.5, 0.9]]),
            origin=10 * row,
            group=row % 2,
            row=row,
            payload=row.unsqueeze(-1).float(),
        )

    class Member:
        memory = type("Memory", (), {"n_cases": 2})

        def __init__(self, *found):
            self.found = recalled(*found)

        def recalled(self, _samples, _k):
            return self.found

    members = [Member([0.75, 0.25], [3, 8]), Member([1.0, 0.0], [8, -1])]
    part = {"dated": True, "y": torch.zeros(1, 1), "__getitem__": lambda self, _rows: self}
    samples = type("OneSample", (list,), part)([None])
    found = evidence.gather(members, samples, ("a", "b"), 5)
    np.testing.assert_allclose(found.weight, [[0.625, 0.375]])
    np.testing.assert_allclose(found.fidelity, [[(0.9 + 0.5) / 2, 0.5]])
    assert found.time.astype(np.int64).tolist() == [[80, 30]]
    assert found.series.tolist() == [["a", "b"]]
    assert found.y.tolist() == [[[8.0], [3.0]]]


def test_days_of_cases_are_days_whatever_the_resolution_of_the_samples(remembering, toy):
    found, samples, *_ = gathered(remembering, toy)
    assert found.time.dtype == "datetime64[ns]"
    assert found.time.max() < samples.time.max()


def test_without_a_memory_there_is_no_evidence(toy):
    settings = toy.SMALL.model_copy(update={"memory": MemoryConfig(kind="none")})
    records = toy.generate(settings.application)
    report = fit(toy.TOY, records, settings).predict(records)
    assert report.evidence is None
    assert report.to_dict()["evidence"] == []


def test_saved_models_remember(remembering, toy, tmp_path):
    fitted, *_ = remembering
    before, *_ = gathered(remembering, toy)
    fitted.save(tmp_path / "model")
    loaded = load_fitted(toy.TOY, tmp_path / "model")
    after, *_ = gathered((loaded, *remembering[1:]), toy)
    for name in ("weight", "fidelity", "time", "series", "y"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
