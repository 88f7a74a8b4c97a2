"""Our engine, and PyTorch's own LSTM beside it."""

import time

import torch
from torch import nn

from qmann_core.circuits import Circuit, amplitude, angle, compose, strongly_entangling, z_each
from qmann_core.config import QuantumConfig
from qmann_core.nn import QuantumLayer, QuantumLSTM

from .torch_step import training_step


def automatic(workload, precision):
    return _build(workload, precision, "auto")


def pytorch_path(workload, precision):
    """The faster of the strategies that run in PyTorch alone."""
    if workload.n_wires > 8:
        return _build(workload, precision, "gates")  # a fused table would not fit
    steps = [_build(workload, precision, strategy) for strategy in ("fused", "gates")]
    return min(steps, key=_cost)


def compiled(workload, precision):
    return _build(workload, precision, "gates" if workload.n_wires > 6 else "fused", torch.compile)


def classical(workload, precision):
    dtype = getattr(torch, precision)
    model = nn.LSTM(workload.features, workload.hidden, dtype=dtype)
    return training_step(model, torch.tensor(workload.arrays.inputs, dtype=dtype), [], [])


def circuit_of(workload):
    n = workload.n_wires
    encode = {"angle": angle, "amplitude": amplitude}[workload.encoding]
    return Circuit(n, compose(encode(n), strongly_entangling(n, workload.n_layers)), z_each(n))


def _build(workload, precision, strategy, transform=lambda model: model):
    arrays, dtype = workload.arrays, getattr(torch, precision)
    inputs = torch.tensor(arrays.inputs, dtype=dtype)
    if not workload.steps:
        layer = QuantumLayer(circuit_of(workload), strategy=strategy).to(dtype)
        _set(layer.weight, arrays.weights)
        return training_step(transform(layer), inputs, [layer.weight], [])
    quantum = QuantumConfig(
        n_qubits=workload.n_wires, n_layers=workload.n_layers, strategy=strategy
    )
    lstm = QuantumLSTM(workload.features, workload.hidden, quantum=quantum).to(dtype)
    (cell,) = lstm.cells
    dense = [cell.inward.weight, cell.inward.bias, cell.outward.weight, cell.outward.bias]
    for parameter, values in zip(dense, arrays.dense.values(), strict=True):
        _set(parameter, values)
    _set(cell.circuits.weight, arrays.weights)
    cell.scale.data.fill_(1.0)  # the public form has no scale: there, but without effect
    cell.bias.data.zero_()
    return training_step(transform(lstm), inputs, [cell.circuits.weight], dense)


def _set(parameter, values):
    with torch.no_grad():
        parameter.copy_(torch.tensor(values).reshape(parameter.shape))


def _cost(step):
    step()
    started = time.process_time()
    for _ in range(5):
        step()
    return time.process_time() - started
