import functools

import pytest


@pytest.fixture(scope="session")
def demo():
    """Demonstrations by name, each read once: it takes seconds."""
    from qmann_drug import demo_molecules

    return functools.cache(demo_molecules)
