"""What checks annotations with --shapes; named in conftest.py."""

from typing import Any

from beartype import beartype


def once(function):
    """Let beartype check a function, and its parameters only once.

    Jaxtyping asks twice: for the parameters alone, then for them and for what the function returns.
    Both share one memory of axes, so that the second need only look at what is returned.
    """
    returned = function.__annotations__.get("return", Any)
    if returned is not Any:
        function.__annotations__ = {"return": returned}
    return beartype(function)
