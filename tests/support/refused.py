"""A wrong argument is refused: by its check, or, with --shapes, by that of annotations."""

import pytest
from jaxtyping import TypeCheckError


def refused(error, match):
    return pytest.raises((error, TypeCheckError), match=f"(?s){match}|Type-check error")
