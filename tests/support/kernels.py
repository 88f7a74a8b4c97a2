"""Makes the machine code of the kernels that many tests run; imported by path, see pyproject."""

import torch

from qmann_core.circuits import Circuit, angle, compose, strongly_entangling, z_each
from qmann_core.config import QuantumConfig
from qmann_core.nn import QuantumLSTM
from qmann_core.simulation import compile_circuit

SIZES = (2, 6)  # wires, which run blocks of sixteen samples and, of one sample, of eight


def make(precision: str) -> None:
    """Compile, or load, what the forward and the backward pass run in one precision."""
    dtype = getattr(torch, precision)
    for n_wires in SIZES:
        operations = compose(angle(n_wires), strongly_entangling(n_wires, 1))
        plan = compile_circuit(Circuit(n_wires, operations, z_each(n_wires)), strategy="kernel")
        weights = torch.zeros(3 * n_wires, dtype=dtype, requires_grad=True)
        plan(torch.zeros(1, n_wires, dtype=dtype), weights).sum().backward()
    config, generator = QuantumConfig(n_qubits=2, n_layers=1), torch.Generator()
    lstm = QuantumLSTM(1, 2, quantum=config, generator=generator).to(dtype)
    lstm(torch.zeros(10, 1, 1, dtype=dtype))[0].sum().backward()
