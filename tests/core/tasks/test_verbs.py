"""The verbs as functions do what the parts do, with the words of the command line."""

import shutil
from dataclasses import replace

import pytest

from qmann_core.errors import ConfigError
from qmann_core.tasks import Verbs, audit, evaluate


@pytest.fixture(scope="module")
def verbs(toy):
    task = replace(toy.TOY, presets={"standard": toy.SMALL, "fast": toy.SMALL})
    return Verbs({"toy": task})


@pytest.fixture(scope="module")
def small(toy):
    return toy.generate(toy.SMALL.application)


def losses(evaluation):
    return {name: scores["pinball"] for name, scores in evaluation.scores.items()}


def test_a_model_is_fitted_saved_loaded_and_predicts(verbs, toy, small, pair, tmp_path):
    fitted = verbs.fit("toy", small, progress=False)
    assert losses(fitted.evaluation) == losses(pair.evaluation)
    fitted.save(str(tmp_path / "model"))
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "model")
    for place in (str(tmp_path / "model"), tmp_path / "model", packed):
        assert losses(verbs.load(place).evaluation) == losses(pair.evaluation)
    found = verbs.predict(fitted, small, level=50, cases=2).to_frame()
    again = verbs.predict(packed, small, level=(50,)).to_frame()
    assert list(found)[-3:] == list(again)[-3:] == ["q0.25", "q0.5", "q0.75"]
    assert found["q0.25"].tolist() == again["q0.25"].tolist()


def test_options_settings_and_a_file_are_laid_over_the_preset(verbs, toy, small, tmp_path):
    (tmp_path / "mine.yaml").write_text("hybrid: {members: 1}\nseed: 3\n")
    found = verbs.evaluate(
        "toy", small, config=str(tmp_path / "mine.yaml"), set={"hybrid.epochs": 1}, refit_every=60
    )
    asked = toy.settings(
        hybrid={"members": 1, "epochs": 1, "refit_epochs": 1, "samples_per_epoch": 64},
        n_series=2,
        n_days=200,
        test_size=60,
        refit_every=60,
    ).model_copy(update={"seed": 3})
    assert losses(found) == losses(evaluate(toy.TOY, small, asked))


def test_an_audit_takes_the_same_words(verbs, toy, small):
    one = {"seeds": 2, "trials": 1, "workers": 1, "progress": False}
    short = toy.SMALL.model_copy(
        update={"hybrid": toy.SMALL.hybrid.model_copy(update={"epochs": 1, "members": 1})}
    )
    found = verbs.audit("toy", small, **one, set={"hybrid.epochs": 1, "hybrid.members": 1})
    expected = audit(toy.TOY, small, short, **one).to_frame()
    assert found.to_frame().drop(columns="CPU s").equals(expected.drop(columns="CPU s"))


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        ("tyo", {}, "got task 'tyo': did you mean toy"),
        ("toy", {"preset": "fats"}, "got preset 'fats': did you mean fast"),
        ("toy", {"windw": 3}, "application.windw: no such key. Did you mean 'window'"),
        ("toy", {"set": {"hybrid.epoch": 3}}, "hybrid.epoch: no such key. Did you mean 'epochs'"),
        ("toy", {"set": {"hybrid": 3}}, "hybrid is a section with the keys epochs"),
        ("toy", {"model": "lstn"}, "got model=lstn: expected one of"),
        ("toy", {"level": 0.95}, r"got level \(0.95,\): expected percent, such as 80, 95"),
    ],
)
def test_a_word_that_is_none_is_refused(verbs, small, task, options, message):
    with pytest.raises(ConfigError, match=message):
        verbs.evaluate(task, small, **options)
