"""Fixtures for tests of training."""

import copy
import importlib
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """The module tiny.py of tests/support, which a script of these tests imports as well."""
    return importlib.import_module("tiny")


class Recorder:
    """Keeps each epoch's report and the model's state at its end."""

    def __init__(self, model, stop_after=None):
        self.model, self.stop_after = model, stop_after
        self.reports, self.states = [], []

    def on_epoch_end(self, state):
        self.reports.append(state)
        self.states.append(copy.deepcopy(self.model.state_dict()))
        if state.epoch == self.stop_after:
            from qmann_core.training.trainer import StopTraining

            raise StopTraining


@pytest.fixture
def fit(tiny):
    """Train a model on 64 rows with changes to the configuration; return what there is to see."""
    from qmann_core.training.trainer import HybridTrainer

    def fit(model=None, train=None, validation=None, *, seed=0, stop_after=None, **changes):
        model = tiny.model() if model is None else model
        train = tiny.samples(64) if train is None else train
        validation = tiny.samples(100, seed=1) if validation is None else validation
        config = tiny.CONFIG.model_copy(update=changes)
        recorder = Recorder(model, stop_after)
        start = copy.deepcopy(model.state_dict())
        history = HybridTrainer(config, seed=seed, callbacks=[recorder]).fit(
            model, train, validation
        )
        return history, model, [start, *recorder.states], recorder.reports

    return fit
