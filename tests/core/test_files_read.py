"""Files that are read within a limit, which counts what they unpack to."""

import gzip
import io
import os

import pytest

from qmann_core import files
from qmann_core.files import read_bytes


def test_what_is_packed_and_what_is_not(tmp_path):
    for content in (b"a\nb", gzip.compress(b"a\nb")):
        (tmp_path / "t").write_bytes(content)
        assert read_bytes(tmp_path / "t") == read_bytes(io.BytesIO(content)) == b"a\nb"
    assert read_bytes(io.StringIO("ä")) == "ä".encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_limit_counts_unpacked_bytes(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(files, "MOST_BYTES", 2**20)
    (tmp_path / "t").write_bytes(pack(b"0" * 2**20))
    assert len(read_bytes(tmp_path / "t")) == 2**20
    (tmp_path / "t").write_bytes(pack(b"0" * (2**20 + 1)))
    with pytest.raises(ValueError, match="it has more than 1 MB, unpacked"):
        read_bytes(tmp_path / "t")


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "t")
    for path in (tmp_path / "t", tmp_path / "none"):
        with pytest.raises(ValueError, match="this is no file, but a device, a pipe"):
            read_bytes(path)
