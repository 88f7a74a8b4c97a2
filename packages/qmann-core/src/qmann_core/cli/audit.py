"""``audit``: parse, one call, show."""

import argparse
from collections.abc import Sequence

from ..data.numbers import whole
from . import show
from .parser import Command
from .verbs import check_places, prepare


def run(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """Does the quantum part help?"""
    from ..tasks import audit

    check_places(arguments)
    numbers = {name: whole(f"--{name}", getattr(arguments, name)) for name in ("seeds", "trials")}
    if arguments.workers is not None:
        numbers["workers"] = whole("--workers", arguments.workers)
    task, config, records = prepare(arguments, commands)
    result = audit(
        task,
        records,
        config,
        progress=not arguments.quiet,
        folder=arguments.checkpoint,
        **numbers,
    )
    values = result.to_dict()
    show.write(arguments.output, result.to_frame(), values)
    if arguments.plot is not None:
        show.picture(arguments.plot, result.plot())
    show.tables(result.tables(), values, (result.verdict, *result.notes), arguments)
