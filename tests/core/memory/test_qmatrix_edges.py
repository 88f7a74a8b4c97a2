import numpy as np
import pytest

from qmann_core.errors import CircuitError, ConfigError, DataError
from qmann_core.memory.keys.decoherence import Decoherence
from qmann_core.memory.keys.encodings import encoding
from qmann_core.memory.keys.predicates import Equal, Within
from qmann_core.memory.qmatrix import QMatrix
from qmann_core.memory.recall.question import ask
from qmann_core.memory.recall.schedules import check_schedule
from qmann_core.memory.store.saving import save
from qmann_core.memory.store.store import Store

SCHEDULES = ["bbht", "known", "exact", "fixed_point", "estimate"]


def _memory(**options):
    return QMatrix(8, 2, value_width=1, dtype="float64", **options)


def _bits(*keys):
    memory = QMatrix(16, 4, encoding="basis")
    memory.write([[int(bit) for bit in key] for key in keys])
    return memory


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("mode", ["soft", "threshold"])
def test_an_empty_memory_recalls_nothing_at_no_cost(schedule, mode):
    options = {"threshold": 0.5} if mode == "threshold" else {}
    result = _memory().recall([1.0, 0.0], 3, mode=mode, schedule=schedule, **options)
    assert not result.found
    assert result.measured is None
    assert len(result) == 0
    assert result.values.shape == (0, 1)
    assert (result.oracle_calls, result.loader_calls, result.miss_bound) == (0, 0, 0)
    assert result.ledger.break_even_query_seconds is None
    assert "nothing loaded" in str(result.ledger)
    assert "nothing found" in str(result)
    assert result.to_frame().empty


def test_an_empty_memory_has_no_nearest_and_no_circuit():
    memory = _memory()
    assert not memory.nearest([1.0, 0.0], 2).found
    with pytest.raises(CircuitError, match="holds nothing to recall"):
        memory.to_circuit([1.0, 0.0])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_one_entry_is_found(schedule):
    memory = _memory()
    memory.write([1.0, 1.0], [7.0], addresses=5)
    result = memory.recall([2.0, 0.0], schedule=schedule)
    assert result.found
    assert result.addresses.tolist() == [5]
    assert result.measured == 5
    assert result.weights.tolist() == [1]
    assert result.fidelities == pytest.approx([0.5])
    assert result.values.tolist() == [[7]]


def test_a_full_memory_refuses_or_forgets():
    memory = QMatrix(2, 2)
    memory.write(np.eye(2))
    with pytest.raises(DataError, match="1 entries do not fit"):
        memory.write([1.0, 1.0])
    assert memory.recall([1.0, 1.0], 3).addresses.tolist() == [0, 1]
    memory = QMatrix(2, 2, policy="oldest")
    memory.write(np.eye(2), timestamp=[20.0, 10.0])
    assert memory.write([1.0, 1.0], timestamp=30.0).tolist() == [1]
    assert memory.recall([1.0, 1.0]).addresses.tolist() == [1]


def test_an_address_is_written_once_unless_overwritten():
    memory = _memory()
    memory.write([1.0, 0.0], [1.0], addresses=3)
    with pytest.raises(DataError, match="address 3 is occupied"):
        memory.write([0.0, 1.0], [2.0], addresses=3)
    assert memory.recall([1.0, 0.0]).fidelities.tolist() == [1]
    memory.write([0.0, 1.0], [2.0], addresses=3, overwrite=True)
    assert memory.recall([0.0, 1.0]).values.tolist() == [[2]]
    assert len(memory) == 1


def test_equal_keys_weigh_the_same_and_go_by_address():
    memory = _memory()
    memory.write([[1.0, 1.0]] * 6, np.zeros((6, 1)), addresses=[7, 2, 5, 0, 3, 6])
    result = memory.recall([3.0, 3.0], 4)
    assert result.addresses.tolist() == [0, 2, 3, 5]
    np.testing.assert_allclose(result.weights, 1 / 6)
    assert memory.nearest([3.0, 3.0], 2).addresses.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ([0.0, 0.0], "key 0 is all zeros, which is no state"),
        ([np.nan, 1.0], "row 0, column 0 is nan"),
        ([1.0, np.inf], "row 0, column 1 is inf"),
        ([1.0, 2.0, 3.0], r"shape \[3\]; expected \[2\]"),
        ("ab", "type <U2; expected real numbers"),
    ],
)
def test_bad_keys_are_refused_everywhere(key, message):
    memory = _memory()
    memory.write([1.0, 0.0], [1.0])
    with pytest.raises(DataError, match=message):
        memory.write(key, [1.0])
    with pytest.raises(DataError, match=message):
        memory.update(0, key=key)
    if not isinstance(key, str):
        with pytest.raises(DataError, match=message):
            memory.recall(key)
        with pytest.raises(DataError, match=message):
            memory.nearest(key)
    assert len(memory) == 1


def test_a_bulk_write_with_one_bad_key_writes_nothing():
    memory = _memory()
    with pytest.raises(DataError, match="key 2 is all zeros"):
        memory.write([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], np.zeros((3, 1)))
    with pytest.raises(DataError, match="key 0 is not of bits 0 and 1"):
        QMatrix(4, 2, encoding="basis").write([2, 1])
    assert len(memory) == 0


def test_numbers_too_small_for_single_precision_are_no_key():
    with pytest.raises(DataError, match="all zeros"):
        QMatrix(4, 2).write([1e-60, 1e-60])


def test_more_than_there_are_gives_all():
    memory = _memory()
    memory.write([[1.0, 0.0], [1.0, 1.0]], np.zeros((2, 1)))
    assert len(memory.recall([1.0, 0.5], 100)) == 2
    assert len(memory.nearest([1.0, 0.5], 100)) == 2
    assert memory.nearest([1.0, 0.5], 100).oracle_calls == 0
    for method in (memory.recall, memory.nearest):
        with pytest.raises(ConfigError, match="got k=0: expected a whole number from 1"):
            method([1.0, 0.0], 0)


def test_orthogonal_keys_are_not_recalled():
    memory = _memory()
    memory.write([[1.0, 0.0], [0.0, 1.0]], np.zeros((2, 1)))
    assert memory.recall([1.0, 0.0], 2).addresses.tolist() == [0]


@pytest.mark.parametrize("n", [13, 16])
def test_more_than_three_quarters_matching_is_not_rotated_over(n):
    memory = _bits(*[f"{i:04b}" for i in range(16)])
    for address in range(n, 16):
        memory.update(address, key=[0, 0, 0, 0])
    # the rest are copies of 0000, which is the one that does not match
    predicate = Within((1, 1, 1, 1), 3)
    result = memory.recall(predicate, 16, mode="hard", schedule="known")
    assert result.success_probability == pytest.approx(len(result) / 16)
    assert result.ledger.iterations == 0
    exact = memory.recall(predicate, 16, mode="hard", schedule="exact")
    assert exact.success_probability == pytest.approx(1)


@pytest.mark.parametrize(("schedule", "free"), [(s, s in ("known", "exact")) for s in SCHEDULES])
def test_no_match_ends_with_a_bound(schedule, free):
    memory = _bits("0000", "0011", "0110")
    result = memory.recall("1111", mode="hard", schedule=schedule)
    assert not result.found
    assert result.measured is None
    assert len(result) == 0
    assert result.success_probability == 0
    assert 0 <= result.miss_bound <= 1.001e-6
    assert (result.loader_calls == 0) == free  # who knows that there is nothing does not search
    assert "nothing found" in str(result)


def test_the_bound_of_a_miss_holds():
    """One match among 64, found in all of 300 searches, as all but 1e-6 are."""
    memory = QMatrix(64, 6, encoding="basis")
    memory.write((np.arange(64)[:, None] >> np.arange(6)[::-1]) & 1)
    for schedule in ("bbht", "fixed_point", "estimate"):
        generator = np.random.default_rng(0)
        asked = {"mode": "hard", "schedule": schedule, "seed": generator}
        assert all(memory.recall("101010", **asked).found for _ in range(30))


def test_every_key_reaches_threshold_0():
    memory = _memory()
    memory.write([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.zeros((3, 1)))
    result = memory.recall([1.0, 0.0], 5, mode="threshold", threshold=0.0)
    assert result.addresses.tolist() == [0, 2, 1]
    np.testing.assert_allclose(result.weights, 1 / 3)
    assert result.ledger.gates is None
    with pytest.raises(CircuitError, match="threshold 0 asks nothing"):
        memory.to_circuit([1.0, 0.0], mode="threshold", threshold=0.0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_only_equal_keys_reach_threshold_1(dtype):
    generator = np.random.default_rng(0)
    memory = QMatrix(64, 5, dtype=dtype)
    keys = generator.standard_normal((60, 5))
    memory.write(keys)
    for query in range(20):
        result = memory.recall(3 * keys[query], 5, mode="threshold", threshold=1.0, seed=1)
        assert result.addresses.tolist() == [query]
    nothing = memory.recall(np.ones(5), mode="threshold", threshold=1.0)
    assert not nothing.found


def test_a_threshold_that_nothing_reaches_is_not_found():
    memory = _memory()
    memory.write([[1.0, 0.0], [1.0, 0.1]], np.zeros((2, 1)))
    result = memory.recall([0.1, 1.0], mode="threshold", threshold=0.9)
    assert not result.found
    assert len(result) == 0
    assert result.ledger.shots > 1  # hits that failed the check
    assert 0 < result.miss_bound < 1


def test_what_leaks_below_a_threshold_is_said():
    generator = np.random.default_rng(0)
    memory = QMatrix(2**15, 4)
    memory.write(generator.standard_normal((2**15, 4)))
    result = memory.recall(np.ones(4), mode="threshold", threshold=1.0)
    assert not result.found
    assert result.miss_bound > 0.5
    assert "use more copies" in str(result)
    options = {"mode": "threshold", "threshold": 0.99, "copies": 200}
    found = memory.recall(np.ones(4), **options)
    assert found.found
    assert found.fidelities.min() >= 0.99


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 0.5}, "mode 'soft' with threshold=0.5"),
        ({"mode": "threshold"}, "mode 'threshold' with threshold=None"),
        ({"mode": "threshold", "threshold": 1.5}, "threshold is 1.5: expected a fidelity"),
        ({"mode": "threshold", "threshold": np.nan}, "threshold is nan"),
        ({"mode": "threshold", "threshold": 0.1, "copies": 20}, r"threshold\*\*copies is 1e-20"),
        ({"delta": 0.0}, "delta is 0.0"),
        ({"copies": 0}, "copies is 0"),
        ({"oracle": "table"}, "takes the addresses that match"),
        ({"matches": [0]}, "a predicate takes none"),
        ({"mode": "hard", "copies": 2}, "1 for a hard recall"),
        ({"mode": "hard"}, "a hard recall asks a predicate of bits, and this memory holds ampl"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    memory = _memory()
    memory.write([1.0, 0.0], [1.0])
    with pytest.raises(ConfigError, match=message):
        memory.recall([1.0, 0.0], **options)


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        ("01", {"mode": "hard"}, "the query has 2 bits, and a key has 4"),
        (Within((1, 0), 1), {"mode": "hard"}, "the query has 2 bits"),
        ("01a0", {"mode": "hard"}, "bit 2 is 'a'"),
        (None, {"mode": "hard"}, "the query is None: expected bits, or a predicate"),
        (None, {}, "the query is None: expected a key of 4 numbers"),
        (Equal((0, 0, 0, 0)), {}, "a predicate is for mode 'hard'"),
        ([[0, 0, 0, 0], [1, 1, 1, 1]], {}, "ask about one key at a time"),
        ([0, 0, 0, 2], {}, "not of bits 0 and 1"),
        (None, {"mode": "hard", "oracle": "table", "matches": [9]}, "address 9 holds nothing"),
        (None, {"mode": "hard", "oracle": "table", "matches": [16]}, "address 16 is out of"),
    ],
)
def test_queries_that_are_none_are_refused(query, options, message):
    memory = _bits("0000", "0011")
    with pytest.raises(DataError, match=message):
        memory.recall(query, **options)


def test_bits_may_be_a_string_a_list_or_an_array():
    memory = _bits("0000", "0011")
    for query in ("0011", [0, 0, 1, 1], np.array([False, False, True, True]), Equal((0, 0, 1, 1))):
        assert memory.recall(query, mode="hard").addresses.tolist() == [1]
    assert memory.recall("0011").addresses.tolist() == [1]


class _Odd:
    width = 4

    def matches(self, keys):
        return keys.sum(axis=1) % 2 == 1


def test_a_predicate_of_ones_own_has_no_circuit():
    memory = _bits("0000", "0111", "0100")
    result = memory.recall(_Odd(), 3, mode="hard")
    assert result.addresses.tolist() == [1, 2]
    assert result.ledger.gates is None
    with pytest.raises(CircuitError, match="no circuit is known for this question"):
        memory.to_circuit(_Odd(), mode="hard")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"capacity": 0}, "capacity is 0"),
        ({"key_width": 0}, "key_width is 0"),
        ({"encoding": "iqp", "key_width": 11}, "at most 10, got 11"),
        ({"key_width": 65, "decoherence": Decoherence(1.0, 1.0)}, "at most 6 wires"),
    ],
)
def test_memories_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        QMatrix(**{"capacity": 4, "key_width": 2, **arguments})


@pytest.mark.parametrize(
    ("option", "message"),
    [({"mode": "fuzzy"}, "got mode 'fuzzy': expected soft, hard"), ({"oracle": "list"}, "'list'")],
)
def test_unknown_names_are_refused(option, message):
    """Where annotations are not checked; here they are, so what is behind them is called."""
    with pytest.raises(ConfigError, match=message):
        ask([1.0, 0.0], encoding("amplitude"), _memory().layout, **option)
    with pytest.raises(ConfigError, match="got schedule 'grover': expected one of bbht, known"):
        check_schedule("grover", 0.1)


def test_iterations_are_not_negative():
    memory = _memory()
    memory.write([1.0, 0.0], [1.0])
    with pytest.raises(ConfigError, match="iterations is -1"):
        memory.to_circuit([1.0, 0.0], iterations=-1)


@pytest.mark.parametrize("change", ["cut", "flip"])
def test_a_saved_memory_that_was_altered_is_refused(change, tmp_path):
    path = tmp_path / "memory.safetensors"
    memory = _memory()
    memory.write([[1.0, 0.0], [0.0, 1.0]], np.zeros((2, 1)))
    memory.save(path)
    blob = bytearray(path.read_bytes())
    if change == "cut":
        path.write_bytes(blob[:-5])
    else:
        blob[-3] ^= 1
        path.write_bytes(blob)
    with pytest.raises(DataError, match="truncated" if change == "cut" else "checksum"):
        QMatrix.load(path)
    with pytest.raises(DataError, match="no such"):
        QMatrix.load(tmp_path / "none")


def test_a_memory_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "memory.safetensors"
    save(path, Store(4, 2).snapshot(), {})
    with pytest.raises(DataError, match="without a known encoding"):
        QMatrix.load(path)


def test_refused_calls_change_nothing():
    memory = _memory()
    memory.write([1.0, 0.0], [1.0])
    for call in (
        lambda: memory.delete(5),
        lambda: memory.read(5),
        lambda: memory.update(5, value=[1.0]),
    ):
        with pytest.raises(DataError, match="address 5 holds nothing"):
            call()
    assert len(memory) == 1
