"""What QuantumLSTM and QuantumGRU have in common with nn.LSTM and nn.GRU, and what they refuse."""

import itertools

import numpy as np
import pytest
import torch
from refused import refused
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from qmann_core.config import QuantumConfig
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.nn import QuantumGRU, QuantumLSTM

SMALL = QuantumConfig(n_qubits=2, n_layers=1)
KINDS = {QuantumLSTM: nn.LSTM, QuantumGRU: nn.GRU}
EACH = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def _own_generator():
    with torch.random.fork_rng():
        torch.manual_seed(2)
        yield


def states(kind, *shape):
    made = torch.randn(shape), torch.randn(shape)
    return made if kind is QuantumLSTM else made[0]


def each(found):
    return found if isinstance(found, tuple) else (found,)


@EACH
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(
    ("lengths", "is_sorted"),
    [
        ([6] * 20 + [3] * 12, True),
        ([5] * 25 + [4] * 15, True),
        ([4] * 40, True),
        ([1], True),
        ([2, 5, 5, 2, 1, 5] * 6, False),
        ([1] * 30 + [3], False),
    ],
)
def test_packed_outputs_stand_beside_the_packed_inputs(kind, bidirectional, lengths, is_sorted):
    x = torch.randn(max(lengths), len(lengths), 3)
    packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=is_sorted)
    options = {"bidirectional": bidirectional}
    layer, like = kind(3, 4, 2, quantum=SMALL, **options), KINDS[kind](3, 4, 2, **options)
    start = states(kind, 2 * (1 + bidirectional), len(lengths), 4)
    output, final = layer(packed, start)
    expected, _ = like(packed)
    assert output.data.shape == expected.data.shape
    for name in ("batch_sizes", "sorted_indices", "unsorted_indices"):
        one, other = getattr(output, name), getattr(expected, name)
        assert (one is None and other is None) or torch.equal(one, other)
    order = range(len(lengths)) if packed.sorted_indices is None else packed.sorted_indices.tolist()
    alone = []
    for row, length in enumerate(lengths):
        first = tuple(s[:, row] for s in each(start))
        run = layer(x[:length, row], first if kind is QuantumLSTM else first[0])
        alone.append(run[0])
        for found, right in zip(each(final), each(run[1]), strict=True):
            torch.testing.assert_close(found[:, row], right)
    steps = [alone[row][t] for t, b in enumerate(packed.batch_sizes) for row in order[:b]]
    torch.testing.assert_close(output.data, torch.stack(steps))


@EACH
@pytest.mark.parametrize("batch_first", [False, True])
def test_bidirectional_is_two_layers_of_which_one_reads_from_the_end(kind, batch_first):
    both = kind(3, 4, 2, bidirectional=True, batch_first=batch_first, quantum=SMALL)
    like = KINDS[kind](3, 4, 2, bidirectional=True, batch_first=batch_first)
    x = torch.randn(5, 2, 3)
    start = states(kind, 4, 5 if batch_first else 2, 4)
    output, final = both(x, start)
    expected, ends = like(x, start)
    assert output.shape == expected.shape
    assert [s.shape for s in each(final)] == [s.shape for s in each(ends)]
    steps = x.transpose(0, 1) if batch_first else x
    found = []
    for layer in range(2):
        ways = []
        for way, cells in enumerate((both.cells, both.cells_reverse)):
            first = tuple(s[2 * layer + way] for s in each(start))
            read, last = cells[layer](steps.flip(0) if way else steps, first)
            ways.append(read.flip(0) if way else read)
            found.append(last)
        steps = torch.cat(ways, dim=-1)
    torch.testing.assert_close(output, steps.transpose(0, 1) if batch_first else steps)
    stacked = (torch.stack(s) for s in zip(*found, strict=True))
    torch.testing.assert_close(each(final), tuple(stacked))


@pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")  # of torch's own layer
@pytest.mark.parametrize(
    ("bidirectional", "batched"), list(itertools.product((False, True), (False, True)))
)
def test_projections_hand_on_fewer_numbers(bidirectional, batched):
    options = {"bidirectional": bidirectional, "proj_size": 2}
    ours, theirs = QuantumLSTM(3, 5, 2, quantum=SMALL, **options), nn.LSTM(3, 5, 2, **options)
    ways, batch = 1 + bidirectional, (4,) if batched else ()
    x = torch.randn(6, *batch, 3)
    start = torch.randn(2 * ways, *batch, 2), torch.randn(2 * ways, *batch, 5)
    for given in (None, start):
        output, final = ours(x, given)
        expected, ends = theirs(x, given)
        assert output.shape == expected.shape
        assert [s.shape for s in final] == [s.shape for s in ends]


def test_projected_steps_are_those_of_the_equations():
    layer = QuantumLSTM(3, 5, proj_size=2, quantum=SMALL).double()
    (cell,) = layer.cells
    x, h, c = (torch.randn(n, 4, k, dtype=torch.float64) for n, k in ((6, 3), (1, 2), (1, 5)))
    output, final = layer(x, (h, c))
    h, c, steps = h[0], c[0], []
    for step in x:
        values = cell.circuits(cell.inward(torch.cat([step, h], dim=-1)))
        raw = cell.outward(values) * cell.scale + cell.bias
        i, f, g, o = raw.unbind(dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = cell.projection(o.sigmoid() * c.tanh())
        steps.append(h)
    torch.testing.assert_close(output, torch.stack(steps))
    torch.testing.assert_close(final, (h[None], c[None]))
    longer = pack_padded_sequence(x, torch.tensor([6, 6, 2, 1]))
    torch.testing.assert_close(layer(longer)[1][0][0, 3], layer(x[:1])[1][0][0, 3])


@EACH
def test_names_are_those_of_torch(kind):
    layer = kind(3, 4, 1, True, True, 0.0, True, quantum=SMALL, dtype=torch.float64)
    like = KINDS[kind](3, 4, 1, True, True, 0.0, True, dtype=torch.float64)
    names = "input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size"
    for name in names.split():
        assert getattr(layer, name) == getattr(like, name)
    layer.flatten_parameters()
    x, h = torch.randn(2, 5, 3, dtype=torch.float64), torch.zeros(2, 2, 4, dtype=torch.float64)
    named = layer(input=x, hx=(h, h) if kind is QuantumLSTM else h)[0]
    assert torch.equal(named, layer(x)[0])
    assert any(name.startswith("cells_reverse.0.") for name in layer.state_dict())


@EACH
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_leaves_circuits_in_their_own_precision(kind, dtype):
    dense, layer = nn.Linear(3, 3), kind(3, 4, quantum=SMALL)
    x, h = torch.randn(5, 2, 3), states(kind, 1, 2, 4)
    with torch.autocast("cpu", dtype=dtype):
        low = dense(x)
        output, _ = layer(low, h)
        output.sum().backward()
    assert low.dtype == dtype
    assert torch.equal(output, layer(low.float(), h)[0])
    assert dense.weight.grad.isfinite().all()


@EACH
@pytest.mark.parametrize(
    "dtype", [torch.int64, torch.int8, torch.bool, torch.float16, torch.bfloat16, torch.complex64]
)
def test_other_precisions_are_refused_by_name(kind, dtype):
    layer, x = kind(3, 4, quantum=SMALL), torch.ones(5, 2, 3).to(dtype)
    packed = pack_padded_sequence(x, torch.tensor([5, 2]))
    start = torch.zeros(1, 2, 4).to(dtype)
    start = (start, start) if kind is QuantumLSTM else start
    for given in ((x,), (packed,), (torch.ones(5, 2, 3), start)):
        with pytest.raises(CircuitError, match=f"are {dtype} on cpu but weights torch.float32"):
            layer(*given)
    if dtype.is_floating_point:
        with pytest.raises(CircuitError, match=f"weights are {dtype}; use torch.float32 or"):
            layer.to(dtype)(x)


@EACH
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (None, "inputs of type NoneType"),
        ("x", "inputs of type str"),
        (np.zeros((5, 2, 3), np.float32), "inputs of type ndarray"),
        ([[1.0, 2.0, 3.0]], "inputs of type list"),
        (torch.zeros(()), r"shape \(\): expected two or three axes"),
        (torch.zeros(2, 2, 2, 3), r"shape \(2, 2, 2, 3\): expected two or three axes"),
        (torch.zeros(5, 2, 4), "got 4 input features: expected 3"),
        (torch.zeros(0, 2, 3), "a sequence without steps"),
        (torch.zeros(5, 2, 3).to_sparse(), "inputs are stored as torch.sparse_coo"),
        (torch.zeros(5, 2, 3, device="meta"), "inputs are torch.float32 on meta"),
    ],
)
def test_inputs_that_are_refused(kind, x, message):
    with refused(CircuitError, message):
        kind(3, 4, quantum=SMALL)(x)


Z = torch.zeros(1, 2, 4)


@pytest.mark.parametrize(
    ("kind", "hx", "message"),
    [
        (QuantumLSTM, (Z, None), "initial states of type NoneType"),
        (QuantumLSTM, (Z,), "got tuple as initial states: expected a pair"),
        (QuantumLSTM, (Z, Z, Z), "got tuple as initial states: expected a pair"),
        (QuantumLSTM, Z, "got Tensor as initial states: expected a pair"),
        (QuantumLSTM, (Z.double(), Z.double()), "initial states are torch.float64 on cpu"),
        (QuantumLSTM, (Z[0], Z[0]), r"shape \(2, 4\) and \(2, 4\): expected \(1, 2, 4\)"),
        (QuantumLSTM, (Z, Z[..., :2]), r"\(1, 2, 4\) and \(1, 2, 2\): expected"),
        (QuantumGRU, (Z, Z), "got a tuple of 2 as initial state: expected one tensor"),
        (QuantumGRU, "z", "initial states of type str"),
        (QuantumGRU, Z[:, :1], r"an initial state of shape \(1, 1, 4\): expected \(1, 2, 4\)"),
    ],
)
def test_states_that_are_refused(kind, hx, message):
    with refused(CircuitError, message):
        kind(3, 4, quantum=SMALL)(torch.zeros(5, 2, 3), hx)


@EACH
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_size": None}, "input_size None.*expected at least 1"),
        ({"hidden_size": "4"}, "hidden_size '4'.*expected at least 1"),
        ({"num_layers": 1.5}, "num_layers 1.5.*expected at least 1"),
        ({"hidden_size": -4}, "hidden_size -4.*expected at least 1"),
        ({"bias": False}, "bias=False: expected True"),
        ({"dropout": 1.5}, "dropout 1.5: expected a probability"),
        ({"dropout": None}, "dropout None: expected a probability"),
        ({"cell": "lstm"}, "cell 'lstm': expected one of"),
        ({"cell": ["gated"]}, "expected one of"),
        ({"quantum": {}}, "expected a QuantumConfig"),
        ({"generator": 0}, "expected one of torch"),
        ({"dtype": torch.float16}, "dtype torch.float16: expected torch.float32"),
        ({"proj_size": -1}, "proj_size=-1: expected a whole number from 0"),
        ({"proj_size": 4}, "proj_size=4: expected (less than hidden_size=4|0)"),
    ],
)
def test_options_that_are_refused(kind, options, message):
    with refused(ConfigError, message):
        kind(**{"input_size": 3, "hidden_size": 4, "quantum": SMALL, **options})


@pytest.mark.parametrize("kind", [QuantumGRU, QuantumLSTM])
def test_only_gated_lstms_have_projections(kind):
    cell = {} if kind is QuantumGRU else {"cell": "chen_v0"}
    with pytest.raises(ConfigError, match="proj_size=2: expected 0; QuantumLSTM with the cell"):
        kind(3, 4, proj_size=2, **cell)


@EACH
def test_no_samples_have_no_outputs(kind):
    output, final = kind(3, 4, quantum=SMALL)(torch.zeros(5, 0, 3))
    assert output.shape == (5, 0, 4)
    assert all(state.shape == (1, 0, 4) for state in each(final))


def test_packed_gradients_are_those_of_the_padded_ones():
    layer, x = QuantumGRU(3, 4, bidirectional=True, quantum=SMALL), torch.randn(4, 3, 3)
    x.requires_grad_()
    packed = pack_padded_sequence(x, torch.tensor([4, 4, 4]))
    output, _ = layer(packed)
    assert isinstance(output, PackedSequence)
    weight = torch.randn(12, 8)
    (one,) = torch.autograd.grad((output.data * weight).sum(), x)
    (other,) = torch.autograd.grad((layer(x)[0].flatten(0, 1) * weight).sum(), x)
    torch.testing.assert_close(one, other)
