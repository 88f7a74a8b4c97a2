"""Configurations read from a preset, a file, the environment and ``--set``.

Later sources win: preset < file (YAML, TOML or JSON) < ``QMANN_HYBRID__EPOCHS=5`` <
``--set hybrid.epochs=5``. Unknown keys are errors.
"""

import difflib
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import ConfigError
from ..parsing import (
    LONGEST,
    check_nesting,
    parse_json,
    parse_toml,
    parse_yaml,
    shortened,
    shown,
)
from .sections import QMANNConfig

C = TypeVar("C", bound=QMANNConfig)
T = TypeVar("T")

_ENVIRONMENT_PREFIX = "QMANN_"
_LONG = 250  # characters of a message


def presets_of(
    standard: C, *, fast: Mapping[str, Any], thorough: Mapping[str, Any]
) -> dict[str, C]:
    """The three presets that every task has, by what each changes of the training.

    Args:
        standard: a careful answer within a minute on two cores.
        fast: a first look.
        thorough: several networks, averaged.
    """

    def trained(changes: Mapping[str, Any]) -> C:
        hybrid = standard.hybrid.model_copy(update=dict(changes))
        return standard.model_copy(update={"hybrid": hybrid})

    return {"fast": trained(fast), "standard": standard, "thorough": trained(thorough)}


def find_named(kind: str, known: Mapping[str, T], name: str) -> T:
    """What is known by a name.

    Raises:
        ConfigError: nothing is, with the nearest known name.
    """
    if name not in known:
        near = nearest(str(name), known) or f": expected one of {', '.join(known)}"
        raise ConfigError(f"got {kind} {shown(name)}{near}")
    return known[name]


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like one that is not, as the end of a sentence; or nothing."""
    near = difflib.get_close_matches(name[:80], list(known), n=1)
    return f": did you mean {near[0]}?" if near else ""


def load_config(
    base: C,
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Sequence[str] = (),
) -> C:
    """Lay a file, the environment and ``key=value`` overrides over a preset.

    Raises:
        ConfigError: a file that is missing or unreadable, an unknown key (with the nearest known
            one), or a value out of range.
    """
    values = base.model_dump()
    if file is not None:
        _merge(values, _read(file), source=str(file))
    for keys, text in _from_environment(environ or {}):
        source = _ENVIRONMENT_PREFIX + "__".join(keys).upper()
        _merge(values, _nest(keys, text, source=source), source=source)
    for override in overrides:
        path, equals, text = override.partition("=")
        if not equals:
            raise ConfigError(
                f"got --set {shown(override)}: expected key=value, as in hybrid.epochs=5"
            )
        source = f"--set {override}"
        _merge(values, _nest(path.strip().split("."), text, source=source), source=source)
    return parse_config(type(base), values)


def lay_over(base: C, settings: Mapping[str, Any]) -> C:
    """Lay values by their dotted keys, as {"hybrid.epochs": 5}, over a configuration.

    Raises:
        ConfigError: an unknown key, with the nearest known one, or a value out of range.
    """
    values = base.model_dump()
    for path, value in settings.items():
        nested = value
        for key in reversed(str(path).split(".")):
            nested = {key: nested}
        _merge(values, nested, source=f"set {path}")
    return parse_config(type(base), values)


def parse_config(kind: type[C], values: Mapping[str, Any]) -> C:
    """Validate a mapping; pydantic's findings become one readable ConfigError."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        found = [_explain(kind, each) for each in error.errors()]
        n = next((n for n in range(len(found), 1, -1) if len("; ".join(found[:n])) < _LONG), 1)
        more = f"; and {len(found) - n} more" if n < len(found) else ""
        raise ConfigError("; ".join(found[:n]) + more) from error


def _explain(kind: type[BaseModel], error: Any) -> str:
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden":
        return f"configuration {path:.80}: got {shown(error['input'])}. {error['msg']}"
    owner: Any = kind
    for part in error["loc"][:-1]:
        owner = owner.model_fields[part].annotation
    return _unknown("configuration", path, owner.model_fields)


def _unknown(source: str, path: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(path.rpartition(".")[2][:80], list(known), n=1)
    said = f"{shortened(source)} {shortened(path)}: no such key. "
    listed = textwrap.shorten(", ".join(known), max(40, _LONG - len(said)), placeholder=" ...")
    return said + (f"Did you mean {near[0]!r}?" if near else f"Known here: {listed}.")


def _read(file: Path) -> Mapping[str, Any]:
    readers: dict[str, Callable[[str], Any]] = {
        ".yaml": parse_yaml,
        ".yml": parse_yaml,
        ".toml": parse_toml,
        ".json": parse_json,
    }
    if file.suffix not in readers:
        raise ConfigError(f"{file}: expected one of {', '.join(readers)}; rename or convert it")
    try:
        with file.open("rb") as stream:
            text = stream.read(LONGEST + 1)
        values = readers[file.suffix](text.decode())
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: no such configuration file; check the path") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:
        reason = textwrap.shorten(" ".join(str(error).split()), 150, placeholder=" ...")
        raise ConfigError(f"{file}: not valid {file.suffix[1:].upper()}: {reason}") from error
    if not isinstance(values, Mapping):
        raise ConfigError(f"{file}: expected a mapping such as 'hybrid: {{epochs: 5}}'")
    return values


def _from_environment(environ: Mapping[str, str]) -> Iterable[tuple[list[str], str]]:
    for name, text in sorted(environ.items()):
        if name.startswith(_ENVIRONMENT_PREFIX):
            yield name.removeprefix(_ENVIRONMENT_PREFIX).lower().split("__"), text


def _nest(keys: Sequence[str], text: str, *, source: str) -> dict[str, Any]:
    try:
        value: Any = parse_yaml(text) if text else None
        for key in reversed(keys):
            value = {key: value}
        check_nesting(value)
    except ValueError as error:
        raise ConfigError(
            f"{shortened(source)}: {shown(text)} is no value in YAML; close brackets, and quote "
            "text with special characters"
        ) from error
    return dict(value)


def _merge(into: dict[str, Any], new: Mapping[str, Any], *, source: str, path: str = "") -> None:
    for key, value in new.items():
        here = f"{path}{key}"
        if key not in into:
            raise ConfigError(_unknown(f"{source}: configuration", here, into))
        old = into[key]
        if isinstance(old, dict):
            if not isinstance(value, Mapping):
                keys = ", ".join(old)
                raise ConfigError(
                    f"{shortened(source)}: {here} is a section with the keys {keys}; set one"
                )
            _merge(old, value, source=source, path=f"{here}.")
        else:
            into[key] = value
