"""What both memories do with their cases: what is read, counted, recalled and consolidated."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qmann_core.config import MemoryConfig
from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.trained import banks
from qmann_core.memory.trained.classical_memory import ClassicalMemory
from qmann_core.memory.trained.quantum_memory import QuantumMemory

KINDS = [QuantumMemory, ClassicalMemory]
BOTH = pytest.mark.parametrize("kind", KINDS)


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def empty(kind, **config):
    torch.manual_seed(0)
    return kind(4, 2, MemoryConfig(**{"capacity": 40} | config), payload_size=3).double().eval()


def cases(n=30):
    row = torch.arange(n)
    return {
        "features": numbers(n, 4, seed=1),
        "values": numbers(n, 2, seed=2),
        "payload": numbers(n, 3, seed=3),
        "settled": 10 * row + 5,
        "origin": 10 * row,
        "group": row % 3,
        "row": 100 + row,
    }


def filled(kind, n=30, **config):
    memory = empty(kind, **config)
    memory.write(**cases(n))
    return memory


QUERY = numbers(6, 4, seed=9)
AT = torch.tensor([-100, 4, 5, 152, 290, 10**15])


@BOTH
def test_weights_sum_to_one_where_something_may_be_read(kind):
    weights = filled(kind, n_banks=2).weights(QUERY, at=AT)
    assert weights.shape == (6, 2, 30)
    assert (weights >= 0).all()
    sums = torch.tensor([0, 0, 1, 1, 1, 1], dtype=torch.float64)
    torch.testing.assert_close(weights.sum(dim=-1), sums.unsqueeze(1).expand(6, 2))
    assert (weights > 0).sum(dim=-1)[:, 0].tolist() == [0, 0, 1, 15, 29, 30]


@BOTH
def test_banks_stand_side_by_side(kind):
    memory = filled(kind, n_banks=3)
    read = memory(QUERY, at=AT)
    assert read.shape == (6, memory.read_size) == (6, 6)
    for bank in range(3):
        weights = memory.weights(QUERY, at=AT)[:, bank]
        torch.testing.assert_close(read[:, 2 * bank : 2 * bank + 2], weights @ memory.values[:30])
    assert not torch.allclose(read[:, :2], read[:, 2:4])


@BOTH
@pytest.mark.parametrize("training", [True, False])
def test_an_empty_memory_and_one_without_settled_cases_read_zeros(kind, training):
    for memory in (empty(kind), filled(kind)):
        query = QUERY.clone().requires_grad_()
        read = memory.train(training)(query, at=torch.full((6,), -1))
        assert torch.equal(read, torch.zeros(6, 2, dtype=torch.float64))
        read.sum().backward()
        assert query.grad.isfinite().all()
    assert empty(kind).weights(QUERY).shape == (6, 1, 0)


@BOTH
def test_one_case_is_read_as_it_is(kind):
    memory = filled(kind, n=1)
    torch.testing.assert_close(memory(QUERY), memory.values[:1].expand(6, -1))


@BOTH
def test_no_query_reads_nothing(kind):
    assert filled(kind)(QUERY[:0], at=AT[:0]).shape == (0, 2)


@BOTH
def test_what_was_not_settled_changes_nothing(kind):
    before = filled(kind)
    given = cases()
    later = given["settled"] > 152
    for name in ("features", "values", "payload"):
        given[name][later] += 1e6
    after = empty(kind)
    after.write(**given)
    assert torch.equal(after(QUERY[:4], at=AT[:4]), before(QUERY[:4], at=AT[:4]))
    evidence = [vars(m.recalled(QUERY[:4], 20, at=AT[:4])) for m in (before, after)]
    for name, found in evidence[1].items():
        assert torch.equal(found, evidence[0][name]), name


@BOTH
def test_neither_order_nor_repetition_of_the_cases_matters(kind):
    memory, given = empty(kind), cases(20)
    order = torch.cat((torch.randperm(20), torch.arange(20)))
    given = {name: x[order] for name, x in given.items()} | {"row": torch.arange(40)}
    memory.write(**given)
    torch.testing.assert_close(memory(QUERY, at=AT), filled(kind, n=20)(QUERY, at=AT))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 1000), st.integers(1, 64))
def test_reads_lie_between_the_values(kind, seed, copies):
    memory = filled(kind, copies=copies, n_banks=2)
    read = memory(3 * numbers(5, 4, seed=seed)).view(5, 2, 2)
    assert (read >= memory.values[:30].amin(dim=0) - 1e-12).all()
    assert (read <= memory.values[:30].amax(dim=0) + 1e-12).all()


@BOTH
def test_large_reads_go_in_pieces(kind, monkeypatch):
    memory = filled(kind, n_banks=2)
    whole = memory(QUERY, at=AT), memory(QUERY)
    monkeypatch.setattr(banks, "_AT_ONCE", 2 * 30 * 2 + 1)  # two queries at a time
    pieces = memory(QUERY, at=AT), memory(QUERY)
    torch.testing.assert_close(pieces, whole)


@BOTH
def test_training_reads_a_sample_from_the_global_generator(kind):
    memory = filled(kind, sampled=10)
    full = memory(QUERY)
    memory.train()
    reads = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        reads.append(memory(QUERY))
    assert torch.equal(reads[0], reads[1])
    assert not torch.allclose(reads[0], reads[2])
    assert not torch.allclose(reads[0], full)
    assert torch.equal(memory.eval()(QUERY), full)
    torch.testing.assert_close(filled(kind, sampled=30).train()(QUERY), full)
    torch.testing.assert_close(filled(kind, sampled=None).train()(QUERY), full)


def test_samples_are_even():
    torch.manual_seed(0)
    drawn = [banks._even_sample(7, 3, torch.device("cpu")) for _ in range(4000)]
    assert all(len(one.unique()) == 3 for one in drawn)
    counts = torch.cat(drawn).bincount(minlength=7)
    deviation = (4000 * 3 / 7 * 4 / 7) ** 0.5
    assert (counts - 4000 * 3 / 7).abs().max() < 4 * deviation
    assert banks._even_sample(5, 5, torch.device("cpu")).sort().values.tolist() == [0, 1, 2, 3, 4]


@BOTH
@pytest.mark.parametrize("at", [None, AT])
def test_uses_are_weights_in_equal_shares_of_each_read(kind, at):
    memory = filled(kind, n_banks=2)
    weights = memory.weights(QUERY, at=at).mean(dim=1)
    readable = torch.ones(6, 30, dtype=torch.bool)
    if at is not None:
        readable = memory.settled[:30] <= at.unsqueeze(1)
    memory.train()(QUERY, at=at)
    shares = (weights * readable.sum(dim=1, keepdim=True)).sum(dim=0)
    torch.testing.assert_close(memory.uses[:30], shares)
    assert torch.equal(memory.offers[:30], readable.sum(dim=0))
    assert memory.uses.sum() == pytest.approx(readable.sum().item())
    memory.eval()(QUERY, at=at)
    torch.testing.assert_close(memory.uses[:30], shares)


@BOTH
def test_uses_count_what_was_sampled_alone(kind):
    memory = filled(kind, sampled=10).train()
    memory(QUERY)
    assert (memory.offers == 6).sum() == 10
    assert (memory.uses > 0).sum() == 10


@BOTH
def test_recalled_are_the_cases_of_most_weight(kind):
    memory = filled(kind, n_banks=2)
    found = memory.recalled(QUERY, 4, at=AT)
    weights = memory.weights(QUERY, at=AT).mean(dim=1)
    codes = memory.encode(torch.cat((QUERY, memory.features[:30])))
    likeness = memory.compare(codes[:, :6], codes[:, 6:]).mean(dim=0)
    torch.testing.assert_close(found.weight, weights.topk(4).values)
    for query in range(3, 6):
        slots = found.row[query] - 100
        torch.testing.assert_close(weights[query, slots], found.weight[query])
        torch.testing.assert_close(likeness[query, slots], found.fidelity[query])
        assert torch.equal(memory.payload[slots], found.payload[query])
        assert torch.equal(memory.origin[slots], found.origin[query])
        assert torch.equal(memory.group[slots], found.group[query])


@BOTH
def test_where_fewer_cases_are_known_the_rest_is_blank(kind):
    found = filled(kind, n=3).recalled(QUERY, 5, at=torch.tensor([4, 5, 15, 25, 35, 45]))
    known = torch.tensor([0, 1, 2, 3, 3, 3]).unsqueeze(1) > torch.arange(5)
    for name in ("row", "origin", "group"):
        assert torch.equal(getattr(found, name) >= 0, known)
        assert (getattr(found, name)[~known] == -1).all()
    for name in ("weight", "fidelity", "payload"):
        assert not getattr(found, name)[~known].any()
        assert getattr(found, name)[known].all()
    assert (empty(kind).recalled(QUERY, 2).row == -1).all()


@BOTH
def test_consolidation_of_pairs_of_duplicates_leaves_reads_as_they_are(kind):
    memory, given = empty(kind, n_banks=2), cases(15)
    twice = {name: torch.cat((x, x)) for name, x in given.items()} | {"row": torch.arange(30)}
    twice["settled"][15:] += 3
    memory.write(**twice)
    before = memory(QUERY)
    assert memory.consolidate() == 15
    torch.testing.assert_close(memory(QUERY), before)
    assert sorted(memory.row[:15].tolist()) == list(range(15, 30))
    assert torch.equal(memory.settled[:15], given["settled"] + 3)
    assert memory.consolidate() == 0


@BOTH
def test_merged_values_are_means_by_uses_known_from_the_later_time_on(kind):
    memory, given = empty(kind), cases(3)
    given["features"][1] = given["features"][0]
    given["group"][:] = 0
    memory.write(**given)
    memory.uses[:3] = torch.tensor([3.0, 1.0, 5.0])
    assert memory.consolidate() == 1
    mean = (3 * given["values"][0] + given["values"][1]) / 4
    torch.testing.assert_close(memory.values[:2], torch.stack((mean, given["values"][2])))
    torch.testing.assert_close(memory.payload[0], given["payload"][1])  # what did happen
    assert memory.row[:3].tolist() == [101, 102, -1]
    assert memory.settled[:2].tolist() == [15, 25]
    assert not memory(QUERY, at=torch.full((6,), 14)).any()


@BOTH
def test_never_used_duplicates_have_equal_parts(kind):
    memory, given = empty(kind).float(), cases(2)
    given["features"][1] = given["features"][0]
    given["group"][:] = 0
    memory.write(**given)
    memory.consolidate()
    torch.testing.assert_close(memory.values[0], given["values"].mean(dim=0).float())


@BOTH
def test_duplicates_in_one_bank_or_of_two_groups_are_kept(kind):
    memory, given = empty(kind, encoding="angle", n_qubits=4), cases(2)
    given["features"][1] = given["features"][0]
    memory.write(**given)
    assert memory.consolidate() == 0  # groups 0 and 1
    memory = empty(kind, n_banks=2)
    with torch.no_grad():
        memory.projection[0] = 0  # all keys of this bank are alike
    memory.write(**cases(2) | {"group": torch.zeros(2, dtype=torch.int64)})
    assert memory.consolidate() == 0


@BOTH
def test_a_full_memory_drops_what_is_hardly_used_down_to_nine_tenths(kind):
    memory = filled(kind, n=40)
    memory.offers[:40] = 100
    memory.uses[:40] = 100
    memory.uses[[3, 4, 5, 6, 7, 8]] = torch.tensor(
        [0.9, 0.5, 0.4, 0.3, 0.2, 0], dtype=torch.float64
    )
    memory.offers[8] = 0  # settled too late for any query so far
    assert memory.consolidate(tolerance=0.0) == 4
    assert sorted(set(range(40)) - set((memory.row[:36] - 100).tolist())) == [4, 5, 6, 7]
    memory.uses[:36] = 0
    assert memory.consolidate(tolerance=0.0) == 0


@BOTH
def test_a_full_memory_keeps_what_is_used(kind):
    memory = filled(kind, n=40).train()
    memory(QUERY.repeat(20, 1))
    memory.uses.clamp_(min=10.0)
    assert memory.consolidate(tolerance=0.0) == 0


def test_a_memory_of_one_case_keeps_it():
    memory = filled(QuantumMemory, n=1, capacity=1)
    memory.offers.fill_(1)
    assert memory.consolidate() == 0
    assert empty(QuantumMemory).consolidate() == 0


@BOTH
def test_consolidation_is_deterministic(kind):
    one = filled(kind)
    other = copy.deepcopy(one)
    for memory in (one, other):
        memory.consolidate(tolerance=0.3)
    assert one.n_cases < 30
    for name, buffer in one.named_buffers():
        assert torch.equal(buffer, dict(other.named_buffers())[name]), name


@BOTH
@pytest.mark.parametrize(
    ("query", "at"),
    [(QUERY[:, :3], None), (QUERY, AT[:1]), (QUERY, AT[:5]), (QUERY[:, :3], AT)],
)
def test_queries_and_times_that_do_not_fit_are_refused(kind, query, at):
    memory = filled(kind)
    for ask in (memory, memory.weights, lambda q, at: memory.recalled(q, 2, at=at)):
        with pytest.raises(DataError, match=r"expected \(batch, 4\) and \(batch,\), or None"):
            ask(query, at=at)


@BOTH
def test_bad_numbers_are_refused(kind):
    memory = filled(kind)
    with pytest.raises(DataError, match="got k 0: expected at least 1"):
        memory.recalled(QUERY, 0)
    for tolerance in (-0.1, 1.0):
        with pytest.raises(ConfigError, match="expected at least 0 and below 1"):
            memory.consolidate(tolerance=tolerance)


def test_its_size_is_shown():
    assert "4 -> 6, 30 of 40 cases" in repr(filled(QuantumMemory, n_banks=3))
