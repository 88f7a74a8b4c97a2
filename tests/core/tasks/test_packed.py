"""Saved models in a ZIP."""

import zipfile

import pytest

from qmann_core.errors import DataError
from qmann_core.tasks.packed import unpacked

NAMES = ("model.safetensors", "config.json", "card.md")


def pack(place, files):
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return place


@pytest.mark.parametrize("folder", ["", "model/", "../../", "/elsewhere/"])
def test_only_the_files_of_a_model_come_out_and_go_again(folder, tmp_path):
    files = {folder + name: name for name in NAMES} | {"../evil.txt": "x", "more.txt": "y"}
    with unpacked(pack(tmp_path / "m.zip", files)) as made:
        assert {file.name: file.read_text() for file in made.iterdir()} == {n: n for n in NAMES}
    assert not made.exists()
    assert [file.name for file in tmp_path.iterdir()] == ["m.zip"]
    assert not (tmp_path.parent / "evil.txt").exists()


def test_a_folder_is_itself(tmp_path):
    for place in (tmp_path, tmp_path / "none"):
        with unpacked(place) as found:
            assert found == place


def test_what_is_no_model_is_refused(tmp_path, monkeypatch):
    place = pack(tmp_path / "m.zip", {"config.json": "{}"})
    with pytest.raises(DataError, match=r"m\.zip holds no saved model: model\.safetensors is miss"):
        unpacked(place).__enter__()
    place = pack(tmp_path / "m.zip", dict.fromkeys(NAMES, "0" * 100))
    with pytest.raises(DataError, match=r"^.*m\.zip/config\.json is odd$"), unpacked(place) as made:
        raise DataError(f"{made}/config.json is odd")
    monkeypatch.setattr("qmann_core.tasks.packed.MOST_BYTES", 250)
    with pytest.raises(DataError, match="MB unpacked, which no model has"):
        unpacked(place).__enter__()
    content = place.read_bytes()
    place.write_bytes(content.replace(b"config.json", b"config.jso\0", 1))
    with pytest.raises(DataError, match=r"m\.zip: cannot be unpacked"):
        unpacked(place).__enter__()
