"""QuantumAttention: nn.MultiheadAttention's call and return, and the weights of fidelity."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from refused import refused
from torch import nn

from qmann_core.circuits import Circuit, angle, z_each
from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.qmatrix import QMatrix
from qmann_core.nn.quantum_attention import QuantumAttention, fidelity_weights
from qmann_core.simulation import reference

BATCH, QUERIES, KEYS, WIDTH, HEADS = 3, 4, 5, 6, 2
KINDS = QuantumAttention, nn.MultiheadAttention


@pytest.fixture(autouse=True)
def _own_generator():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def attention(**options):
    return QuantumAttention(WIDTH, HEADS, batch_first=True, n_qubits=3, **options)


def inputs(queries=QUERIES, keys=KEYS, dtype=torch.float32):
    stored = torch.randn(BATCH, keys, WIDTH, dtype=dtype)
    return torch.randn(BATCH, queries, WIDTH, dtype=dtype), stored, torch.randn_like(stored)


def fidelities(queries, keys):
    """Of the states that the reference simulator makes of angles."""
    n = queries.shape[-1]
    circuit = Circuit(n, angle(n), z_each(n))

    def state(x):
        return reference.state(circuit, x.numpy(), np.zeros(0))

    overlaps = [[np.vdot(state(q), state(k)) for k in keys] for q in queries]
    return torch.tensor(np.abs(overlaps) ** 2)


@pytest.mark.parametrize("copies", [1, 3])
def test_weights_are_powers_of_the_fidelity_of_simulated_states(copies):
    module = attention(copies=copies).double()
    query, key, value = inputs(dtype=torch.float64)
    output, weights = module(query, key, value, average_attn_weights=False)
    angles, stored = module.query(query).detach(), module.key(key).detach()
    values = module.value(value)
    for b in range(BATCH):
        read = []
        for h in range(HEADS):
            wires, features = slice(3 * h, 3 * h + 3), slice(3 * h, 3 * h + 3)
            strength = fidelities(angles[b, :, wires], stored[b, :, wires]) ** copies
            expected = strength / strength.sum(1, keepdim=True)
            torch.testing.assert_close(weights[b, h], expected, rtol=0, atol=1e-12)
            read.append(expected @ values[b, :, features])
        torch.testing.assert_close(output[b], module.outward(torch.cat(read, dim=1)))


@pytest.mark.parametrize("copies", [1, 3])
def test_weights_are_those_of_soft_recall_from_a_quantum_memory(copies):
    module = QuantumAttention(WIDTH, 1, batch_first=True, n_qubits=3, copies=copies)
    query, key, _ = inputs()
    memory = QMatrix(KEYS, 3, encoding="angle")
    memory.write(module.key(key)[0].detach().numpy(), addresses=range(KEYS))
    _, weights = module(query, key, key)
    for asked, expected in zip(module.query(query)[0].detach().numpy(), weights[0], strict=True):
        recalled = memory.recall(asked, KEYS, copies=copies)
        found = expected[torch.from_numpy(recalled.addresses)].detach().double()
        got = torch.from_numpy(recalled.weights).double()
        torch.testing.assert_close(got, found, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("batch_first", "batched", "average", "padding", "mask"),
    [
        (*flags, padding, mask)
        for flags in itertools.product((False, True), (False, True), (False, True))
        for padding, mask in ((None, None), ("bool", "2d"), ("float", "3d"), (None, "float"))
    ],
)
def test_shapes_are_those_of_multihead_attention(batch_first, batched, average, padding, mask):
    ours = QuantumAttention(WIDTH, HEADS, batch_first=batch_first)
    theirs = nn.MultiheadAttention(WIDTH, HEADS, batch_first=batch_first)
    batch = BATCH if batched else 1
    query, key, value = (x[:batch] for x in inputs())
    if not batched:
        query, key, value = query[0], key[0], value[0]
    elif not batch_first:
        query, key, value = (x.transpose(0, 1) for x in (query, key, value))
    left_out = torch.zeros((batch, KEYS) if batched else (KEYS,), dtype=torch.bool)
    left_out[..., -1] = True
    paddings = {None: None, "bool": left_out, "float": left_out.float().mul(-1e9)}
    later = torch.ones(QUERIES, KEYS, dtype=torch.bool).triu(1)
    masks = {
        None: None,
        "2d": later,
        "float": torch.zeros(QUERIES, KEYS).masked_fill(later, -math.inf),
        "3d": torch.zeros(batch * HEADS, QUERIES, KEYS).masked_fill(later, -math.inf),
    }
    options = {
        "key_padding_mask": paddings[padding],
        "attn_mask": masks[mask],
        "average_attn_weights": average,
    }
    got, expected = (m(query, key, value, **options) for m in (ours, theirs))
    assert [x.shape for x in got] == [x.shape for x in expected]
    assert torch.equal(got[1] == 0, expected[1] == 0)
    torch.testing.assert_close(got[1].sum(-1), expected[1].sum(-1))
    assert ours(query, key, value, need_weights=False)[1] is None


def test_time_first_and_batch_first_agree():
    module = attention()
    other = copy.deepcopy(module)
    other.batch_first = False
    query, key, value = inputs()
    output, weights = module(query, key, value)
    turned, same = other(*(x.transpose(0, 1) for x in (query, key, value)))
    torch.testing.assert_close(turned.transpose(0, 1), output)
    torch.testing.assert_close(same, weights)


def test_what_is_left_out_cannot_be_seen():
    module = attention()
    query, key, value = inputs()
    padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2, [False] + [True] * 4])
    output, weights = module(query, key, value, key_padding_mask=padding)
    key[padding], value[padding] = 9.0, -9.0
    torch.testing.assert_close(module(query, key, value, key_padding_mask=padding)[0], output)
    assert weights[padding.unsqueeze(1).expand_as(weights)].abs().max() == 0


def test_causal_reading_sees_nothing_later_and_needs_no_mask():
    module = attention()
    x, _, _ = inputs(queries=6)
    output, weights = module(x, x, x, is_causal=True)
    later = torch.ones(6, 6, dtype=torch.bool).triu(1)
    given, _ = module(x, x, x, attn_mask=later, is_causal=True)
    torch.testing.assert_close(given, output)
    changed = x.clone()
    changed[:, 4:] += 1
    torch.testing.assert_close(
        module(changed, changed, changed, is_causal=True)[0][:, :4], output[:, :4]
    )
    assert weights[:, later].abs().max() == 0


def test_a_query_that_may_read_nothing_reads_zero_and_has_gradients():
    module = attention()
    query, key, value = inputs()
    mask = torch.zeros(QUERIES, KEYS, dtype=torch.bool)
    mask[1] = True
    output, weights = module(query, key, value, attn_mask=mask)
    assert torch.equal(weights[:, 1], torch.zeros(BATCH, KEYS))
    torch.testing.assert_close(output[:, 1], module.outward.bias.expand(BATCH, WIDTH))
    output.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in module.parameters())


def test_a_number_in_a_mask_multiplies_odds_by_its_exponential():
    module = attention()
    query, key, value = inputs()
    _, plain = module(query, key, value, average_attn_weights=False)
    mask = torch.zeros(QUERIES, KEYS)
    mask[:, 2] = math.log(4.0)
    _, weights = module(query, key, value, attn_mask=mask, average_attn_weights=False)
    odds = (weights / plain) / (weights / plain)[..., :1]
    torch.testing.assert_close(odds, torch.tensor([1.0, 1, 4, 1, 1]).expand_as(odds))


def test_high_powers_of_small_fidelities_do_not_vanish():
    fidelity = torch.tensor([[1e-9, 2e-9, 0.0]])
    expected = torch.tensor([[1 / 1025, 1024 / 1025, 0.0]])
    torch.testing.assert_close(fidelity_weights(fidelity, 10, None), expected)


def test_nothing_that_overlaps_weighs_nothing():
    assert torch.equal(fidelity_weights(torch.zeros(2, 3), 2, None), torch.zeros(2, 3))


@pytest.mark.parametrize("masked", [False, True])
def test_gradients_are_those_of_finite_differences(masked):
    module = attention(copies=2).double()
    tensors = [x[:2].requires_grad_() for x in inputs(dtype=torch.float64)]
    padding = torch.tensor([[False, True, False, False, True]] * 2) if masked else None
    names, weights = zip(*module.named_parameters(), strict=True)

    def output(query, key, value, *parameters):
        return torch.func.functional_call(
            module, dict(zip(names, parameters, strict=True)), (query, key, value, padding)
        )[0]

    assert torch.autograd.gradcheck(output, (*tensors, *weights))


def test_dropout_acts_in_training_only():
    module = attention(dropout=0.5)
    query, key, value = inputs(keys=50)
    _, weights = module(query, key, value, average_attn_weights=False)
    assert (weights == 0).double().mean().item() == pytest.approx(0.5, abs=0.1)
    module.eval()
    _, weights = module(query, key, value)
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH, QUERIES))


def test_without_biases_there_are_none():
    assert not [name for name, _ in attention(bias=False).named_parameters() if "bias" in name]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"embed_dim": 7}, "got embed_dim 7 and num_heads 2"),
        ({"num_heads": 0}, "num_heads 0"),
        ({"n_qubits": 0}, "got n_qubits 0: expected 1 to 12"),
        ({"n_qubits": 13}, "use more heads"),
        ({"copies": 0}, "got copies 0"),
        ({"dropout": 1.5}, "got dropout 1.5"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        QuantumAttention(**{"embed_dim": WIDTH, "num_heads": HEADS} | options)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda q, k, v: (q[..., :5], k, v), {}, "of width 6"),
        (lambda q, k, v: (q[0], k, v), {}, "expected two axes each"),
        (lambda q, k, v: (q, k, v[:, 1:]), {}, "a value for each key"),
        (lambda q, k, v: (q[1:], k, v), {}, "got 2 samples of queries and 3 of keys"),
        (lambda *x: x, {"attn_mask": torch.zeros(5, 4)}, r"attn_mask of shape \(5, 4\)"),
        (lambda *x: x, {"key_padding_mask": torch.zeros(5)}, r"expected \(3, 5\)"),
        (lambda *x: x, {"attn_mask": torch.zeros(4, 5, dtype=torch.int64)}, "True: left out"),
        (lambda *x: x, {"is_causal": True}, "4 queries and 5 keys"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(change, options, message):
    with pytest.raises(DataError, match=message):
        attention()(*change(*inputs()), **options)


@pytest.mark.slow
def test_an_exported_program_gives_the_same_numbers():
    module = attention().eval()
    given = inputs()
    program = torch.export.export(module, given).module()
    torch.testing.assert_close(program(*given), module(*given))


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize(("batch", "queries", "keys"), [(0, 4, 5), (3, 0, 5), (3, 4, 0), (0, 0, 0)])
def test_attention_over_nothing_has_the_shapes_of_multihead_attention(
    batch, queries, keys, batch_first, average
):
    modules = (m(WIDTH, HEADS, batch_first=batch_first) for m in KINDS)
    query, key = torch.randn(batch, queries, WIDTH), torch.randn(batch, keys, WIDTH)
    mask = torch.zeros(queries, keys, dtype=torch.bool)
    padding = torch.zeros(batch, keys, dtype=torch.bool)
    if not batch_first:
        query, key = query.transpose(0, 1), key.transpose(0, 1)
    found = [m(query, key, key, padding, True, mask, average) for m in modules]
    (output, weights), (like, those) = found
    assert output.shape == like.shape
    assert weights.shape == those.shape
    assert output.isfinite().all()


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_layers_of_torch_run_it_in_training_and_in_evaluation(batch_first, bias):
    """In evaluation they ask for what their fast path reads, too."""
    x, memory = torch.randn(3, 5, WIDTH), torch.randn(3, 5, WIDTH)
    padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2, [False] * 4 + [True]])
    padding = padding if batch_first else None
    options = {"dropout": 0.0, "batch_first": batch_first}
    encoder = nn.TransformerEncoderLayer(WIDTH, HEADS, 8, **options)
    decoder = nn.TransformerDecoderLayer(WIDTH, HEADS, 8, **options)
    for layer in (encoder, decoder):
        layer.self_attn = QuantumAttention(WIDTH, HEADS, bias=bias, batch_first=batch_first)
    decoder.multihead_attn = QuantumAttention(WIDTH, HEADS, batch_first=batch_first)
    stack = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(WIDTH, HEADS, 8, **options), 2, enable_nested_tensor=batch_first
    )
    for layer in stack.layers:
        layer.self_attn = QuantumAttention(WIDTH, HEADS, bias=bias, batch_first=batch_first)
    for run in (
        lambda: encoder(x, src_key_padding_mask=padding),
        lambda: stack(x, src_key_padding_mask=padding),
        lambda: decoder(x, memory, tgt_key_padding_mask=padding, tgt_is_causal=False),
    ):
        results = []
        for training in (True, False):
            for layer in (encoder, stack, decoder):
                layer.train(training)
            with torch.no_grad():
                results.append(run())
        torch.testing.assert_close(*results)


def test_keys_and_values_have_widths_of_their_own():
    ours, theirs = (m(WIDTH, HEADS, kdim=3, vdim=7, batch_first=True) for m in KINDS)
    given = torch.randn(2, 4, WIDTH), torch.randn(2, 5, 3), torch.randn(2, 5, 7)
    got, expected = ours(*given), theirs(*given)
    assert [x.shape for x in got] == [x.shape for x in expected]
    with pytest.raises(DataError, match=r"the last of width \(6, 3, 7\)"):
        ours(*given[:2], given[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"add_bias_kv": True}, "add_bias_kv=True, add_zero_attn=False: expected False"),
        ({"add_zero_attn": True}, "add_zero_attn=True: expected False"),
        ({"kdim": 0}, "kdim=0: expected a whole number"),
        ({"vdim": 1.5}, "vdim=1.5: expected a whole number"),
        ({"embed_dim": None}, "embed_dim None and num_heads 2: expected a positive multiple"),
        ({"num_heads": "2"}, "num_heads '2': expected a whole number"),
        ({"n_qubits": 1.5}, "n_qubits 1.5: expected a whole number"),
        ({"copies": None}, "copies None: expected a whole number"),
        ({"dropout": "0"}, "dropout '0': expected a probability"),
        ({"dtype": torch.int64}, "dtype torch.int64: expected"),
    ],
)
def test_options_that_are_refused(options, message):
    with refused(ConfigError, message):
        QuantumAttention(**{"embed_dim": WIDTH, "num_heads": HEADS, **options})


X = torch.zeros(BATCH, KEYS, WIDTH)


@pytest.mark.parametrize(
    ("query", "mask", "message"),
    [
        (None, None, "query of type NoneType: expected a tensor"),
        (X.numpy(), None, "query of type ndarray: expected a tensor"),
        (X.long(), None, "query of torch.int64 on cpu and weights of torch.float32"),
        (X.half(), None, "query of torch.float16 on cpu"),
        (X.to_sparse(), None, "nested or sparse: expected a dense tensor"),
        (torch.zeros(()), None, r"of shapes \[\(\), "),
        (X, [[True]], "attn_mask of type list: expected a tensor"),
    ],
)
def test_inputs_that_are_refused(query, mask, message):
    with refused(DataError, message):
        attention()(query, X, X, attn_mask=mask)


def test_autocast_lowers_the_precision_as_it_does_that_of_multihead_attention():
    module, x = attention(), torch.randn(BATCH, KEYS, WIDTH)
    expected, _ = module(x, x, x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output, _ = module(x, x.bfloat16(), x)
    assert output.dtype == torch.bfloat16
    torch.testing.assert_close(output.float(), expected, rtol=0, atol=0.05)
