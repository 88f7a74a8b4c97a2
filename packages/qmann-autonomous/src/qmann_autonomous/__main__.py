"""The command line ``qmann-autonomous``: light, so that Ctrl-C finds nothing half imported."""

from typing import Any

from qmann_core.start import start


def main() -> None:
    """Entry point."""
    start("qmann-autonomous", "qmann_autonomous.commands:run")


def __getattr__(name: str) -> Any:
    from . import commands

    return getattr(commands, name)


if __name__ == "__main__":
    main()
