"""The conformance suite: honest tasks and layers pass, and every cheat is found."""

import importlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from qmann_core.data import Fold, Folds
from qmann_core.nn import LocationScale
from qmann_core.testing import check_layer, check_task, quick


@pytest.fixture(scope="module")
def toy():
    return importlib.import_module("toy")


def check(toy, folder, **changes):
    config = quick(toy.SMALL, n_days=150, test_size=40)
    check_task(replace(toy.TOY, **changes), config, folder, earlier=lambda s: s.earlier(10))


def test_an_honest_task_passes(toy, tmp_path):
    check(toy, tmp_path)
    assert (tmp_path / "model" / "config.json").is_file()


def test_quick_changes_the_epochs_and_what_it_is_told_to(toy):
    config = quick(toy.SETTINGS, n_days=150)
    assert (config.hybrid.epochs, config.hybrid.refit_epochs) == (1, 1)
    assert config == toy.settings(hybrid={"epochs": 1, "refit_epochs": 1}, n_days=150)
    assert type(config) is toy.ToySettings


def refused(toy, folder, message, **changes):
    with pytest.raises(AssertionError, match=message):
        check(toy, folder, **changes)


def test_features_that_look_ahead_are_found(toy, tmp_path):
    def features(series, application):
        samples = toy.features(series, application)
        return replace(samples, regressors=samples.regressors.roll(-1, 0))

    refused(toy, tmp_path, "not equal", features=features)


def test_features_that_are_scaled_by_all_of_the_data_are_found(toy, tmp_path):
    def features(series, application):
        samples = toy.features(series, application)
        return replace(samples, x=samples.x / samples.x.std())

    refused(toy, tmp_path, "not equal|not close", features=features)


def test_features_with_a_memory_are_found(toy, tmp_path):
    generator = torch.Generator().manual_seed(0)

    def features(series, application):
        samples = toy.features(series, application)
        return replace(samples, x=samples.x + torch.rand(1, generator=generator))

    refused(toy, tmp_path, "not equal|not close", features=features)


@pytest.mark.parametrize("wrong", [torch.inf, torch.nan])
def test_features_that_are_not_finite_are_found(toy, wrong, tmp_path):
    def features(series, application):
        samples = toy.features(series, application)
        return replace(samples, regressors=samples.regressors * wrong)

    refused(toy, tmp_path, "regressors is not finite", features=features)


def test_a_missing_newest_sample_is_found(toy, tmp_path):
    def features(series, application):
        samples = toy.features(series, application)
        return samples[samples.known]

    refused(toy, tmp_path, "the newest sample, whose target is unknown, is mi", features=features)


def test_samples_out_of_order_are_found(toy, tmp_path):
    def features(series, application):
        samples = toy.features(series, application)
        return samples[np.arange(len(samples))[::-1].copy()]

    refused(toy, tmp_path, "samples of a unit are not in time order", features=features)


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (lambda f: Fold(np.union1d(f.train, f.test), f.test), "a fold tests on what it trains on"),
        (lambda f: Fold(f.train, np.arange(60, 160)), "a fold tests on what|a sample is tested tw"),
    ],
    ids=["train", "twice"],
)
def test_folds_that_mix_training_and_test_are_found(toy, tmp_path, cheat, message):
    def split(samples, application):
        return Folds(tuple(cheat(fold) for fold in toy.split(samples, application)))

    refused(toy, tmp_path, message, split=split)


def test_folds_without_an_embargo_are_found(toy, tmp_path):
    def features(series, application):
        return toy.features(series, application.model_copy(update={"horizon": 3}))

    def split(samples, application):
        return toy.split(replace(samples, lead=(1, 1, 1)), application)

    changes = {"features": features, "baselines": {"closed form": toy.closed_form}}
    refused(toy, tmp_path, "a training target reaches into the test", split=split, **changes)


@pytest.mark.parametrize("number", [0, -1], ids=["first fold", "last fold"])
def test_a_baseline_that_reads_the_answers_is_found(toy, tmp_path, number):
    def cheat(series, samples, folds, application):
        honest = toy.closed_form(series, samples, folds, application)
        location = honest["location"].copy()
        location[folds[number].test] = samples.y[folds[number].test].numpy()
        return {**honest, "location": location}

    refused(toy, tmp_path, "cheat reads the test targets", baselines={"cheat": cheat})


def test_a_baseline_that_is_not_finite_is_found(toy, tmp_path):
    def wild(series, samples, folds, application):
        honest = toy.closed_form(series, samples, folds, application)
        return {**honest, "scale": honest["scale"] * np.inf}

    refused(toy, tmp_path, "wild: scale is not finite", baselines={"wild": wild})


def with_head(toy, kind):
    return {"head": lambda n, s: kind(n, s.regressors.shape[1], s.y.shape[1])}


class NegativeScale(LocationScale):
    def decode(self, raw):
        return {name: -value for name, value in super().decode(raw).items()}


class Forgetful(LocationScale):
    """What it learns is not in its state."""

    unit = 1.0

    def fit(self, train):
        super().fit(train)
        self.unit = float(train.y.std())

    def decode(self, raw):
        return {name: value * self.unit for name, value in super().decode(raw).items()}


class Moody(LocationScale):
    """Its answers change from call to call."""

    generator = torch.Generator().manual_seed(0)

    def decode(self, raw):
        noise = torch.rand(1, generator=self.generator)
        return {name: value * (1 + noise) for name, value in super().decode(raw).items()}


class Undefined(LocationScale):
    """What it keeps of a case has no number where a target is negative."""

    def residual(self, regressors, y):
        return super().residual(regressors, y).log()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Undefined, "a residual is not finite"),
        (NegativeScale, "a scale is not positive"),
        (Forgetful, "a saved model differs"),
        (Moody, "the same seed differs"),
    ],
)
def test_heads_that_break_a_law_are_found(toy, tmp_path, kind, message):
    refused(toy, tmp_path, message, **with_head(toy, kind))


def test_a_task_that_moves_the_global_generator_is_found(toy, tmp_path):
    def restless(series, samples, folds, application):
        torch.rand(1)
        return toy.closed_form(series, samples, folds, application)

    with torch.random.fork_rng():
        refused(toy, tmp_path, "fit moved the global generator", baselines={"restless": restless})


class Centred(nn.Linear):
    def forward(self, x):
        y = super().forward(x)
        return y - y.mean(dim=0)


class Noisy(nn.Linear):
    def forward(self, x):
        return super().forward(x) + torch.rand(1)


class Flat(nn.Linear):
    def forward(self, x):
        if x.dim() > 3:
            return super().forward(x) * 2
        return super().forward(x)


class Detached(nn.Linear):
    def forward(self, x):
        return super().forward(x) + x.detach()


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        (Centred, AssertionError, "not close"),
        (Noisy, AssertionError, "the call moved the global generator"),
        (Flat, AssertionError, "not close"),
        (Detached, AssertionError, "gradients are wrong"),
    ],
)
def test_layers_that_break_a_law_are_found(kind, error, message):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer, x = kind(3, 3), torch.randn(4, 2, 3)
        with pytest.raises(error, match=message):
            check_layer(layer, x)


def test_a_layer_without_parameters_passes():
    check_layer(nn.Tanh(), torch.randn(4, 2, generator=torch.Generator().manual_seed(0)))


def test_checking_a_layer_leaves_it_as_it_was():
    layer = nn.Linear(3, 2)
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    check_layer(layer, torch.ones(2, 3))
    assert layer.training
    assert all(torch.equal(before[name], tensor) for name, tensor in layer.state_dict().items())
