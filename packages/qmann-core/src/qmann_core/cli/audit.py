"""``audit``: parse, one call, show."""

import argparse
from collections.abc import Sequence

from . import show
from .parser import Command
from .verbs import check_places, prepare, whole


def run(arguments: argparse.Namespace, commands: Sequence[Command]) -> None:
    """Does the quantum part help?"""
    from ..tasks.audit import audit

    check_places(arguments)
    task, config, records = prepare(arguments, commands)
    result = audit(
        task,
        records,
        config,
        seeds=whole("--seeds", arguments.seeds),
        trials=whole("--trials", arguments.trials),
        workers=None if arguments.workers is None else whole("--workers", arguments.workers),
        progress=not arguments.quiet,
        folder=arguments.checkpoint,
    )
    frame, values = result.to_frame(), result.to_dict()
    show.write(arguments.output, frame, values)
    if arguments.plot is not None:
        show.picture(arguments.plot, result.plot())
    show.tables([(result.title, frame)], values, (result.verdict, *result.notes), arguments)
