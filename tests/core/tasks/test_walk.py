"""Along the folds: what is trained on, what is tested, what intervals know, and going on."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from qmann_core.data import tail
from qmann_core.errors import DataError
from qmann_core.evaluation import adaptive_conformal
from qmann_core.nn import Intervals, LocationScale
from qmann_core.tasks.calibrating import calibrate, fixed_calibration
from qmann_core.tasks.walk import Members, evaluated_rows, raw_outputs, walk

PROBABILITIES = (0.025, 0.1, 0.5, 0.9, 0.975)


def places(samples):
    return np.unique(samples.time, return_inverse=True)[1]


@given(
    n_series=st.integers(1, 3),
    horizon=st.integers(1, 5),
    test_size=st.integers(5, 60),
    refit_every=st.integers(1, 30),
    fraction=st.floats(0.05, 0.45),
)
def test_evaluated_rows_keep_their_laws(toy, n_series, horizon, test_size, refit_every, fraction):
    settings = toy.settings(
        hybrid={"validation_fraction": fraction},
        n_days=100,
        n_series=n_series,
        horizon=horizon,
        test_size=test_size,
        refit_every=refit_every,
    )
    samples = toy.features(toy.generate(settings.application), settings.application)
    known = samples[samples.known]
    folds = toy.split(known, settings.application)
    part = known[folds[0].train]
    assume(round(fraction * len(np.unique(part.time))) > horizon)  # the calibration days
    found = evaluated_rows(known, folds, settings, by_unit=True)
    rows, n_calibration = found.rows, found.n_calibration
    place = places(known)
    calibration, tested = rows[:n_calibration], rows[n_calibration:]
    # nothing is predicted twice, and all that is tested is there, in the order of the folds
    assert len(set(rows)) == len(rows)
    assert tested.tolist() == [row for fold in folds for row in fold.test]
    # calibration rows are of the first training part, and known when testing starts
    assert set(calibration) <= set(folds[0].train)
    assert place[calibration].max() + horizon <= place[tested].min()
    # what the first fit learns from is known before they begin
    learnt, _ = tail(part.time, part.unit, fraction=fraction, embargo=horizon)
    assert place[folds[0].train[learnt]].max() + horizon <= place[calibration].min()
    for group in range(n_series):
        own = rows[known.unit[rows] == group]
        assert np.all(np.diff(place[own]) > 0)


def outputs_and_samples(toy, horizon=2, n_series=2):
    """Outputs of some model for rows in the order in which they are evaluated."""
    application = toy.settings(n_days=160, n_series=n_series, horizon=horizon).application
    samples = toy.features(toy.generate(application), application)
    known = samples[samples.known]
    order = np.lexsort((known.unit, known.time >= known.time[60]))
    n_calibration = int((known.time < known.time[60]).sum())
    rng = np.random.default_rng(0)
    shape = known.y.shape
    outputs = {"location": 0.3 * rng.normal(size=shape), "scale": np.exp(rng.normal(size=shape))}
    return outputs, known[order], n_calibration


def quantiles(toy, outputs, samples, n_calibration):
    tested = np.arange(len(samples)) >= n_calibration
    return calibrate(
        Intervals(), outputs, samples, tested, PROBABILITIES, toy.SETTINGS, adaptive=True
    )


def test_every_series_is_calibrated_alone(toy):
    outputs, samples, n_calibration = outputs_and_samples(toy)
    issued, calibrations = quantiles(toy, outputs, samples, n_calibration)
    test = np.arange(len(samples)) >= n_calibration
    for group, name in enumerate("ab"):
        own = samples.unit == group
        location, scale = outputs["location"][own], outputs["scale"][own]
        standard, end = adaptive_conformal(
            (samples.y[own].numpy() - location) / scale,
            np.array(PROBABILITIES),
            start=int((own & ~test).sum()),
            delay=np.array([1, 2]),
            window=toy.SETTINGS.application.calibration_window,
            rate=toy.SETTINGS.application.calibration_rate,
        )
        start = int((own & ~test).sum())
        expected = location[start:, :, None] + scale[start:, :, None] * standard
        np.testing.assert_allclose(issued["quantiles"][own[test]], expected)
        np.testing.assert_array_equal(calibrations[name].scores, end.scores)
        np.testing.assert_array_equal(calibrations[name].adapted, end.adapted)
    np.testing.assert_array_equal(issued["location"], outputs["location"][test])


def test_intervals_know_no_target_before_its_delay_is_over(toy):
    outputs, samples, n_calibration = outputs_and_samples(toy)
    issued, _ = quantiles(toy, outputs, samples, n_calibration)
    place = places(samples)
    change = place[n_calibration] + 20
    y = samples.y.clone()
    y[place >= change] *= 10
    blind, _ = quantiles(toy, outputs, replace(samples, y=y), n_calibration)
    tested = place[n_calibration:]
    for target, delay in enumerate(samples.lead):
        same = (issued["quantiles"] == blind["quantiles"])[:, target].all(axis=1)
        assert same[tested < change + delay].all()
        assert not same[tested >= change + delay].all()


def test_calibration_is_free_of_units(toy):
    outputs, samples, n_calibration = outputs_and_samples(toy)
    issued, _ = quantiles(toy, outputs, samples, n_calibration)
    larger = {name: 8 * values for name, values in outputs.items()}
    other, _ = quantiles(toy, larger, replace(samples, y=8 * samples.y), n_calibration)
    np.testing.assert_allclose(other["quantiles"], 8 * issued["quantiles"], rtol=1e-6)


def test_given_quantiles_are_kept(toy):
    outputs, samples, n_calibration = outputs_and_samples(toy)
    given = np.random.default_rng(1).normal(size=(*samples.y.shape, 5))
    kept, calibrations = quantiles(toy, {**outputs, "quantiles": given}, samples, n_calibration)
    np.testing.assert_array_equal(kept["quantiles"], given[n_calibration:])
    assert calibrations == {}


def known_small(toy):
    application = toy.SMALL.application
    samples = toy.features(toy.generate(application), application)
    known = samples[samples.known]
    return known, toy.split(known, application)


class ScaledHead(LocationScale):
    """A head with a unit that is learned from each training part and used in decoding."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.register_buffer("unit", torch.ones(()))

    def fit(self, train):
        super().fit(train)
        self.unit.copy_(train.y.square().mean())

    def decode(self, raw):
        return {name: self.unit * value for name, value in super().decode(raw).items()}


@pytest.mark.parametrize("kind", [LocationScale, ScaledHead])
def test_predictions_do_not_depend_on_what_is_known_later(toy, kind):
    """Targets known after the first fold began move nothing that was predicted in it."""
    known, folds = known_small(toy)
    place = places(known)
    later = place + known.reach > place[folds[0].test].min()
    y = known.y.clone()
    y[later] = 100 * y[later].flip(0)
    head = lambda n, s: kind(n, s.regressors.shape[1], s.y.shape[1])  # noqa: E731
    walks = [
        walk(replace(known, y=targets), Members(head, toy.SMALL, None, folds))
        for targets in (known.y, y)
    ]
    found = evaluated_rows(known, folds, toy.SMALL, by_unit=True)
    early = found.n_calibration + len(folds[0].test)
    for name, values in walks[0].outputs.items():
        assert len(values) == len(found.rows)
        np.testing.assert_array_equal(values[:early], walks[1].outputs[name][:early])
        assert not np.array_equal(values[early:], walks[1].outputs[name][early:])


def test_outputs_do_not_depend_on_the_batch(toy, pair):
    known, _ = known_small(toy)
    many = known[np.tile(np.arange(len(known)), 4500 // len(known) + 1)]
    raw = raw_outputs(pair.model, many)
    torch.testing.assert_close(raw[: len(known)], raw_outputs(pair.model, known))
    torch.testing.assert_close(raw[-len(known) :], raw[: len(known)])


class Impatient(LocationScale):
    """Its training is interrupted, as by Ctrl-C, after so many losses."""

    calls = 0
    patience = None

    def loss(self, raw, y, aux):
        Impatient.calls += torch.is_grad_enabled()  # what circuits did is measured without
        if Impatient.patience is not None and Impatient.calls > Impatient.patience:
            raise KeyboardInterrupt
        return super().loss(raw, y, aux)


@pytest.fixture
def impatient(toy, monkeypatch):
    """Run the small fit; interrupt it after so many losses."""
    head = lambda n, s: Impatient(n, s.regressors.shape[1], s.y.shape[1])  # noqa: E731
    task = replace(toy.TOY, head=head)

    def run(folder, patience=None):
        monkeypatch.setattr(Impatient, "calls", 0)
        monkeypatch.setattr(Impatient, "patience", patience)
        return toy.small_fit(folder, task)

    return run


def assert_same(one, other):
    states = one.model.state_dict(), other.model.state_dict()
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())
    values = one.evaluation.to_dict(), other.evaluation.to_dict()
    for value in values:
        del value["seconds"]
    assert json.dumps(values[0]) == json.dumps(values[1])
    for name, calibration in one.calibrations.items():
        np.testing.assert_array_equal(calibration.scores, other.calibrations[name].scores)
        np.testing.assert_array_equal(calibration.adapted, other.calibrations[name].adapted)


@pytest.mark.slow
def test_interrupted_again_and_again_it_ends_with_the_same(impatient, pair, tmp_path):
    whole = impatient(None)
    assert_same(whole, pair)
    patience, interruptions = Impatient.calls // 5, 0
    while True:
        try:
            resumed = impatient(tmp_path / "progress", patience)
        except KeyboardInterrupt:
            interruptions += 1
            assert interruptions < 30, "no progress"
        else:
            break
    assert interruptions >= 4
    assert_same(resumed, whole)
    again = impatient(tmp_path / "progress")
    assert Impatient.calls == 0  # what is finished is not trained again
    assert_same(again, whole)


@pytest.fixture(scope="module")
def progress(toy, tmp_path_factory):
    """The checkpoints of the small fit."""
    folder = tmp_path_factory.mktemp("progress")
    toy.small_fit(folder)
    return folder


def test_checkpoints_of_every_fit_are_kept_apart(progress):
    files = {file.relative_to(progress).as_posix() for file in progress.rglob("last.safetensors")}
    fits = range(1 + 2 + 1)  # the first, one for each fold, and the one on everything
    assert files >= {f"hybrid/fit-{k}/member-{m}/last.safetensors" for k in fits for m in (0, 1)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, r"belongs to another training run: seed is \d+ there and \d+ here"),
        ({"hybrid": {"batch_size": 16}}, r"hybrid\.batch_size is 32 there and 16 here"),
        ({"application": {"n_days": 190}}, r"train\.x is float32\[\d+, 3, 3\] \w+ there and flo"),
        ({"classical": {"hidden_size": 2}}, r"holds another model: .*controller.* in the file"),
    ],
    ids=["seed", "setting", "data", "model"],
)
def test_progress_of_another_fit_is_refused(toy, progress, change, message):
    parts = {
        name: value if name == "seed" else getattr(toy.SMALL, name).model_copy(update=value)
        for name, value in change.items()
    }
    changed = toy.SMALL.model_copy(update=parts)
    application = changed.application
    samples = toy.features(toy.generate(application), application)
    known = samples[samples.known]
    folds = toy.split(known, application)
    with pytest.raises(DataError, match=message):
        walk(known, Members(toy.head, changed, None, folds, checkpoint=progress))


def test_damaged_progress_is_refused(toy, progress, tmp_path):
    place = tmp_path / "hybrid" / "fit-0" / "member-0"
    place.mkdir(parents=True)
    whole = (progress / "hybrid/fit-0/member-0/last.safetensors").read_bytes()
    (place / "last.safetensors").write_bytes(whole[:-10])
    with pytest.raises(DataError, match=r"last\.safetensors: truncated: .* delete it, or copy it"):
        toy.small_fit(tmp_path)


def test_progress_that_cannot_be_kept_is_refused_with_the_folder(toy, tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DataError, match=r"cannot be made a folder for checkpoints \(Not a dir"):
        toy.small_fit(file / "progress")


def test_rows_without_a_score_do_not_count():
    scores, wanted = np.array([[3.0], [np.nan], [1.0], [2.0]]), np.array([0.5, 0.7])
    found = fixed_calibration(scores, wanted)
    np.testing.assert_array_equal(found.scores, [[1.0], [2.0], [3.0]])
    np.testing.assert_array_equal(found.quantiles(wanted), [[2.0, 3.0]])
