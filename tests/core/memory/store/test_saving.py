import copy
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from refused import refused
from safetensors.numpy import load_file

from qmann_core.errors import DataError
from qmann_core.memory.store.saving import load, save
from qmann_core.memory.store.store import Store
from qmann_core.storage import read_tensors, write_tensors

METADATA = {"encoding": "amplitude", "note": "ü"}


def filled(dtype="float32"):
    store = Store(10, 3, value_width=2, dtype=dtype, policy="least_used")
    keys = np.arange(15).reshape(5, 3) % 2 if dtype == "uint8" else np.arange(15).reshape(5, 3) / 7
    values = np.arange(10).reshape(5, 2) / 3
    store.write(keys, values, tags=[("a",), (), ("a", "b"), (), ("c",)], now=1.7e9 + 0.1)
    store.update([0, 3], ttl=[5.0, 1e9])
    store.delete([2, 4])
    store.touch([0, 0, 3], now=1.8e9)
    store.update(1, tags=("d",))
    return store


def restored(path):
    """A store that holds what was saved, and its metadata."""
    snapshot, metadata = load(path)
    store = Store(1, 1)
    store.__setstate__(snapshot)
    return store, metadata


def facts(store):
    snapshot = store.snapshot()
    plain = (snapshot.layout, snapshot.version, snapshot.rewritten, snapshot.first_expiry)
    tags = snapshot.tags(np.arange(len(snapshot)))
    return plain, tags, {**snapshot.columns(), "tag_codes": None, "table": snapshot.table}


def assert_same(first, second):
    (plain, tags, arrays), (others, other_tags, other_arrays) = facts(first), facts(second)
    assert (plain, tags) == (others, other_tags)
    for name, rows in arrays.items():
        np.testing.assert_array_equal(rows, other_arrays[name], strict=True, err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_what_is_saved_is_loaded_bit_for_bit(tmp_path, dtype):
    store = filled(dtype)
    save(tmp_path / "m", store.snapshot(), METADATA)
    loaded, metadata = restored(tmp_path / "m")
    assert metadata == METADATA
    assert_same(loaded, store)


def test_an_empty_memory_is_saved_and_loaded(tmp_path):
    store = Store(4, 2)
    save(str(tmp_path / "m"), store.snapshot(), {})
    loaded, metadata = restored(str(tmp_path / "m"))
    assert metadata == {}
    assert_same(loaded, store)
    assert loaded.write([[1, 2]]).tolist() == [0]


def test_a_loaded_memory_goes_on_like_the_one_that_was_saved(tmp_path):
    store = filled()
    save(tmp_path / "m", store.snapshot(), {})
    loaded, _ = restored(tmp_path / "m")
    for each in (store, loaded):
        each.write(np.ones((8, 3)), np.ones((8, 2)), tags=("c", "e"), now=1.75e9)
        each.write([2, 2, 2], [2, 2], now=1.76e9)
        each.delete(3)
    assert_same(loaded, store)


def test_what_is_saved_is_the_moment_of_the_snapshot(tmp_path):
    store, expected = filled(), filled()
    snapshot = store.snapshot()
    store.update(0, key=[9, 9, 9])
    store.write([1, 1, 1], [1, 1])
    save(tmp_path / "m", snapshot, {})
    assert_same(restored(tmp_path / "m")[0], expected)


def test_equal_contents_make_equal_files_whatever_tags_there_were_before(tmp_path):
    other = filled()
    other.write([1, 1, 1], [1, 1], tags=("gone",))
    other.delete(2)
    for name, store in (("a", filled()), ("b", other)):
        save(tmp_path / name, copy.deepcopy(store).snapshot(), {})
    first, second = ((tmp_path / name).read_bytes() for name in "ab")
    assert b"gone" not in second
    tensors = [read_tensors(tmp_path / name)[0] for name in "ab"]
    assert all(torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])
    assert len(first) == len(second)


def test_other_programs_read_the_columns_and_the_manifest(tmp_path):
    store = filled()
    save(tmp_path / "m", store.snapshot(), METADATA)
    np.testing.assert_array_equal(load_file(tmp_path / "m")["keys"], store.snapshot().keys)
    blob = (tmp_path / "m").read_bytes()
    header = json.loads(blob[8 : 8 + int.from_bytes(blob[:8], "little")])
    manifest = json.loads(header["__metadata__"]["qmann"])
    assert len(manifest["sha256"]) == 64
    assert manifest["metadata"]["memory"] == 1
    assert manifest["metadata"]["layout"]["dtype"] == "float32"
    assert manifest["metadata"]["metadata"] == METADATA


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_truncated_or_altered_files_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("altered") / "m"
    save(path, filled().snapshot(), METADATA)
    whole = path.read_bytes()
    if data.draw(st.booleans()):
        changed = whole[: data.draw(st.integers(0, len(whole) - 1))]
        message = "truncated|cut off near its start"
    else:
        position = data.draw(st.integers(0, len(whole) - 1))
        other = whole[position] ^ data.draw(st.integers(1, 255))
        changed = whole[:position] + bytes([other]) + whole[position + 1 :]
        message = "not a memory of QMANN|truncated|damaged|by a later version"
    path.write_bytes(changed)
    with pytest.raises(DataError, match=message):
        load(path)


def test_missing_and_foreign_files(tmp_path):
    with pytest.raises(
        DataError, match="absent: no such memory; check the path, or save one first"
    ):
        load(tmp_path / "absent")
    with pytest.raises(DataError, match=r"cannot be read .* expected a memory file"):
        load(tmp_path)
    (tmp_path / "prices.csv").write_text("date,close\n")
    with pytest.raises(DataError, match=r"prices.csv: not a memory of QMANN"):
        load(tmp_path / "prices.csv")
    write_tensors(tmp_path / "model", {"weight": torch.ones(2)}, {"epoch": 3})
    with pytest.raises(
        DataError, match="model: holds something else than a memory; check the path"
    ):
        load(tmp_path / "model")


def rewrite(path, change):
    """A file whose checksum is right, but not what is in it."""
    tensors, manifest = read_tensors(path)
    change(tensors, manifest)
    write_tensors(path, tensors, manifest)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _, m: m.update(memory=2), r"format 2, by a later version.* Upgrade qmann-core"),
        (lambda t, _: t.pop("uses"), r"column uses is absent; expected int64\[3\]"),
        (lambda t, _: t.pop("addresses"), r"column addresses is absent; expected int64\[0\]"),
        (lambda t, _: t.update(more=torch.ones(1)), r"more is float32\[1\]; expected none"),
        (lambda t, _: t.update(ttl=t["ttl"][:2]), r"ttl is float64\[2\]; expected float64\[3\]"),
        (lambda _, m: m["layout"].update(key_width=4), r"keys is float32\[3, 3\]; .*\[3, 4\]"),
        (lambda t, _: t["addresses"].add_(9), r"addresses are not 0 to 9"),
        (lambda t, _: t["addresses"].sub_(1), r"addresses are not 0 to 9"),
        (lambda t, _: t["addresses"].zero_(), r"an address is there twice"),
        (lambda t, _: t["tag_codes"].add_(1), r"tag_codes are not 0 to 2"),
        (lambda t, _: t["keys"].fill_(float("nan")), r"column keys holds what no memory does, suc"),
        (lambda t, _: t["ttl"].zero_(), r"column ttl holds what no memory does"),
        (lambda _, m: m.pop("layout"), r"'layout' is not that of a memory \(Field required\)"),
        (lambda _, m: m.update(more=1), r"'more' is not that of a memory \(Extra inputs"),
        (lambda _, m: m["layout"].update(capacity="x"), r"'layout\.capacity' is not that of a mem"),
        (lambda _, m: m["layout"].update(capacity=10**30), r"capacity is 1000.* expected 1 to"),
        (lambda _, m: m["layout"].update(policy="x"), r"policy is 'x'; expected one of"),
        (lambda _, m: m.update(tags=[[1]]), r"'tags\.0\.0' is not that of a memory"),
        (lambda _, m: m.update(version=-1), r"'version' is not that of a memory"),
        (lambda _, m: m.update(memory=0), r"'memory' is not that of a memory"),
    ],
)
def test_files_that_are_as_written_and_still_no_memory(tmp_path, change, message):
    path = tmp_path / "m"
    save(path, filled().snapshot(), {})
    rewrite(path, change)
    with refused(DataError, match=message):
        load(path)


def test_metadata_that_json_cannot_hold_leaves_the_old_file(tmp_path):
    path = tmp_path / "m"
    save(path, filled().snapshot(), {})
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        save(path, Store(4, 2).snapshot(), {"score": float("nan")})
    assert path.read_bytes() == before
