"""Saved models: whole or not at all, and only what was saved is loaded."""

import errno
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from qmann_core.errors import DataError
from qmann_core.storage import read_tensors, write_tensors
from qmann_core.tasks import load_fitted, saved
from qmann_core.tasks.saved import saved_task


def content(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.fixture
def model(pair, tmp_path):
    folder = tmp_path / "deep" / "model"
    pair.save(folder)
    return folder


def test_the_folder_holds_three_files_and_no_pickle(model):
    assert set(content(model)) == {"model.safetensors", "config.json", "card.md"}
    assert [p.name for p in model.parent.iterdir()] == ["model"]
    card = (model / "card.md").read_text(encoding="utf-8")
    assert "better" in card
    assert "simulated" in card


def test_config_json_is_readable_without_qmann(pair, model):
    values = json.loads((model / "config.json").read_text(encoding="utf-8"))
    assert (values["task"], values["twin"], values["calibrations"]) == ("toy", None, ["a", "b"])
    assert values["config"]["hybrid"]["members"] == 2
    assert values["evaluation"]["verdict"] == pair.evaluation.verdict


def test_a_loaded_model_is_the_saved_one(toy, pair, model):
    loaded = load_fitted(toy.TOY, model)
    states = pair.model.state_dict(), loaded.model.state_dict()
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert (loaded.config, loaded.twin, loaded.evaluation) == (
        pair.config,
        pair.twin,
        pair.evaluation,
    )
    assert not loaded.model.training
    series = toy.generate(pair.config.application)
    for changed in ({}, {"level": [50.0]}):
        expected, found = (f.predict(series, **changed) for f in (pair, loaded))
        assert json.dumps(found.to_dict()) == json.dumps(expected.to_dict())
        assert found.predictions.equals(expected.predictions)
    pd.testing.assert_frame_equal(loaded.backtest, pair.backtest)


def test_loading_leaves_the_global_generator_alone(toy, model):
    before = torch.get_rng_state()
    load_fitted(toy.TOY, model)
    assert torch.equal(before, torch.get_rng_state())


def test_saving_what_was_loaded_gives_the_same_bytes(toy, model, tmp_path):
    load_fitted(toy.TOY, model).save(tmp_path / "again")
    assert content(tmp_path / "again") == content(model)


def test_an_older_model_is_replaced(toy, pair, model):
    other = replace(pair, notes=("a newer one",))
    other.save(model)
    assert load_fitted(toy.TOY, model).notes == ("a newer one",)
    assert [p.name for p in model.parent.iterdir()] == ["model"]


FOREIGN = {
    "other": {"notes.txt": b"mine"},
    "config": {"config.json": b'{"name": "a web page"}', "index.html": b""},
    "transformer": {"config.json": b"{}", "model.safetensors": b"", "card.md": b""},
}


@pytest.mark.parametrize("files", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_folder_is_left_alone(pair, tmp_path, files):
    place = tmp_path / "taken"
    place.mkdir()
    for name, data in files.items():
        (place / name).write_bytes(data)
    with pytest.raises(DataError, match=r"is not just a saved model: cho|is not that of a saved"):
        pair.save(place)
    assert content(place) == files
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_a_model_with_something_beside_it_is_left_alone(pair, model):
    (model / "notes.txt").write_text("mine")
    before = content(model)
    with pytest.raises(DataError, match="exists and is not just a saved model: choose another pl"):
        pair.save(model)
    assert content(model) == before


def test_a_file_is_left_alone(pair, tmp_path):
    file = tmp_path / "model"
    file.write_text("mine")
    with pytest.raises(DataError, match="exists and is not just a saved model"):
        pair.save(file)
    with pytest.raises(DataError, match=r"cannot write to .*/model: .*choose another place"):
        pair.save(file / "below")
    assert file.read_text() == "mine"


def full(*_args, **_options):
    raise OSError(errno.ENOSPC, "No space left on device")


REFUSALS = {
    "tensors": ("qmann_core.files.os.fsync", full),
    "text": ("pathlib.Path.write_text", full),
    "folder": ("pathlib.Path.mkdir", full),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("there", [False, True], ids=["new", "replaced"])
def test_a_disk_that_refuses_leaves_nothing_half_written(
    toy, pair, tmp_path, there, refusal, monkeypatch
):
    place = tmp_path / "model"
    if there:
        pair.save(place)
    before = content(tmp_path)
    monkeypatch.setattr(*refusal)
    with pytest.raises(DataError, match="No space left on device"):
        replace(pair, notes=("newer",)).save(place)
    assert content(tmp_path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["model"] * there


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_the_older_model_stays_when_the_newer_cannot_be_moved(pair, tmp_path, monkeypatch, error):
    place = tmp_path / "model"
    pair.save(place)
    before = content(place)
    replace_file = Path.replace

    def refuse(self, target):
        if target == place / "model.safetensors":
            raise error
        return replace_file(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    expected = DataError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match=r"nothing was changed|^$"):
        replace(pair, notes=("newer",)).save(place)
    assert content(place) == before
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def damage(path, change):
    data = bytearray(path.read_bytes())
    path.write_bytes(change(data))


def flipped(position):
    def change(data):
        data[position] ^= 1
        return data

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-1], r"model\.safetensors: truncated: \d+ of \d+ bytes"),
        (lambda data: data[:20], r"model\.safetensors: not a checkpoint of QMANN, or cut off"),
        (lambda _: b"", r"model\.safetensors: not a checkpoint of QMANN, or cut off"),
        (flipped(-1), r"model\.safetensors: damaged: its checksum does not match"),
        (flipped(-1000), r"model\.safetensors: damaged: its checksum does not match"),
        (lambda data: data + b"x", r"model\.safetensors: damaged: its checksum does not match"),
    ],
    ids=["cut", "stub", "empty", "last", "inside", "longer"],
)
def test_damaged_tensors_are_refused(toy, model, change, message):
    damage(model / "model.safetensors", change)
    with pytest.raises(DataError, match=message):
        load_fitted(toy.TOY, model)


def edited(old, new):
    return lambda data: data.replace(old, new)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (edited(b'"seed": 0', b'"seed": 1'), r"config\.json was changed after the model was sav"),
        (edited(b'"toy"', b'"top"'), r"holds a model of 'top', not of 'toy'"),
        (lambda data: data[:-20], r"config\.json is damaged: .*; restore it or fit again"),
        (lambda _: b"[]", r"config\.json is not that of a saved model: expected a folder that"),
        (lambda _: b"{}", r"config\.json is not that of a saved model: expected a folder that"),
        (lambda _: b"\xff", r"config\.json is damaged"),
    ],
    ids=["edited", "renamed", "cut", "list", "foreign", "bytes"],
)
def test_a_changed_config_is_refused(toy, model, change, message):
    damage(model / "config.json", change)
    with pytest.raises(DataError, match=message):
        load_fitted(toy.TOY, model)


def test_another_tasks_model_is_refused(toy, model):
    other = replace(toy.TOY, name="other")
    with pytest.raises(DataError, match=r"model holds a model of 'toy', not of 'other'"):
        load_fitted(other, model)


def test_the_tensors_of_another_model_are_refused(toy, pair, model, tmp_path):
    replace(pair, notes=("other",)).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "model.safetensors", model)
    with pytest.raises(DataError, match=r"config\.json was changed after the model was saved"):
        load_fitted(toy.TOY, model)


def test_no_model_is_no_model(toy, tmp_path, model):
    file = tmp_path / "file"
    file.touch()
    for place in (tmp_path, tmp_path / "none", file):
        with pytest.raises(DataError, match=re.escape(f"{place} holds no saved model: expected a")):
            saved_task(place)
        with pytest.raises(DataError, match=r"no such checkpoint|cannot be read|no saved model"):
            load_fitted(toy.TOY, place)
    (model / "model.safetensors").unlink()
    with pytest.raises(DataError, match=r"model\.safetensors: no such checkpoint; check the path"):
        load_fitted(toy.TOY, model)


def test_a_model_of_a_later_format_is_refused(toy, model):
    file = model / "model.safetensors"
    read_tensors(file)
    damage(file, edited(rb"{\"schema\": 1,", rb"{\"schema\": 9,"))
    with pytest.raises(DataError, match="written in format 9 by a later version of QMANN"):
        load_fitted(toy.TOY, model)


def resealed(model, change):
    """The same model with something changed and a checksum that is right."""
    tensors, values = read_tensors(model / "model.safetensors")
    change(tensors, values)
    write_tensors(
        model / "model.safetensors", tensors, values, beside={"config.json": json.dumps(values)}
    )


def first_float(tensors):
    own = [(n, t) for n, t in sorted(tensors.items()) if "/" not in n]
    return next(n for n, t in own if t.is_floating_point() and t.ndim == 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _, v: v.update(format=7), r"format 7, made by a later QMANN .*: update qmann-core"),
        (
            lambda _, v: v.update(qmann="99.0"),
            r"made by a later QMANN \(99\.0\): update qmann-core",
        ),
        (
            lambda _, v: v.update(format=3),
            r"format 3, .* reads format 6: fit again, or use the ver",
        ),
        (lambda _, v: v.update(format="4"), r"format '4', .* reads format 6: fit again"),
        (lambda _, v: v.pop("twin"), r"'twin' is not that of a saved model \(Field required\)"),
        (lambda _, v: v.update(more=1), r"'more' is not that of a saved model \(Extra inputs"),
        (
            lambda _, v: v["shapes"].update(x=[10**9]),
            r"'shapes\.x\.0' is not that of a saved model",
        ),
        (lambda _, v: v["config"].update(more=1), r"configuration more: no such key"),
        (
            lambda _, v: v["config"]["classical"].update(hidden_size=4096),
            r"asks for a larger network than model.safetensors holds|but its configuration asks",
        ),
        (
            lambda _, v: v["config"]["memory"].update(capacity=2**20),
            r"asks for a larger network than model.safetensors holds",
        ),
        (lambda t, _: t.pop(first_float(t)), r"model\.safetensors.* (has no|absent)"),
        (lambda t, _: t.update(more=torch.ones(1)), r"has 'more', for which its configuration"),
        (
            lambda t, _: t.update({first_float(t): torch.ones(3, 7, 2)}),
            r"is (torch\.)?float32 ?\[3, 7, 2\]",
        ),
        (
            lambda t, _: t[first_float(t)].view(-1)[:1].fill_(float("nan")),
            r"holds numbers that are not finite \(NaN or infinity\): restore the file",
        ),
        (lambda _, v: v["calibrations"].append("a"), r"calibrations name a unit twice"),
        (lambda _, v: v["calibrations"].clear(), r"calibrations are missing: restore it"),
        (lambda _, v: v["shapes"].update(x=[3, 9]), r"do not fit together|asks for"),
        (lambda t, _: t.pop("calibration/a/scores"), r"'calibration/a/scores' is absent; expected"),
        (
            lambda t, _: t.pop("other/1/calibration/a/adapted"),
            r"'other/1/calibration/a/adapted' is",
        ),
        (lambda t, _: t.pop("backtest/y"), r"expected rows of \[1\] as 'y'"),
        (
            lambda t, _: t.update({"backtest/2/scale": torch.ones(3)}),
            r"expected 120 rows as 'backtest/2'",
        ),
        (lambda t, _: t["backtest/unit"].fill_(7), r"expected numbers below 2 as 'unit'"),
        (lambda _, v: v["others"].pop(), r"its models do not fit together \('truth'\)"),
    ],
)
def test_a_model_that_was_changed_and_sealed_again_is_refused(toy, model, change, message):
    resealed(model, change)
    with pytest.raises(DataError, match=message) as caught:
        load_fitted(toy.TOY, model)
    text = str(caught.value).replace(str(model), "")
    assert len(text) <= 300
    assert "\n" not in text


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        lambda p: p.symlink_to("/dev/zero"),
        lambda p: p.symlink_to(p.with_name("card.md")),
    ],
    ids=["pipe", "device", "link"],
)
def test_a_pipe_a_device_or_a_link_is_not_opened(toy, model, name, make):
    (model / name).unlink()
    make(model / name)
    with pytest.raises(DataError, match=r"cannot be read \(it is a (pipe|link)\); expected a"):
        load_fitted(toy.TOY, model)


def test_a_link_to_a_folder_is_followed(pair, tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    pair.save(link)
    assert link.is_symlink()
    assert (tmp_path / "real" / "model.safetensors").is_file()


def test_tensors_are_written_by_the_one_function_that_checks_them():
    assert saved.write_tensors is write_tensors


def test_an_empty_folder_is_taken(pair, tmp_path):
    (tmp_path / "empty").mkdir()
    pair.save(tmp_path / "empty")
    assert (tmp_path / "empty" / "model.safetensors").is_file()
