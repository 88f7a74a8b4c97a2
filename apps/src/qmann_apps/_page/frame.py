"""The frame of every page: the choices, a file of one's own, Run and Stop."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from qmann_core.errors import ConfigError, DataError

from .words import MODELS, PRESETS, WORDS, plain, renamed

MEGABYTES = 50
"""Largest upload."""

OWN = "own"
_RUN = "run"
_SUFFIX = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,2}$")

Given = TypeVar("Given")
Listener = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Source:
    """What a person chose: demo data by name, or a file of their own."""

    demo: str
    upload: UploadedFile | None = None

    @property
    def own(self) -> bool:
        return self.demo == OWN

    @property
    def missing(self) -> bool:
        """Whether the file is still to be chosen."""
        return self.own and self.upload is None

    @property
    def key(self) -> str:
        """Tells one source from another."""
        return self.demo if self.upload is None else self.upload.file_id


@dataclass(frozen=True)
class Outcome:
    """How a run ended: with a report, or with a problem in words."""

    choices: Mapping[str, Any]
    report: Any = None
    problem: str = ""
    seconds: float = 0.0


def heading(title: str, lead: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The head of a page, and the places of its controls and of its results."""
    st.title(title, anchor=False)
    st.markdown(lead)
    controls, results = st.columns([1, 2.6], gap="large")
    return controls, results


def footer() -> None:
    """What holds for every page."""
    st.divider()
    st.caption(
        "Circuits are simulated: no quantum computer is involved. Everything runs on the machine "
        "that serves this page; nothing is sent elsewhere, and an uploaded file is kept only while "
        "the page is open. Not investment or medical advice."
    )


def choose_task(tasks: Mapping[str, str]) -> str:
    """Which question; the first one unless another is chosen."""
    return st.segmented_control(
        "Question",
        list(tasks),
        default=next(iter(tasks)),
        required=True,
        format_func=tasks.__getitem__,
        key="task",
        bind="query-params",
    )


def choose_source(demos: Mapping[str, tuple[str, str]], formats: str) -> Source:
    """Demo data, or an upload.

    Args:
        demos: name -> label, which stands in the page's address, and a line about the data.
        formats: what a file may be.
    """
    labels = {**{name: label for name, (label, _) in demos.items()}, OWN: "A file of my own"}
    demo = st.selectbox(
        "Data", list(labels), format_func=labels.__getitem__, key="data", bind="query-params"
    )
    if demo != OWN:
        st.caption(f"{demos[demo][1]} Real data.")
        return Source(demo)
    upload = st.file_uploader(formats, max_upload_size=MEGABYTES, key="upload")
    st.caption("The file is not part of this page's address: a shared link opens without it.")
    return Source(OWN, upload)


def choose_effort() -> tuple[str, str, int]:
    """Preset, model and seed."""
    preset = st.segmented_control(
        "Effort",
        list(PRESETS),
        default="fast",
        required=True,
        format_func=PRESETS.__getitem__,
        key="preset",
        bind="query-params",
        help="Fast is a first look, standard trains longer, thorough averages three models.",
    )
    with st.expander("More options"):
        model = st.selectbox(
            "Model",
            list(MODELS),
            format_func=MODELS.__getitem__,
            key="model",
            bind="query-params",
            help=f"Hybrid: {WORDS['hybrid']} Entanglement: {WORDS['entanglement']}",
        )
        seed = st.number_input(
            "Seed",
            0,
            9999,
            key="seed",
            bind="query-params",
            help="The same seed gives the same result; another one shows how much luck matters.",
        )
    return preset, model, int(seed)


def read(upload: UploadedFile, load: Callable[[Path], Given]) -> Given:
    """An uploaded file, from a temporary place and under a name of ours; gone afterwards.

    Raises:
        DataError: the file is too large, or what ``load`` says of it.
    """
    if upload.size > MEGABYTES * 1024**2:
        raise DataError(
            f"{upload.name} has {upload.size / 1024**2:.0f} MB. Expected at most {MEGABYTES} MB: "
            "leave out what is not needed, or use the command line"
        )
    suffix = _SUFFIX.search(upload.name)
    with TemporaryDirectory(prefix="qmann-") as folder:
        place = Path(folder) / f"upload{suffix[0] if suffix else ''}"
        place.write_bytes(upload.getbuffer())
        try:
            return load(place)
        except DataError as error:
            text = str(error).replace(str(place), place.name).replace(place.name, upload.name)
            raise DataError(text) from error


def attempt(make: Callable[[], Given]) -> Given | None:
    """What ``make`` gives; where the data or the choices are to blame, the reason is shown."""
    try:
        return make()
    except (DataError, ConfigError) as error:
        st.error(plain(error), title="This cannot be used")
        return None


def remember(name: str, key: str, make: Callable[[], Given]) -> Given:
    """What ``make`` gave for this key, kept for this session alone."""
    kept = st.session_state.get(name)
    if kept is None or kept[0] != key:
        kept = st.session_state[name] = (key, make())
    value: Given = kept[1]
    return value


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
