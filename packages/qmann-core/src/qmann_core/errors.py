"""Errors that a caller may want to catch; each is also the builtin that a Python user expects."""


class QMANNError(Exception):
    """Any error that QMANN raises on purpose."""


class ConfigError(QMANNError, ValueError):
    """A key or value of the configuration is unknown or out of range."""


class CircuitError(QMANNError, ValueError):
    """A circuit cannot be built or run as described."""


class DataError(QMANNError, ValueError):
    """Data, or a file that holds data or a model, is not what was expected."""


class BackendError(QMANNError, RuntimeError):
    """A simulator, device or service did not do what was asked of it."""
