"""Runs in the background, one at a time, and the Run button, which is a Stop button meanwhile."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from qmann_core.errors import ConfigError, DataError

from .words import plain, renamed

_RUN = "run"
_GONE = 120.0  # seconds after which Streamlit forgets a session that nobody looks at
_NAMES = {"hybrid": "the hybrid", "classical twin": "the classical twin"}

Listener = Callable[[str, float | None], None]


class _Ended(Exception):  # noqa: N818
    """Somebody pressed Stop, or left long ago."""


class Job:
    """A run, which goes on when its page is left, as long as its session lives.

    Args:
        choices: what it follows from.
        compute: the run itself; told where to say how far it is.
        turn: held by the one job of the server that works.
        session: for which it works.
    """

    def __init__(
        self,
        choices: Mapping[str, Any],
        compute: Callable[[Listener], Any],
        turn: threading.Lock,
        session: str,
    ) -> None:
        self.choices = choices
        self.said, self.share = "Starting", 0.0
        self.done = self.stopped = self.seen = False
        self.result: Any = None
        self.problem = "It ended with an error that nobody foresaw; the server's log has it."
        self.seconds = 0.0
        self._turn, self._session, self._watched = turn, session, time.monotonic()
        threading.Thread(target=self._work, args=(compute,)).start()

    def tell(self, what: str, done: float | None) -> None:
        """How far it is; ends it where nobody wants it any more."""
        now = time.monotonic()
        if not runtime.exists() or runtime.get_instance().is_active_session(self._session):
            self._watched = now
        ending = not threading.main_thread().is_alive()
        if self.stopped or ending or now - self._watched > _GONE:
            raise _Ended
        text = renamed(what, _NAMES)
        text = plain(text[:1].upper() + text[1:])
        self.share = self.share if done is None else done
        self.said = text if done is None else f"{text}: {done:.0%}"

    def _work(self, compute: Callable[[Listener], Any]) -> None:
        try:
            while not self._turn.acquire(timeout=0.3):
                self.tell("waiting for an earlier run to end", None)
            try:
                started = time.monotonic()
                self.result, self.problem = compute(self.tell), ""
                self.seconds = time.monotonic() - started
            finally:
                self._turn.release()
        except (DataError, ConfigError) as error:
            self.problem = str(error)
        except _Ended:
            self.stopped = True
        finally:
            self.done = True


class Run:
    """The Run button, which is a Stop button meanwhile, and the outcome of the latest run.

    Both stay with the session when the page is left.

    Args:
        name: of the page and its question.
        choices: what the outcome follows from.
        shared: whether a link to this page can repeat the run.
    """

    def __init__(self, name: str, choices: Mapping[str, Any], *, shared: bool) -> None:
        self._name, self._choices, self._shared = name, dict(choices), shared
        job = self._job
        if job is not None and (job.stopped or job.done):
            self._ended(job)

    @property
    def outcome(self) -> Job | None:
        """The latest run that came to an end by itself."""
        found: Job | None = st.session_state.get(f"{self._name}-outcome")
        return found

    @property
    def fresh(self) -> bool:
        """Whether the outcome, if there is one, belongs to the present choices."""
        return self.outcome is None or self.outcome.choices == self._choices

    def show(self, draw: Callable[[Any], None]) -> bool:
        """Draw the outcome; False where there is none that says anything of the choices."""
        outcome = self.outcome
        if outcome is None or (outcome.problem and not self.fresh):
            return False
        if not outcome.seen:
            come_into_view()
        outcome.seen = True
        if outcome.problem:
            st.error(plain(outcome.problem), title="This could not be computed")
            return True
        if not self.fresh:
            st.info("The choices have changed since this was computed: press Run to follow them.")
        draw(outcome.result)
        share = "To share this, copy the page's address: it opens with the same choices."
        st.caption(f"Computed in {outcome.seconds:.0f} s. {share if self._shared else ''}")
        return True

    def go(self, compute: Callable[[Listener], Any]) -> None:
        """The button; computes if that is asked for, by it or by the page's address."""
        linked = self._shared and st.query_params.get(_RUN) == self._name and self.outcome is None
        if self._job is not None:
            _progress(self._name, self._job)
            return
        pressed = st.button("Run", type="primary", width="stretch", key=f"{self._name}-run")
        if st.session_state.pop(f"{self._name}-stopped", False):
            st.caption("Stopped before the end. Nothing was kept of that run.")
            linked = False
        if pressed or linked:
            context = get_script_run_ctx()
            session = "" if context is None else context.session_id
            st.session_state[f"{self._name}-job"] = Job(self._choices, compute, _turn(), session)
            st.rerun()
        outcome = self.outcome
        if self._shared and outcome is not None and self.fresh and not outcome.problem:
            st.query_params[_RUN] = self._name
        else:
            st.query_params.pop(_RUN, None)

    @property
    def _job(self) -> Job | None:
        job: Job | None = st.session_state.get(f"{self._name}-job")
        return job

    def _ended(self, job: Job) -> None:
        del st.session_state[f"{self._name}-job"]
        if job.stopped:
            st.session_state[f"{self._name}-stopped"] = True
        else:
            st.session_state[f"{self._name}-outcome"] = job


def come_into_view() -> None:
    """Scroll to what is shown next: on a phone it would be below the choices."""
    st.html(
        '<div id="qmann-answer" style="scroll-margin-top:4rem"></div><script>setTimeout(() => '
        'document.getElementById("qmann-answer")?.scrollIntoView(), 300)</script>',
        unsafe_allow_javascript=True,
    )


@st.fragment(run_every=1.0)
def _progress(name: str, job: Job) -> None:
    """How far a run is, and the button that ends it."""
    if st.button("Stop", width="stretch", key=f"{name}-stop"):
        job.stopped = True
    if job.stopped or job.done:
        st.rerun()
    st.progress(job.share, text=job.said)


@st.cache_resource
def _turn() -> threading.Lock:
    """One for the server: two fits at once would only slow each other down."""
    return threading.Lock()
