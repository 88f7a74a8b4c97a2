"""A domain's program: from an argument list to an exit status."""

from collections.abc import Sequence

from . import keys, verbs
from .parser import Command, Lookup, Shipped, make_parser
from .status import exit_status


def main(
    program: str,
    summary: str,
    commands: Sequence[Command],
    argv: Sequence[str],
    lookups: Sequence[Lookup] = (),
    shipped: Shipped | None = None,
) -> int:
    """Run a domain's command line and return the exit status, see `status.exit_status`."""
    arguments = make_parser(program, summary, commands, lookups, shipped).parse_args(argv)
    run = {
        "fit": verbs.fit,
        "predict": verbs.predict,
        "evaluate": verbs.evaluate,
        "audit": verbs.audit,
        "config": keys.config,
        "data": verbs.data,
        **{lookup.name: verbs.look_up for lookup in lookups},
    }.get(arguments.verb, verbs.answer)

    def work() -> None:
        verbs.check_places(arguments)
        run(arguments, commands)

    return exit_status(program, work, checkpoint=getattr(arguments, "checkpoint", None))
