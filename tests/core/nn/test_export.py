"""Modules as exported, ONNX and compiled programs: real arithmetic, and the same numbers."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.export import Dim

from qmann_core.circuits import (
    Circuit,
    amplitude,
    angle,
    compose,
    hardware_efficient,
    iqp,
    pauli,
    probabilities,
    strongly_entangling,
    z_each,
)
from qmann_core.config import ClassicalConfig, QMANNConfig, QuantumConfig
from qmann_core.data import Samples
from qmann_core.nn import (
    AttentionMechanism,
    LocationScale,
    QuantumLayer,
    QuantumLSTM,
    build_network,
)
from qmann_core.nn.quantum_gru import QuantumGRU

pytestmark = pytest.mark.slow
TRACED = Path(__file__).parents[2] / "support" / "traced.py"
BATCH = {0: Dim("batch", min=2, max=64)}
REUPLOADED = compose(
    angle(3), strongly_entangling(3, 1), angle(3, axis="X"), hardware_efficient(3, 1)
)
CIRCUITS = {
    "angles": Circuit(4, compose(angle(4), strongly_entangling(4, 2)), z_each(4)),
    "amplitudes": Circuit(
        3, compose(amplitude(3), strongly_entangling(3, 2)), probabilities((2, 0))
    ),
    "real": Circuit(3, compose(angle(3), hardware_efficient(3, 0)), (*z_each(3), pauli("XZ"))),
    "words": Circuit(5, compose(angle(5), strongly_entangling(5, 1)), (pauli("XY"), pauli("ZZ"))),
}


def uniform(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def layer(circuit, strategy, n_gates=None):
    generator = torch.Generator().manual_seed(1)
    return QuantumLayer(circuit, strategy=strategy, n_gates=n_gates, generator=generator)


def tensors(output):
    return [leaf for leaf in torch.utils._pytree.tree_leaves(output) if leaf is not None]


def assert_same(found, expected):
    for one, other in zip(tensors(found), tensors(expected), strict=True):
        torch.testing.assert_close(one, other, atol=3e-6, rtol=0)


def exported(module, *inputs, dynamic=None):
    """The exported program, whose numbers must be real ones, all the way."""
    shapes = None if dynamic is None else tuple(dynamic for _ in inputs)
    program = torch.export.export(module, inputs, dynamic_shapes=shapes)
    values = [node.meta.get("val") for node in program.graph.nodes]
    assert not any(value.is_complex() for value in tensors(values) if torch.is_tensor(value))
    return program.module()


@pytest.mark.parametrize("strategy", ["fused", "gates"])
@pytest.mark.parametrize("name", CIRCUITS)
def test_layer_for_any_batch(name, strategy):
    module = layer(CIRCUITS[name], strategy)
    run = exported(module, uniform(3, CIRCUITS[name].n_inputs), dynamic=BATCH)
    for n_samples in (2, 7):
        inputs = uniform(n_samples, CIRCUITS[name].n_inputs, seed=n_samples)
        assert_same(run(inputs), module(inputs))


@pytest.mark.parametrize("operations", [REUPLOADED, compose(iqp(3), strongly_entangling(3, 1))])
def test_layer_of_several_gates_that_reads_inputs_late(operations):
    module = layer(Circuit(3, operations, z_each(3)), "gates", n_gates=2)
    inputs = uniform(3, 3)
    assert_same(exported(module, inputs)(inputs), module(inputs))


@pytest.mark.parametrize("name", ["gated", "chen_v0", "gru"])
def test_recurrent(name):
    small = QuantumConfig(n_qubits=4, n_layers=1, strategy="fused")
    generator = torch.Generator().manual_seed(1)
    if name == "gru":
        module = QuantumGRU(2, 2, quantum=small, generator=generator)
    else:
        module = QuantumLSTM(2, 2, cell=name, quantum=small, generator=generator)
    x = uniform(4, 3, 2)
    assert_same(exported(module, x)(x), module(x))


def test_attention():
    module = AttentionMechanism(6, 8, n_heads=2)
    inputs = uniform(3, 6), uniform(3, 5, 6, seed=1)
    assert_same(exported(module, *inputs, dynamic=BATCH)(*inputs), module(*inputs))


@pytest.mark.parametrize(("controller", "attends"), [("lstm", True), ("dense", False)])
def test_network(controller, attends):
    config = QMANNConfig(
        quantum=QuantumConfig(n_qubits=3, n_layers=1, strategy="fused"),
        classical=ClassicalConfig(
            controller=controller, attention=attends, context_size=4, hidden_size=2
        ),
    )
    samples = Samples(
        x=uniform(5, 4, 2),
        regressors=uniform(5, 2, seed=1),
        y=uniform(5, 1, seed=2),
        time=np.datetime64("2020-01-01") + np.arange(5),
        unit=np.zeros(5, dtype=np.int64),
        units=("a",),
        lead=(1,),
    )
    module = build_network(config, samples, lambda width, _: LocationScale(width, 2, 1))
    inputs = samples.x, samples.regressors
    assert_same(exported(module, *inputs)(*inputs), module(*inputs))


@pytest.mark.parametrize("strategy", ["fused", "gates"])
def test_onnx(strategy):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    n = 4 if strategy == "fused" else 7
    operations = compose(angle(n), strongly_entangling(n, 2))
    module = layer(Circuit(n, operations, (*z_each(n), pauli("XY"))), strategy).eval()
    inputs = uniform(3, n)
    program = torch.onnx.export(module, (inputs,), dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    (values,) = session.run(None, {session.get_inputs()[0].name: inputs.numpy()})
    np.testing.assert_allclose(values, module(inputs).detach().numpy(), atol=1e-5)


def test_compiled_as_one_graph():
    """By a compiler where there is one, in a process of its own."""
    compiler = "aot_eager" if shutil.which("g++") is None else "inductor"
    command = [sys.executable, "-W", "ignore", TRACED, "aot_eager:gates:3", f"{compiler}:fused:2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    differences = [float(line) for line in done.stdout.splitlines()]
    assert len(differences) == 2
    assert max(differences) < 1e-12
