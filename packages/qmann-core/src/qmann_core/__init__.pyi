from .errors import BackendError as BackendError
from .errors import CircuitError as CircuitError
from .errors import ConfigError as ConfigError
from .errors import DataError as DataError
from .errors import QMANNError as QMANNError
