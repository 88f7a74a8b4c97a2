"""The Run button, which is a Stop button meanwhile, and the queue of the server."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st

from qmann_core.errors import ConfigError, DataError

from .words import plain, renamed

_RUN = "run"

Listener = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: with a result, or with a problem in words."""

    choices: Mapping[str, Any]
    result: Any = None
    problem: str = ""
    seconds: float = 0.0


class Run:
    """The Run button, which is a Stop button meanwhile, and the outcome of the latest run.

    A click anywhere starts the script anew, so that the next word of a listener ends the run.

    Args:
        name: of the page.
        choices: what the outcome follows from.
        shared: whether a link to this page can repeat the run.
    """

    def __init__(self, name: str, choices: Mapping[str, Any], *, shared: bool) -> None:
        self._name, self._choices, self._shared = name, dict(choices), shared
        ended_early = st.session_state.pop(f"{name}-running", False)
        if ended_early or not self.fresh:
            st.query_params.pop(_RUN, None)
        self._button, self._progress = st.empty(), st.empty()
        pressed = self._button.button("Run", type="primary", width="stretch", key=f"{name}-run")
        linked = shared and self.outcome is None and st.query_params.get(_RUN) == "yes"
        self._asked = pressed or linked
        if ended_early and not pressed:
            self._progress.caption("Stopped before the end. Nothing was kept of that run.")

    @property
    def outcome(self) -> Outcome | None:
        outcome: Outcome | None = st.session_state.get(f"{self._name}-outcome")
        return outcome

    @property
    def fresh(self) -> bool:
        """Whether the outcome, if there is one, belongs to the present choices."""
        return self.outcome is None or self.outcome.choices == self._choices

    def show(self, draw: Callable[[Outcome], None]) -> bool:
        """Draw the outcome; False where there is none that says anything of the choices."""
        outcome = self.outcome
        if outcome is None or (outcome.problem and not self.fresh):
            return False
        if outcome.problem:
            st.error(plain(outcome.problem), title="This could not be computed")
            return True
        if not self.fresh:
            st.info("The choices have changed since this was computed: press Run to follow them.")
        draw(outcome)
        share = "To share this, copy the page's address: it opens with the same choices."
        st.caption(f"Computed in {outcome.seconds:.0f} s. {share if self._shared else ''}")
        return True

    def go(self, compute: Callable[[Listener], Any]) -> None:
        """Compute if that was asked for; the page is drawn anew with the outcome."""
        if not self._asked:
            return
        st.session_state[f"{self._name}-running"] = True
        self._button.button("Stop", width="stretch", key=f"{self._name}-stop")
        bar = self._progress.progress(0.0, text="Starting")
        share = 0.0

        def tell(what: str, done: float | None) -> None:
            nonlocal share
            share = share if done is None else done
            text = renamed(what, {"hybrid": "the hybrid", "classical twin": "the classical twin"})
            text = plain(text[:1].upper() + text[1:])
            bar.progress(share, text=text if done is None else f"{text}: {done:.0%}")

        with _turn(tell):
            started = time.monotonic()
            try:
                result, problem = compute(tell), ""
            except (DataError, ConfigError) as error:
                result, problem = None, str(error)
            seconds = time.monotonic() - started
        outcome = Outcome(self._choices, result, problem, seconds)
        st.session_state[f"{self._name}-outcome"] = outcome
        del st.session_state[f"{self._name}-running"]
        if self._shared and not problem:
            st.query_params[_RUN] = "yes"
        st.rerun()


@st.cache_resource
def _lock() -> threading.Lock:
    """One for the server: two fits at once would disturb each other's random numbers."""
    return threading.Lock()


@contextmanager
def _turn(tell: Listener) -> Iterator[None]:
    lock = _lock()
    while not lock.acquire(timeout=0.3):
        tell("waiting for another person's run to end", None)
    try:
        yield
    finally:
        lock.release()
