"""The command line ``qmann``: what core shows without a domain."""

import argparse
import sys
from collections.abc import Sequence

from . import lint
from .status import exit_status


def make_parser() -> argparse.ArgumentParser:
    """Commands by what they are about."""
    parser = argparse.ArgumentParser(
        prog="qmann", description="The engine of QMANN, simulated: what it does and what it costs."
    )
    topics = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    lint.add_command(topics)
    return parser


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    arguments = make_parser().parse_args(argv)
    return exit_status("qmann", lambda: arguments.run(arguments))


def main() -> None:
    """Entry point."""
    sys.exit(run(sys.argv[1:]))
