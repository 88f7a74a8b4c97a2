import copy
import pickle
import threading

import numpy as np
import pytest
from scipy import stats
from steps import smooth_step

from qmann_core.interop import from_openqasm, to_openqasm
from qmann_core.memory.hardware import recall_counts
from qmann_core.memory.keys.decoherence import Decoherence
from qmann_core.memory.keys.encodings import encoding
from qmann_core.memory.keys.predicates import Equal, Masked, Within
from qmann_core.memory.qmatrix import QMatrix
from qmann_core.memory.recall.question import Question, ask
from qmann_core.memory.recall.recall import attempt, scan
from qmann_core.memory.search import success_probability
from qmann_core.simulation import reference

PATTERNS = ("0000", "0011", "0110", "1001", "1100", "1111")
CASES = [("basis", 3), ("amplitude", 3), ("amplitude", 6), ("angle", 3), ("iqp", 2)]


def _bits(patterns):
    return [[int(bit) for bit in pattern] for pattern in patterns]


def _patterns():
    memory = QMatrix(16, 4, encoding="basis")
    memory.write(_bits(PATTERNS))
    return memory


def _filled(name, width, n=12, capacity=16, seed=0, **options):
    generator = np.random.default_rng(seed)
    memory = QMatrix(capacity, width, encoding=name, value_width=1, dtype="float64", **options)
    keys = generator.standard_normal((n, width))
    if name == "basis":
        keys = (keys > 0).astype(float)
    addresses = generator.permutation(capacity)[:n]
    memory.write(keys, addresses[:, None].astype(float), addresses=addresses, now=0.0)
    return memory, keys, addresses


def _fidelities(name, keys, query):
    each = encoding(name)
    rows = keys.astype(np.uint8) if name == "basis" else keys
    return np.abs(each.states(rows) @ each.states(np.asarray(query)[None])[0].conj()) ** 2


@pytest.mark.parametrize(("name", "width"), CASES)
@pytest.mark.parametrize("copies", [1, 3])
def test_soft_weights_are_attention_with_the_fidelity_kernel(name, width, copies):
    memory, keys, addresses = _filled(name, width)
    powers = _fidelities(name, keys, keys[4]) ** copies
    result = memory.recall(keys[4], 12, copies=copies, schedule="known")
    order = np.lexsort((addresses, -powers.round(12)))
    order = order[powers[order] > 0]
    np.testing.assert_allclose(result.weights, (powers / powers.sum())[order], atol=1e-12)
    assert set(result.addresses) == set(addresses[order])
    np.testing.assert_array_equal(result.values[:, 0], result.addresses)
    angle = np.arcsin(np.sqrt(powers.mean()))
    turned = np.sin((2 * np.arange(40) + 1) * angle) ** 2
    first = np.argmax(np.diff(turned) < 1e-9)  # the first maximum
    assert result.success_probability == pytest.approx(turned[first], abs=1e-12)


@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize(
    ("name", "width", "query", "options"),
    [
        ("basis", 3, None, {"mode": "soft"}),
        ("amplitude", 3, None, {"mode": "soft"}),
        ("angle", 2, None, {"mode": "soft", "copies": 2}),
        ("iqp", 2, None, {"mode": "soft"}),
        ("amplitude", 3, None, {"mode": "threshold", "threshold": 0.4}),
        ("angle", 2, None, {"mode": "threshold", "threshold": 0.5}),
        ("angle", 1, None, {"mode": "threshold", "threshold": 0.8, "copies": 2}),
        ("basis", 3, Equal, {"mode": "hard"}),
        ("basis", 3, Masked((0, 1, 1), (1, 0, 1)), {"mode": "hard"}),
        ("basis", 3, Within((0, 1, 1), 1), {"mode": "hard"}),
    ],
)
def test_the_emitted_circuit_has_these_outcomes(name, width, query, options, steps):
    memory, keys, _ = _filled(name, width, n=6, capacity=8)
    query = keys[2] if query is None else query
    query = Equal(tuple(map(int, keys[2]))) if query is Equal else query
    circuit = memory.to_circuit(query, iterations=steps, **options)
    psi = reference.state(circuit, np.zeros(0), np.zeros(0))
    n_keys = memory.n_wires - 3
    n_keys *= options.get("copies", 1)
    table = (np.abs(psi) ** 2).reshape(8, 2**n_keys, -1).sum(axis=2)
    good = np.arange(2**n_keys) == 0
    if options["mode"] == "hard":  # the key register still holds the key
        every = np.arange(8)[:, None] >> np.arange(3)[::-1] & 1
        good = query.matches(every.astype(np.uint8))
    found = table[:, good].sum(axis=1)
    p0 = _p0(memory, query, options)
    assert found.sum() == pytest.approx(success_probability(p0, steps), abs=1e-9)
    result = memory.recall(query, 8, schedule="known", **options)
    np.testing.assert_allclose(found[result.addresses] / found.sum(), result.weights, atol=1e-9)
    if options["mode"] != "threshold":  # nothing weighs that is not given back
        assert result.weights.sum() == pytest.approx(1)


def _p0(memory, query, options):
    """p0 from the success probability of no iteration, by the closed form of the strengths."""
    keys = memory.snapshot().keys
    if options["mode"] == "hard":
        return query.matches(keys).mean()
    powers = _fidelities(memory.encoding, keys, query) ** options.get("copies", 1)
    if options["mode"] == "threshold":
        joint = options["threshold"] ** options.get("copies", 1)
        length = _length(joint)
        return float(smooth_step(powers, joint, length).mean())
    return powers.mean()


def _length(threshold, delta=0.1):
    """The shortest odd L with T_L(1 / sqrt(1 - threshold)) >= 1 / delta."""
    length = 1
    while np.cosh(length * np.arccosh(1 / np.sqrt(1 - threshold))) < 1 / delta:
        length += 2
    return length


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.6, 0.9])
def test_threshold_weights_are_a_smooth_step_of_the_fidelities(threshold):
    memory, keys, addresses = _filled("amplitude", 2)
    fidelities = _fidelities("amplitude", keys, keys[0])
    step = smooth_step(fidelities, threshold, _length(threshold))
    result = memory.recall(keys[0], 12, mode="threshold", threshold=threshold)
    expected = {
        a: w
        for a, w, f in zip(addresses, step / step.sum(), fidelities, strict=True)
        if f >= threshold
    }
    assert dict(zip(result.addresses, result.weights, strict=True)) == pytest.approx(expected)
    assert result.fidelities.min() >= threshold


def test_amplification_about_the_memory_reaches_the_published_number():
    """Ventura and Martinez's patterns: 0.9074 after one iteration."""
    result = _patterns().recall("0110", mode="hard", schedule="known")
    assert result.success_probability == pytest.approx(0.9074, abs=5e-5)
    assert result.addresses.tolist() == [2]
    assert result.weights.tolist() == [1]


def test_predicates_find_what_they_hold_for():
    memory = _patterns()
    near = memory.recall(Within((0, 1, 1, 0), 2), 9, mode="hard")
    assert near.addresses.tolist() == [0, 1, 2, 4, 5]
    np.testing.assert_allclose(near.weights, 1 / 5)
    start = memory.recall(Masked((1, 1, 0, 0), (1, 1, 0, 0)), 9, mode="hard", schedule="exact")
    assert start.addresses.tolist() == [4, 5]
    assert start.success_probability == pytest.approx(1, abs=1e-12)
    assert start.measured in (4, 5)


def test_a_table_says_that_it_is_one():
    memory, _, addresses = _filled("angle", 3)
    result = memory.recall(None, 5, mode="hard", oracle="table", matches=addresses[:2])
    assert sorted(result.addresses) == sorted(addresses[:2])
    assert "not a quantum recall" in result.exactness
    assert result.ledger.gates is None
    assert "no circuit" in str(result.ledger)


@pytest.mark.parametrize("schedule", ["bbht", "known", "exact", "fixed_point", "estimate"])
def test_every_schedule_finds_the_same_and_counts(schedule):
    keys = np.random.default_rng(1).standard_normal((1000, 8))
    memory = QMatrix(1024, 8, encoding="amplitude", dtype="float64")
    memory.write(keys)
    results = [memory.recall(keys[5], 3, copies=8, schedule=schedule, seed=s) for s in range(8)]
    fidelities = _fidelities("amplitude", keys, keys[5])
    for result in results:
        assert result.found
        assert result.addresses.tolist() == np.argsort(-fidelities)[:3].tolist()
        costs = result.ledger
        assert costs.loader_calls == 2 * costs.oracle_calls + costs.shots
        assert costs.break_even_query_seconds == costs.scan_seconds / costs.loader_calls
        assert result.miss_bound <= 1.001e-6
    again = memory.recall(keys[5], 3, copies=8, schedule=schedule, seed=7)
    assert again.measured == results[7].measured
    assert again.oracle_calls == results[7].oracle_calls


def test_measured_addresses_follow_the_weights():
    memory, keys, addresses = _filled("amplitude", 3)
    weights = _fidelities("amplitude", keys, keys[3])
    expected = 4000 * weights / weights.sum()
    generator = np.random.default_rng(3)
    seen = scan(memory._pool(None, 0.0), Question("soft", query=keys[3]), 1)
    counts = np.bincount([seen.drawn(generator) for _ in range(4000)], minlength=12)
    large = expected > 5
    statistic = np.sum((counts - expected)[large] ** 2 / expected[large])
    assert stats.chi2(large.sum() - 1).sf(statistic) > 1e-3
    drawn = {memory.recall(keys[3], seed=seed).measured for seed in range(30)}
    assert drawn <= set(addresses[weights > 0])
    assert len(drawn) > 2


def test_a_threshold_never_gives_back_what_fails_the_check():
    memory, keys, _ = _filled("amplitude", 4, n=200, capacity=256)
    fidelity = dict(enumerate(np.zeros(256)))
    everything = memory.recall(keys[0], 256)
    fidelity.update(zip(everything.addresses, everything.fidelities, strict=True))
    for seed in range(15):
        result = memory.recall(keys[0], 3, mode="threshold", threshold=0.8, seed=seed)
        assert result.found
        assert fidelity[result.measured] >= 0.8


def test_gates_of_the_ledger_are_those_of_the_circuits():
    memory, keys, _ = _filled("amplitude", 4)
    for options in ({"mode": "soft"}, {"mode": "threshold", "threshold": 0.7}):
        result = memory.recall(keys[0], schedule="known", **options)
        pool = memory._pool(None, 0.0)
        asked = attempt(pool, ask(keys[0], memory._encoding, memory.layout, **options), None)
        one = recall_counts(pool.registers(1), len(pool), *asked)
        circuit = memory.to_circuit(keys[0], **options)
        assert one.total.total == len(circuit.operations)
        assert result.ledger.gates == one.total * result.ledger.shots
        assert result.ledger.gates_with_qram == one.besides_loader * result.ledger.shots
        assert result.ledger.qubits == circuit.n_wires
        assert result.loader_calls == one.loader_calls * result.ledger.shots
        assert result.oracle_calls == one.oracle_calls * result.ledger.shots


def test_nearest_are_the_largest_fidelities_in_fewer_calls_than_entries():
    keys = np.random.default_rng(2).standard_normal((4096, 8)).astype(np.float32)
    memory = QMatrix(4096, 8)
    memory.write(keys)
    fidelities = _fidelities("amplitude", keys.astype(float), keys[9].astype(float))
    results = [memory.nearest(keys[9], 4, seed=seed) for seed in range(5)]
    for result in results:
        assert result.addresses.tolist() == np.argsort(-fidelities)[:4].tolist()
        assert result.miss_bound == 1e-6
        assert result.schedule == "durr_hoyer"
    assert np.mean([result.oracle_calls for result in results]) < 4096


def test_aged_keys_are_recalled_by_their_fidelity_now():
    noise = Decoherence(t1=10.0, t2=12.0)
    memory, keys, addresses = _filled("angle", 3, decoherence=noise)
    each = encoding("angle")
    ages = np.full(12, 4.0)
    read = memory.read(addresses, now=4.0)
    np.testing.assert_allclose(read.fidelities, noise.fidelities(each, keys, keys, ages))
    assert read.fidelities.max() < 1
    result = memory.recall(keys[1], 12, now=4.0)
    now = dict(zip(addresses, noise.fidelities(each, keys[1:2], keys, ages), strict=True))
    assert dict(zip(result.addresses, result.fidelities, strict=True)) == pytest.approx(now)
    assert "aged" in result.exactness
    np.testing.assert_allclose(memory.read(addresses, now=0.0).fidelities, 1)


def test_aged_bits_match_by_chance():
    memory = QMatrix(4, 2, encoding="basis", decoherence=Decoherence(1.0, 1.0))
    memory.write([[1, 1], [0, 0]], now=0.0)
    result = memory.recall("11", 2, mode="hard", now=0.5)
    np.testing.assert_allclose(result.fidelities, [np.exp(-1)])  # two bits, each exp(-1/2)
    result = memory.recall("00", 2, mode="hard", now=0.5)
    np.testing.assert_allclose(result.fidelities, [1, (1 - np.exp(-0.5)) ** 2])


def test_expired_entries_and_other_tags_are_left_out():
    memory = QMatrix(8, 2, value_width=1)
    keys = [[1.0, 0.0], [1.0, 0.1], [1.0, 0.2]]
    memory.write(keys, [[0.0], [1.0], [2.0]], ttl=[np.inf, 5.0, 9.0],
                 tags=[("a",), ("a", "b"), ("b",)], now=100.0)  # fmt: skip

    def asked(**options):
        return memory.recall([1.0, 0.0], 9, **options).addresses.tolist()

    assert asked(now=101.0) == [0, 1, 2]
    assert asked(now=105.0) == [0, 2]
    assert asked(now=101.0, tags="b") == [1, 2]
    assert asked(now=107.0, tags=["b", "c"]) == [2]
    assert asked(now=101.0, tags="c") == []
    assert memory.purge(now=107.0).tolist() == [1]
    assert asked(now=101.0) == [0, 2]
    weights = memory.recall([1.0, 0.0], 9, now=110.0).weights
    assert weights.tolist() == [1]  # the rest has expired


def test_recall_after_any_changes_is_that_of_a_new_memory():
    generator = np.random.default_rng(5)
    memory = QMatrix(64, 3, value_width=1, dtype="float64", policy="least_used")
    contents = {}
    for step in range(150):
        action = generator.integers(5)
        if action < 2 or not contents:
            keys = generator.standard_normal((generator.integers(1, 6), 3))
            values = generator.standard_normal((len(keys), 1))
            for address, key, value in zip(memory.write(keys, values), keys, values, strict=True):
                contents[int(address)] = key, value
        elif action == 2:
            address = int(generator.choice(list(contents)))
            memory.delete(address)
            del contents[address]
        elif action == 3:
            address = int(generator.choice(list(contents)))
            contents[address] = generator.standard_normal(3), contents[address][1]
            memory.update(address, key=contents[address][0])
        if step % 7 == 0 and contents:
            keys = np.array([key for key, _ in contents.values()])
            fidelities = _fidelities("amplitude", keys, np.ones(3))
            result = memory.recall(np.ones(3), 5)
            order = np.lexsort((list(contents), -fidelities))[:5]
            assert result.addresses.tolist() == np.array(list(contents))[order].tolist()
            np.testing.assert_allclose(result.fidelities, fidelities[order], atol=1e-12)
            expected = [contents[int(a)][1] for a in result.addresses]
            np.testing.assert_array_equal(result.values, expected)


def test_recalled_entries_are_used_and_the_least_used_go_first():
    memory = QMatrix(3, 2, policy="least_used")
    memory.write([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    memory.recall([1.0, 0.0])
    memory.recall([1.0, 1.0])
    assert memory.read([0, 1, 2]).uses.tolist() == [1, 0, 1]
    assert memory.write([5.0, 5.0]).tolist() == [1]


@pytest.mark.parametrize("again", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy])
def test_copies_are_equal_and_apart(again):
    memory, keys, _ = _filled("angle", 3, decoherence=Decoherence(1e9, 1e9))
    other = again(memory)
    free = int(other.write(keys[0], [[99.0]])[0])
    first = memory.recall(keys[0], 3, now=5.0)
    assert free not in first.addresses
    np.testing.assert_array_equal(
        other.recall(keys[0], 4, now=5.0).fidelities[1:], first.fidelities
    )
    assert len(other) == len(memory) + 1


@pytest.mark.parametrize(("name", "width"), CASES)
def test_a_saved_memory_recalls_the_same(name, width, tmp_path):
    memory, keys, _ = _filled(name, width)
    memory.save(tmp_path / "memory.safetensors")
    other = QMatrix.load(tmp_path / "memory.safetensors")
    assert repr(other) == repr(memory)
    one, two = memory.recall(keys[2], 5, now=9.0), other.recall(keys[2], 5, now=9.0)
    np.testing.assert_array_equal(one.addresses, two.addresses)
    np.testing.assert_array_equal(one.weights, two.weights)
    np.testing.assert_array_equal(one.values, two.values)
    assert one.measured == two.measured


def test_decoherence_is_saved(tmp_path):
    for noise in (Decoherence(3.0, 5.0), Decoherence(np.inf, 1 / 3)):
        memory = QMatrix(4, 2, decoherence=noise)
        memory.save(tmp_path / "memory.safetensors")
        assert QMatrix.load(tmp_path / "memory.safetensors").decoherence == noise


def test_readers_see_one_moment_while_a_writer_writes():
    memory = QMatrix(64, 2, encoding="angle", value_width=1, dtype="float64", policy="oldest")
    memory.write([[0.0, 0.0]], [[0.0]])
    wrong, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            result = memory.recall([0.3, 0.0], 8)
            expected = np.cos((0.3 - result.values[:, 0]) / 2) ** 2
            if not np.allclose(result.fidelities, expected, atol=1e-12):
                wrong.append(result)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    generator = np.random.default_rng(0)
    for _ in range(100):
        angles = generator.standard_normal((5, 1))
        addresses = memory.write(np.hstack([angles, 0 * angles]), angles)
        memory.delete(addresses[:2])
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong


def test_results_are_tables():
    memory, keys, addresses = _filled("amplitude", 3)
    memory.update(int(addresses[0]), tags=("calm",))
    result = memory.recall(keys[0], 2, schedule="known")
    frame = result.to_frame()
    assert frame["address"].tolist() == result.addresses.tolist()
    assert frame["value_0"].tolist() == result.addresses.tolist()
    assert frame["weight"].tolist() == result.weights.tolist()
    text = str(result)
    assert "soft recall, schedule known (exact, simulated)" in text
    assert "calm" in text
    assert f"{result.loader_calls} loader calls" in text
    read = memory.read(addresses[:2])
    np.testing.assert_allclose(read.keys, keys[:2])
    assert read.tags == (("calm",), ())
    assert len(read) == 2
    assert len(result) == 2
    assert repr(memory) == "QMatrix(12 of 16 amplitude keys)"


def test_circuits_are_exported():
    memory, keys, _ = _filled("angle", 2, n=3, capacity=4)
    circuit = memory.to_circuit(keys[0], iterations=1)
    assert from_openqasm(to_openqasm(circuit)).n_wires == circuit.n_wires
