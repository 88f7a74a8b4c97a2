"""The state of a monitor on disk: two slots, written in turn, each with its checksum."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from qmann_core.errors import DataError
from qmann_core.files import atomic_write
from qmann_core.tasks import Fitted

_NAMES = ("slot-0.json", "slot-1.json")
State = Mapping[str, Any]


class Slots:
    """Two files in a folder, of which the newer one that is whole counts.

    Each has the SHA-256 of what follows in its first line. A kill at any moment, or a disk that
    loses one of them, leaves the other.

    Args:
        folder: where they are; None keeps nothing.
        model: digest of the model that the state belongs to.
    """

    def __init__(self, folder: Path | None, model: str) -> None:
        self.folder, self.model, self.count = folder, model, 0

    def read(self) -> State | None:
        """The newest state; None where none was written.

        Raises:
            DataError: both are damaged, or the state is of another model.
        """
        found, there = [], files(self.folder)
        for place in there:
            checksum, _, text = place.read_text(encoding="utf-8", errors="replace").partition("\n")
            if sha256(text.encode()).hexdigest() == checksum:
                found.append(json.loads(text))
        if not there:
            return None
        if not found:
            raise DataError(
                f"{self.folder}: the state is damaged, in both slots. Remove the folder to start "
                "afresh, with another file for the events"
            )
        newest: State = max(found, key=lambda state: state["count"])
        if newest["model"] != self.model:
            raise DataError(
                f"{self.folder}: the state is of another model, or of other settings. Go on with "
                "that one, or choose another folder"
            )
        self.count = newest["count"]
        return newest

    def write(self, state: State) -> None:
        """Write one over the older slot, all of it or nothing."""
        if self.folder is None:
            return
        self.count += 1
        whole = {"count": self.count, "model": self.model, **state}
        text = json.dumps(whole, default=lambda array: array.tolist())
        checksum = sha256(text.encode()).hexdigest()
        with atomic_write(self.folder / _NAMES[self.count % 2]) as draft:
            draft.write_text(f"{checksum}\n{text}", encoding="utf-8")


def files(folder: Path | None) -> list[Path]:
    """The slots that are there."""
    return [] if folder is None else [place for n in _NAMES if (place := folder / n).is_file()]


def digest_of(fitted: Fitted) -> str:
    """SHA-256 of weights, calibration scores and settings of a model."""
    found = sha256(fitted.config.model_dump_json().encode())
    for name, tensor in sorted(fitted.model.state_dict().items()):
        found.update(name.encode() + tensor.numpy().tobytes())
    for calibration in fitted.calibrations.values():
        found.update(calibration.scores.tobytes())
    return found.hexdigest()
