"""Progress: silent unless somebody watches, and complete when the work is."""

import io
import sys

import pytest

from qmann_core.tasks import evaluate, fitting
from qmann_core.tasks.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "enabled"), [(io.StringIO, True), (io.StringIO, False), (Terminal, False)]
)
def test_it_is_silent_unless_wanted_and_on_a_terminal(toy, stream, enabled, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream())
    with Progress("toy", enabled) as bar:
        (callback,) = bar.training("hybrid", 2, toy.SMALL)
        callback.on_epoch_end(None)
        bar.step("baseline")
    assert sys.stderr.getvalue() == ""


def test_it_shows_what_is_done_on_a_terminal(toy, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress("toy", True) as bar:
        bar.training("hybrid", 2, toy.SMALL)
        bar.step("baseline truth")
        bar._bars.refresh()
    assert "toy: baseline truth" in sys.stderr.getvalue()


def test_the_bar_is_full_when_training_ends(toy, monkeypatch):
    """Where no fit stops early, every epoch that was promised is run."""
    bars = []

    class Watched(Progress):
        def training(self, label, n_fits, config):
            callbacks = super().training(label, n_fits, config)
            bars.append([self._bars.tasks[-1].total, 0])

            class Count:
                def on_epoch_end(self, _state):
                    bars[-1][1] += 1

            return (*callbacks, Count())

    monkeypatch.setattr(fitting, "Progress", Watched)
    changed = toy.SMALL.model_copy(
        update={"hybrid": toy.SMALL.hybrid.model_copy(update={"patience": 100})}
    )
    evaluate(toy.TOY, toy.generate(changed.application), changed)
    assert len(bars) == 2
    for total, epochs in bars:
        assert epochs == total


def test_a_listener_is_told_of_everything_and_may_end_it(toy):
    told = []
    records = toy.generate(toy.SMALL.application)
    evaluate(toy.TOY, records, toy.SMALL, progress=lambda *what: told.append(what))
    shares = [share for text, share in told if text == "training hybrid"]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert 0.5 < shares[-1] <= 1
    assert ("baseline truth", None) in told

    class EnoughError(Exception):
        pass

    def stop(_text, share):
        if share:
            raise EnoughError

    with pytest.raises(EnoughError):
        evaluate(toy.TOY, records, toy.SMALL, progress=stop)
