"""Models are of float32 whatever PyTorch's default is, and the default is left as it was."""

import threading

import numpy as np
import pytest
import torch

from qmann_core.estimators import (
    MemoryClassifier,
    QuantumKernelRegressor,
    ReservoirRegressor,
    ReuploadingRegressor,
)
from qmann_core.training import single_precision


@pytest.fixture
def _double():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.usefixtures("_double")
def test_the_default_is_put_back_by_the_last_thread_that_leaves():
    inside, leave, seen = threading.Event(), threading.Event(), []

    @single_precision()
    def longer():
        inside.set()
        leave.wait()
        seen.append(torch.zeros(1).dtype)

    thread = threading.Thread(target=longer)
    with single_precision():
        thread.start()
        inside.wait()
        seen.append(torch.zeros(1).dtype)
    leave.set()
    thread.join()
    assert seen == [torch.float32] * 2
    assert torch.get_default_dtype() == torch.float64
    with pytest.raises(KeyError, match="x"), single_precision():
        raise KeyError("x")
    assert torch.get_default_dtype() == torch.float64


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (QuantumKernelRegressor(random_state=0), (40, 3)),
        (ReservoirRegressor(random_state=0), (40, 12)),
        (ReuploadingRegressor(epochs=2, random_state=0), (40, 3)),
        (MemoryClassifier(), (40, 4)),
    ],
)
def test_estimators_answer_the_same_under_any_default(model, shape):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    y = x.reshape(len(x), -1)[:, 0]
    y = y > 0 if isinstance(model, MemoryClassifier) else y
    answers = []
    for dtype in (torch.float32, torch.float64):
        torch.set_default_dtype(dtype)
        try:
            answers.append(model.fit(x, y).predict(x))
        finally:
            torch.set_default_dtype(torch.float32)
    np.testing.assert_array_equal(*answers)
