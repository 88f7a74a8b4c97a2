"""The command line ``qmann``: what core shows without a domain."""

import argparse
import sys
from collections.abc import Sequence

from ..errors import CircuitError, DataError
from ..start import qmann as main  # noqa: F401  (the entry point)
from . import show
from .status import exit_status
from .strict import StrictParser, filled, place


def make_parser() -> argparse.ArgumentParser:
    """Commands by what they are about."""
    parser = StrictParser(
        prog="qmann", description="The engine of QMANN, simulated: what it does and what it costs."
    )
    parser.add_version("qmann-core")
    topics = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    about = "what is weak in a circuit: blind encodings, dead weights, barren plateaus"
    verb = topics.add_parser("lint", help=about, description=f"{about.capitalize()}.")
    verb.add_argument("file", type=place, metavar="FILE", help="an OpenQASM program, or -")
    for option, what in (("--input-names", "data"), ("--weight-names", "trained")):
        text = f"names of its inputs that are {what}, with commas between; default: by their names"
        verb.add_argument(
            option, metavar="NAMES", type=lambda names: filled(names).split(","), help=text
        )
    verb.set_defaults(run=lint)
    about = "where circuits can be run: what is installed, what it can do, what to install"
    other = topics.add_parser("backends", help=about, description=f"{about.capitalize()}.")
    other.set_defaults(run=backends)
    for each in (verb, other):
        each.add_argument("--json", action="store_true", help="JSON, also on a terminal")
    return parser


def lint(arguments: argparse.Namespace) -> None:
    """Read a program and say what is weak in it."""
    from ..interop import from_openqasm
    from ..lint import findings_frame
    from ..lint import lint as look

    file = arguments.file
    names = {"input_names": arguments.input_names, "weight_names": arguments.weight_names}
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        circuit = from_openqasm(text, **names)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{file}: cannot be read ({error}); expected an OpenQASM 3 program as UTF-8 text"
        ) from error
    except CircuitError as error:
        raise CircuitError(f"{file}: {error}") from error
    found = look(circuit)
    values = [{"code": f.code, "subjects": f.subjects, "message": f.message} for f in found]
    titled = [(f"Weak in {file.name}", findings_frame(found))] if found else []
    notes = () if found else (f"{file.name}: nothing weak was found",)
    show.tables(titled, {"file": str(file), "findings": values}, notes, arguments)


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
