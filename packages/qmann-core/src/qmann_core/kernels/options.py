"""How kernels are compiled and where the machine code is kept.

Numba keeps code by the source of one file alone. Kernels call one another across files, so here
each state of this package, as a hash of all its files, has a folder of its own: after an upgrade
nothing stale is run.
"""

import hashlib
import logging
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import caching
from numba.core.runtime import rtsys

COMPILING = "compiling once, about 25 s"
"""What a waiting person reads meanwhile."""

_LOG = logging.getLogger("qmann.kernels")
_TOLD: list[Callable[[], None]] = []


@lru_cache(maxsize=1)
def _stamp() -> str:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


class _Stamped:
    def get_cache_path(self) -> str:
        folder: str = super().get_cache_path()  # type: ignore[misc]
        return str(Path(folder) / f"qmann-{_stamp()}")


class _Given(_Stamped, caching.UserProvidedCacheLocator):  # type: ignore[misc]
    """In the folder that NUMBA_CACHE_DIR names."""


class _Beside(_Stamped, caching.InTreeCacheLocator):  # type: ignore[misc]
    """In the ``__pycache__`` beside the source."""


class _UserWide(_Stamped, caching.UserWideCacheLocator):  # type: ignore[misc]
    """In the user's cache folder, where the package's own can not be written to."""


class _Stored(caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Given, _Beside, _UserWide)


class _Cache(caching.FunctionCache):  # type: ignore[misc]
    _impl_class = _Stored

    def load_overload(self, signature: Any, target: Any) -> Any:
        found = None
        try:
            # Numba's own makes ready to compile first, for most of a second; what compiles does so.
            rtsys.initialize(target)
            found = self._load_overload(signature, target)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            _say(type(error).__name__)
        for tell in tuple(_TOLD) if found is None else ():
            tell()
        return found

    def save_overload(self, *given: Any) -> None:
        try:
            super().save_overload(*given)
        except OSError as error:
            _say(str(error.strerror))


@contextmanager
def when_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Inside, ``tell`` is called before each kernel is compiled that no run has kept."""
    _TOLD.append(tell)
    try:
        yield
    finally:
        _TOLD.remove(tell)


@lru_cache
def _say(reason: str) -> None:
    """Once, not for each kernel."""
    _LOG.warning(
        "compiled kernels cannot be kept (%s), so that each start compiles them anew: set "
        "NUMBA_CACHE_DIR to a folder with room",
        reason,
    )


def kernel(function: Callable[..., Any]) -> Any:
    """Compile at first use, keep the machine code, run without the interpreter's lock."""
    return _kept(function)


def compiled(function: Callable[..., Any]) -> Any:
    """The same for a function that only other compiled ones call."""
    return _kept(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def inlined(function: Callable[..., Any]) -> Any:
    """The same for one whose body is put wherever it is called."""
    return _kept(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)


def _kept(function: Callable[..., Any], **options: bool) -> Any:
    dispatcher = njit(function, nogil=True, error_model="numpy", **options)
    try:  # numba's own option takes no locator
        dispatcher._cache = _Cache(function)  # noqa: SLF001
    except RuntimeError:
        _say("no folder for them can be written to")
    return dispatcher
