"""What the buffers of remembered cases hold after writes, evictions and copies."""

import copy
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qmann_core.config import MemoryConfig
from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.trained.classical_memory import ClassicalMemory
from qmann_core.memory.trained.quantum_memory import QuantumMemory

KINDS = [QuantumMemory, ClassicalMemory]


def memory(kind=QuantumMemory, capacity=8, payload_size=2):
    return kind(3, 2, MemoryConfig(capacity=capacity), payload_size=payload_size)


def cases(rows, seed=0):
    generator = torch.Generator().manual_seed(seed)
    row = torch.tensor(rows, dtype=torch.int64)
    n = len(rows)
    return {
        "features": torch.randn(n, 3, generator=generator),
        "values": torch.randn(n, 2, generator=generator),
        "payload": torch.randn(n, 2, generator=generator),
        "settled": 10 * row + 5,
        "origin": 10 * row,
        "group": row % 2,
        "row": row,
    }


def contents(kept):
    """Each case's numbers by its row."""
    names = ("features", "values", "payload", "settled", "origin", "group")
    stored = kept.row[: kept.n_cases].tolist()
    return {row: [getattr(kept, n)[i].tolist() for n in names] for i, row in enumerate(stored)}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.integers(0, 12), max_size=8, unique=True),
        max_size=8,
    )
)
def test_writes_act_like_a_dictionary_that_forgets_what_was_written_first(writes):
    kept, model, written = memory(), {}, {}
    for seed, rows in enumerate(writes):
        new = cases(rows, seed)
        kept.write(**new)
        names = ("features", "values", "payload", "settled", "origin", "group")
        for i, row in enumerate(rows):
            model[row] = [new[name][i].tolist() for name in names]
            written[row] = seed
        stored = contents(kept)
        assert len(stored) == kept.n_cases == min(8, len(model))
        assert all(stored[row] == model[row] for row in stored)
        assert set(rows) <= set(stored)
        gone = [written[row] for row in model if row not in stored]
        spared = [written[row] for row in stored if row not in rows]
        assert max(gone, default=-1) <= min(spared, default=seed)
        model = {row: model[row] for row in stored}
        assert (kept.row[kept.n_cases :] == -1).all()


def test_what_was_written_first_gives_way_where_nothing_was_ever_read():
    kept = memory(capacity=6)
    for first in (0, 2, 4, 6):
        kept.write(**cases([first, first + 1], seed=first))
    assert sorted(contents(kept)) == [2, 3, 4, 5, 6, 7]


def test_the_least_used_gives_way_and_what_none_might_read_yet_stays():
    kept = memory(capacity=4)
    kept.write(**cases([0, 1, 2, 3]))
    kept.uses.copy_(torch.tensor([3.0, 0.5, 40.0, 0.0]))
    kept.offers.copy_(torch.tensor([3, 1, 100, 0]))  # means 1, 0.5, 0.4 and none
    kept.write(**cases([7]))
    assert sorted(contents(kept)) == [0, 1, 3, 7]
    assert kept.uses[kept.row == 7] == 0
    kept.offers[kept.row == 7] = 1
    kept.write(**cases([8, 9]))
    assert sorted(contents(kept)) == [0, 3, 8, 9]


def test_a_replaced_case_stays_in_place_and_keeps_its_uses():
    kept = memory()
    kept.write(**cases([4, 5, 6]))
    kept.uses[:3] = torch.tensor([1.0, 2.0, 3.0])
    changed = cases([6, 5], seed=1)
    kept.write(**changed)
    assert kept.row[:3].tolist() == [4, 5, 6]
    assert kept.uses[:3].tolist() == [1.0, 2.0, 3.0]
    assert torch.equal(kept.features[1:3], changed["features"].flip(0))


def test_of_more_cases_than_the_capacity_an_even_sample_is_stored():
    kept = memory(capacity=5)
    kept.write(**cases([100]))
    kept.write(**cases(list(range(20))))
    assert sorted(contents(kept)) == [0, 4, 8, 12, 16]


def test_no_payload_is_zeros_and_no_cases_are_no_change():
    kept = memory()
    new = cases([1, 2])
    del new["payload"]
    kept.write(**new)
    assert not kept.payload.any()
    kept.write(**cases([]))
    assert sorted(contents(kept)) == [1, 2]


def test_clear_leaves_a_memory_like_a_new_one():
    kept = memory()
    kept.write(**cases([1, 2, 3]))
    kept.clear()
    new = memory().state_dict()
    for name, buffer in kept.named_buffers():
        assert torch.equal(buffer, new[name]), name


def test_refresh_encodes_the_stored_rows():
    kept = memory()
    kept.write(**cases([3, 9, 4]))
    before = contents(kept)
    kept.refresh(lambda rows: rows.unsqueeze(1) * torch.tensor([1.0, 10.0, 100.0]))
    for row, (features, *others) in contents(kept).items():
        assert features == [row, 10 * row, 100 * row]
        assert others == before[row][1:]


def test_double_precision_is_kept():
    kept = memory().double()
    new = cases([1])
    new["features"] = torch.full((1, 3), 1 / 3, dtype=torch.float64)
    kept.write(**new)
    assert torch.equal(kept.features[:1], new["features"])


@pytest.mark.parametrize("kind", KINDS)
def test_contents_travel_with_state_copies_and_pickles(kind):
    kept = memory(kind)
    kept.write(**cases([3, 9, 4]))
    query, at = torch.randn(5, 3), torch.arange(5) * 30
    kept(query, at=at)  # counts uses
    loaded = memory(kind)
    loaded.load_state_dict(kept.state_dict())
    for other in (loaded, copy.deepcopy(kept), pickle.loads(pickle.dumps(kept))):
        assert torch.equal(other.eval()(query, at=at), kept.eval()(query, at=at))
        assert contents(other) == contents(kept)
        assert torch.equal(other.uses, kept.uses)


def test_other_types_are_refused():
    kept = memory()
    with pytest.raises(DataError, match=r"settled of the cases are of torch\.float32: expected"):
        kept.write(**broken(settled=torch.zeros(2)))


def broken(**changes):
    return cases([1, 2]) | changes


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (broken(features=torch.zeros(2, 4)), r"features .* \(2, 4\): expected \(2, 3\)"),
        (broken(values=torch.zeros(3, 2)), r"values .* \(3, 2\): expected \(2, 2\)"),
        (broken(payload=torch.zeros(2, 1)), r"payload .* \(2, 1\): expected \(2, 2\)"),
        (broken(group=torch.zeros(1, dtype=torch.int64)), r"group .* \(1,\): expected \(2,\)"),
        (broken(features=torch.full((2, 3), torch.nan)), "features .* NaN or inf"),
        (broken(values=torch.full((2, 2), torch.inf)), "values .* NaN or inf"),
        (broken(row=torch.tensor([3, -1])), "got row -1: expected rows of at least 0"),
        (broken(row=torch.tensor([3, 3])), "a row is given twice"),
    ],
)
def test_bad_cases_are_refused_and_nothing_is_stored(given, message):
    kept = memory()
    kept.write(**cases([7]))
    before = copy.deepcopy(kept.state_dict())
    with pytest.raises(DataError, match=message):
        kept.write(**given)
    for name, tensor in kept.state_dict().items():
        assert torch.equal(tensor, before[name])


@pytest.mark.parametrize(
    ("new", "message"),
    [(torch.zeros(2, 3), "expected"), (torch.full((1, 3), torch.nan), "NaN or inf")],
)
def test_bad_new_features_are_refused(new, message):
    kept = memory()
    kept.write(**cases([7]))
    with pytest.raises(DataError, match=message):
        kept.refresh(lambda _: new)


@pytest.mark.parametrize("sizes", [(0, 1, 0), (1, 0, 0), (1, 1, -1)])
def test_sizes_that_are_not_positive_are_refused(sizes):
    query, value, payload = sizes
    with pytest.raises(ConfigError, match="expected at least 1, 1 and 0"):
        QuantumMemory(query, value, MemoryConfig(), payload_size=payload)
