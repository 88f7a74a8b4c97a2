"""Settings of a saved model that may change when it predicts."""

from collections.abc import Mapping
from typing import Any

from ..config import QMANNConfig, parse_config
from ..errors import ConfigError


def with_settings(config: QMANNConfig, application: Mapping[str, Any]) -> QMANNConfig:
    """The configuration with other values of the application's part.

    Raises:
        ConfigError: no such setting, or a value out of range.
    """
    if not application:
        return config
    values = config.model_dump()
    unknown = application.keys() - values["application"].keys()
    if unknown:
        raise ConfigError(f"got {', '.join(sorted(unknown))}: no such setting of the task")
    values["application"].update(application)
    return parse_config(type(config), values)


def check_free(fitted: QMANNConfig, wanted: QMANNConfig) -> None:
    """Refuse other settings than those that need no fit.

    Raises:
        ConfigError: see above.
    """
    free = wanted.application.WITHOUT_REFIT
    kept = wanted.application.model_copy(
        update={name: getattr(fitted.application, name) for name in free}
    )
    if wanted.model_copy(update={"application": kept}) != fitted:
        raise ConfigError(
            f"a saved model predicts as it was fitted; only {', '.join(sorted(free))} of the "
            "application can change: leave the other settings out, or fit again"
        )
