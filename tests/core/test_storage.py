import errno
import os
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from qmann_core.errors import DataError
from qmann_core.storage import (
    check_state,
    fingerprint,
    load_state,
    read_tensors,
    write_tensors,
)

TENSORS = {
    "weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 7,
    "double": torch.tensor([1 / 3], dtype=torch.float64),
    "steps": torch.tensor(5),
    "mask": torch.tensor([True, False]),
    "state": torch.tensor([1 + 2j], dtype=torch.complex64),
    "empty": torch.zeros(0, 4),
}
METADATA = {"epoch": 3, "loss": 0.1 + 0.2, "name": 'a "quoted" ü', "list": [1, None, True]}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "last.safetensors"
    write_tensors(path, TENSORS, METADATA)
    return path


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def test_what_is_written_is_read_back_bit_for_bit(path):
    tensors, metadata = read_tensors(path)
    assert_same(tensors, TENSORS)
    assert metadata == METADATA
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_same_content_makes_the_same_file(path):
    before = path.read_bytes()
    write_tensors(path, dict(reversed(TENSORS.items())), METADATA)
    assert path.read_bytes() == before


def test_other_programs_read_the_file_as_safetensors(path):
    from safetensors.torch import load_file

    assert_same(load_file(path), TENSORS)


def test_tied_transposed_and_trainable_tensors_are_stored_by_value(tmp_path):
    path = tmp_path / "x"
    weight = nn.Parameter(torch.randn(3, 2, generator=torch.Generator().manual_seed(0)))
    write_tensors(path, {"a": weight, "b": weight, "c": weight.T, "d": weight[1]}, {})
    tensors, _ = read_tensors(path)
    assert_same(
        tensors, {"a": weight.data, "b": weight.data, "c": weight.data.T, "d": weight.data[1]}
    )


def test_metadata_that_resembles_the_checksum_is_harmless(tmp_path):
    path = tmp_path / "x"
    metadata = {"sha256": "0" * 64, "schema": 99, "copy": '{"schema": 2, "bytes": 0, "sha256": "'}
    write_tensors(path, {"0" * 64: torch.ones(2)}, metadata)
    assert read_tensors(path)[1] == metadata


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"nothing: no such checkpoint; check the path"):
        read_tensors(tmp_path / "nothing")


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read .* expected a checkpoint file"):
        read_tensors(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"date,close\n2020-01-01,1.0\n" * 9, bytes(1000)])
def test_another_kind_of_file(tmp_path, content):
    path = tmp_path / "prices.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"prices.csv: not a checkpoint of QMANN.*delete this file"):
        read_tensors(path)


def test_safetensors_of_another_program(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.ones(2)}, tmp_path / "x", {"format": "pt"})
    with pytest.raises(DataError, match="not a checkpoint of QMANN"):
        read_tensors(tmp_path / "x")


def test_truncation_anywhere(path):
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"truncated: \d+ of \d+ bytes|cut off near its start"):
            read_tensors(path)


def test_truncation_of_the_tensors_says_how_much_is_there(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with pytest.raises(DataError, match=f"truncated: {len(whole) - 5} of {len(whole)} bytes"):
        read_tensors(path)


def test_a_changed_byte_anywhere(path):
    whole = path.read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << (position % 8)
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"last.safetensors: "):
            read_tensors(path)


@settings(deadline=None)
@given(data=st.data())
def test_any_other_change_of_bytes(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("changed") / "x"
    write_tensors(path, TENSORS, METADATA)
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(start + 20, len(whole))))
    changed = whole[:start] + data.draw(st.binary(max_size=20)) + whole[end:]
    path.write_bytes(changed)
    if changed == whole:
        assert_same(read_tensors(path)[0], TENSORS)
    else:
        with pytest.raises(DataError, match="x: "):
            read_tensors(path)


def test_a_damaged_tensor_is_called_damaged(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 255]))
    with pytest.raises(DataError, match="damaged: its checksum does not match its content; delete"):
        read_tensors(path)


def test_bytes_after_the_end_are_damage(path):
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DataError, match="damaged"):
        read_tensors(path)


def test_a_later_format(path):
    whole = path.read_bytes()
    path.write_bytes(whole.replace(rb"\"schema\": 1", rb"\"schema\": 2", 1))
    with pytest.raises(DataError, match=r"format 2 by a later version.*upgrade qmann-core"):
        read_tensors(path)


def test_what_json_or_safetensors_cannot_hold_is_refused_before_anything_is_written(path):
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        write_tensors(path, TENSORS, {"loss": float("nan")})
    with pytest.raises(DataError, match=r"psi is complex128.*store view_as_real"):
        write_tensors(path, {"psi": torch.zeros(2, dtype=torch.complex128)}, {})
    assert path.read_bytes() == before


def assert_old_file_survives(path):
    assert_same(read_tensors(path)[0], TENSORS)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_that_the_system_cuts_short_leaves_the_old_one(path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(DataError, match=r"could not write .*: File too large; nothing was ch"):
            write_tensors(path, {"big": torch.zeros(100_000)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_old_file_survives(path)


def test_a_full_disk_leaves_the_old_one(path, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        DataError, match=r"No space left on device; nothing was changed. Free some space"
    ):
        write_tensors(path, {}, {})
    assert_old_file_survives(path)


def test_an_interrupt_while_writing_leaves_the_old_one(path, monkeypatch):
    def interrupt(_descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_tensors(path, {}, {})
    assert_old_file_survives(path)


def test_a_folder_that_does_not_exist_or_is_a_file(path):
    for folder in (path.parent / "absent", path):
        with pytest.raises(DataError, match=r"could not write .* choose another folder"):
            write_tensors(folder / "x", {}, {})
    assert_old_file_survives(path)


class Net(nn.Sequential):
    def __init__(self, width, dtype=torch.float32):
        super().__init__(nn.Linear(3, width), nn.Linear(width, 1), nn.BatchNorm1d(1))
        self.to(dtype)


def test_a_fingerprint_tells_kinds_of_tensors_apart_and_nothing_else():
    first, second = Net(4), Net(4)
    assert fingerprint(first) == fingerprint(second)
    others = [Net(5), Net(4, torch.float64), nn.Sequential(*list(Net(4))[:2])]
    assert len({fingerprint(model) for model in (first, *others)}) == 4


def test_state_goes_into_a_model_of_the_same_kind():
    source, target = Net(4), Net(4)
    load_state(target, source.state_dict(), source=Path("x"))
    assert_same(target.state_dict(), source.state_dict())


def test_another_models_state_is_refused_by_name_and_nothing_changes():
    model = Net(4)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(DataError) as caught:
        load_state(model, Net(5).state_dict(), source=Path("last.safetensors"))
    assert str(caught.value) == (
        "last.safetensors: holds another model: 0.weight is float32[5, 3] in the file and "
        "float32[4, 3] here; 0.bias is float32[5] in the file and float32[4] here; 1.weight is "
        "float32[1, 5] in the file and float32[1, 4] here. Build the model with the configuration "
        "it was trained with, or choose another folder"
    )
    assert_same(model.state_dict(), before)


def test_missing_and_additional_tensors_are_named():
    model = nn.Linear(2, 1)
    with pytest.raises(DataError, match=r"bias is absent in the file and float32\[1\] here"):
        check_state(model, {"weight": torch.zeros(1, 2)}, source=Path("x"))
    more = {f"extra{i}": torch.zeros(1) for i in range(5)} | model.state_dict()
    with pytest.raises(DataError, match=r"extra0 is float32\[1\] in the file and absent .* 2 more"):
        check_state(model, more, source=Path("x"))
