"""Progress: silent unless somebody watches, one bar for the whole, full when the work is done."""

import io
import sys
import time

import pytest

from qmann_core.kernels import options
from qmann_core.tasks import evaluate
from qmann_core.tasks.progress import Progress, steps_of

PARTS = {"training hybrid": 3, "baseline truth": 1}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "enabled"), [(io.StringIO, True), (io.StringIO, False), (Terminal, False)]
)
def test_it_is_silent_unless_wanted_and_on_a_terminal(stream, enabled, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream())
    with Progress("toy", enabled, PARTS) as bar:
        (callback,) = bar.begin("training hybrid", 2)
        callback.on_epoch_end(None)
        bar.begin("baseline truth")
    assert sys.stderr.getvalue() == ""


def test_it_shows_what_is_done_on_a_terminal_in_one_bar(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress("toy", True, PARTS) as bar:
        bar.begin("training hybrid", 2)
        time.sleep(0.01)
        bar.begin("baseline truth")
        bar._bars.refresh()
        assert len(bar._bars.tasks) == 1
    assert "toy: baseline truth" in sys.stderr.getvalue()
    assert "75 %" in sys.stderr.getvalue()


def test_a_listener_is_told_the_share_of_the_whole():
    told = []
    with Progress("toy", lambda *what: told.append(what), PARTS) as bar:
        (callback,) = bar.begin("training hybrid", 2)
        for _ in range(3):  # one more than was promised
            callback.on_epoch_end(None)
        bar.begin("baseline truth")
    trained = [("training hybrid", share) for share in (0, 3 / 8, 3 / 4, 3 / 4)]
    assert told == [*trained, ("baseline truth", 3 / 4)]


def test_code_that_is_compiled_first_is_said(monkeypatch):
    told = []
    monkeypatch.setattr(options.caching.FunctionCache, "_load_overload", lambda *_: None)
    doubled = options.kernel(lambda x: 2 * x)
    with Progress("toy", lambda *what: told.append(what), PARTS):
        assert doubled(2) == 4
    assert told == [("compiling once, about 25 s", 0)]
    assert doubled(2.0) == 4  # nobody is told any more
    assert len(told) == 1


def test_steps_are_those_of_every_epoch_where_no_fit_stops_early(toy):
    """Of the hybrid and of its twin, and the shares never fall."""
    told = []
    changed = toy.SMALL.model_copy(
        update={"hybrid": toy.SMALL.hybrid.model_copy(update={"patience": 100})}
    )
    records = toy.generate(changed.application)
    evaluate(toy.TOY, records, changed, progress=lambda *what: told.append(what))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    n_fits = 2 + toy.SMALL.application.test_size // toy.SMALL.application.refit_every
    for label in ("training hybrid", "training classical twin"):
        own = [share for text, share in told if text == label]
        assert len(own) == 1 + steps_of(changed, n_fits)
        assert own[-1] - own[0] == pytest.approx(20 / 52)
    assert ("baseline truth", pytest.approx(41 / 52)) in told


def test_a_listener_may_end_it(toy):
    records = toy.generate(toy.SMALL.application)

    class EnoughError(Exception):
        pass

    def stop(_text, share):
        if share:
            raise EnoughError

    with pytest.raises(EnoughError):
        evaluate(toy.TOY, records, toy.SMALL, progress=stop)
