"""What a run on followed patients depends on besides the networks."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ..config import HealthConfig, HealthSettings

_OTHERS = ("target", "threshold", "sensitivity", "specificity")


class SurvivalConfig(HealthConfig):
    """Tables of patients who are followed for a time, until an event or the end of observation."""

    time: str | None = None
    """Column of durations, such as days from entry to the event or the end of observation."""
    event: str | None = None
    """Column that says whether the event came then, or column=word of the word that means it."""
    horizon: float | None = Field(default=None, gt=0)
    """When risks are told, in units of the times; median follow-up when left out."""
    split: Literal["random", "folds", "given"] = "random"
    """What is tested on: random patients, each once in folds, or as a column split says."""

    @model_validator(mode="after")
    def _of_survival(self) -> Self:
        fields = type(self).model_fields
        if given := [n for n in _OTHERS if getattr(self, n) != fields[n].default]:
            raise ValueError(f"{', '.join(given)} are no settings of survival: leave them out")
        return self


class SurvivalSettings(HealthSettings):
    """HealthSettings whose application part is SurvivalConfig."""

    application: SurvivalConfig = SurvivalConfig()
