"""The command line ``qmann-industrial``: light, so that Ctrl-C finds nothing half imported."""

from typing import Any

from qmann_core.start import start


def main() -> None:
    """Entry point."""
    start("qmann-industrial", "qmann_industrial.commands:run")


def __getattr__(name: str) -> Any:
    from . import commands

    return getattr(commands, name)


if __name__ == "__main__":
    main()
