"""The command line ``qmann``: what core shows without a domain."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.numbers import whole
from ..errors import CircuitError, DataError
from ..start import qmann as main  # noqa: F401  (the entry point)
from . import show
from .options import add_device, add_stages, device_of
from .status import exit_status
from .strict import StrictParser, filled, place

if TYPE_CHECKING:
    from ..circuits import Circuit


_PROGRAM = "an OpenQASM program, or -"


def make_parser() -> argparse.ArgumentParser:
    """Commands by what they are about."""
    parser = StrictParser(
        prog="qmann", description="The engine of QMANN, simulated: what it does and what it costs."
    )
    parser.add_version("qmann-core")
    topics = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    about = "what is weak in a circuit: blind encodings, dead weights, barren plateaus"
    verb = topics.add_parser("lint", help=about, description=f"{about.capitalize()}.")
    verb.add_argument("file", type=place, metavar="FILE", help=_PROGRAM)
    for option, what in (("--input-names", "data"), ("--weight-names", "trained")):
        text = f"names of its inputs that are {what}, with commas between; default: by their names"
        verb.add_argument(
            option, metavar="NAMES", type=lambda names: filled(names).split(","), help=text
        )
    verb.set_defaults(run=lint)
    about = "where circuits can be run: what is installed, what it can do, what to install"
    other = topics.add_parser("backends", help=about, description=f"{about.capitalize()}.")
    other.set_defaults(run=backends)
    about = "expectation values of a circuit on a noisy back end, corrected stage by stage"
    mitigates = topics.add_parser("mitigate", help=about, description=f"{about.capitalize()}.")
    _add_mitigation(mitigates)
    for each in (verb, other, mitigates):
        each.add_argument("--json", action="store_true", help="JSON, also on a terminal")
    return parser


def _add_mitigation(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", type=place, metavar="FILE", help=_PROGRAM)
    text = "a letter I, X, Y or Z for each qubit, the first one first, as ZZII; may be repeated"
    verb.add_argument(
        "--observable", action="append", required=True, metavar="WORD", type=filled, help=text
    )
    add_device(verb, rows=False)
    verb.set_defaults(backend="aer")
    add_stages(verb, default="auto")
    verb.add_argument("--seed", default="0", metavar="N", help="of shots; default: 0")
    verb.add_argument("--plot", type=place, metavar="PNG", help="picture of the result")
    verb.set_defaults(run=mitigate)


def lint(arguments: argparse.Namespace) -> None:
    """Read a program and say what is weak in it."""
    from ..lint import findings_frame
    from ..lint import lint as look

    file = arguments.file
    found = look(_program(file, arguments.input_names, arguments.weight_names))
    values = [{"code": f.code, "subjects": f.subjects, "message": f.message} for f in found]
    titled = [(f"Weak in {file.name}", findings_frame(found))] if found else []
    notes = () if found else (f"{file.name}: nothing weak was found",)
    show.tables(titled, {"file": str(file), "findings": values}, notes, arguments)


def _program(
    file: Path, input_names: Sequence[str] | None = None, weight_names: Sequence[str] | None = None
) -> "Circuit":
    from ..interop import from_openqasm

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        return from_openqasm(text, input_names=input_names, weight_names=weight_names)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{file}: cannot be read ({error}); expected an OpenQASM 3 program as UTF-8 text"
        ) from error
    except CircuitError as error:
        raise CircuitError(f"{file}: {error}") from error


def mitigate(arguments: argparse.Namespace) -> None:
    """Run a program on a noisy back end, and correct its values."""
    from ..backends import Counting
    from ..mitigation import mitigate_words
    from ..nn import made
    from ..tasks.devices import taken

    if arguments.plot is not None:
        show.check_plot()
    circuit, on = _program(arguments.file), device_of(arguments)
    there = made(on["backend"], on.get("noise"))
    counting = Counting(of=there)
    found = mitigate_words(
        counting if arguments.dry_run else there,
        circuit,
        arguments.observable,
        stages=arguments.mitigation,
        shots=on.get("shots"),
        seed=whole("--seed", arguments.seed, least=0),
    )
    if arguments.dry_run:
        assert counting.total is not None
        cost = taken(counting.total, f"{found.pipeline} on {there.name}")
        show.tables(cost.titled, cost.to_dict(), cost.notes, arguments)
        return
    if arguments.plot is not None:
        show.picture(arguments.plot, found.plot())
    values = {"stages": found.table.to_dict("records"), "notes": list(found.notes)}
    titled = [(f"Mitigated values of {arguments.file.name}", found.table)]
    show.tables(titled, values, found.notes, arguments)


def backends(arguments: argparse.Namespace) -> None:
    """Say where circuits can be run."""
    from ..backends import backends_frame

    table = backends_frame()
    able = table[["exact", "noise", "gradients"]].map(lambda can: "yes" if can else "no")
    shown = table[["back end", "what", "version"]].join(able)
    notes = [
        f"{row['back end']}: {row[what]}"
        for row in table.to_dict("records")
        for what in ("devices", "to install")
        if row[what]
    ]
    show.tables([("Back ends", shown)], table.to_dict("records"), notes, arguments)


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    arguments = make_parser().parse_args(argv)
    return exit_status("qmann", lambda: arguments.run(arguments))
