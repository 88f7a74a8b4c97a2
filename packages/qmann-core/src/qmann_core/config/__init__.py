"""Configuration: what there is to set, and where it is read from."""

from .axes import Family as Family
from .axes import Model as Model
from .axes import Twin as Twin
from .axes import check_twin as check_twin
from .axes import family_of as family_of
from .levels import central_probabilities as central_probabilities
from .levels import check_levels as check_levels
from .levels import quantile_names as quantile_names
from .loading import find_named as find_named
from .loading import lay_over as lay_over
from .loading import load_config as load_config
from .loading import nearest as nearest
from .loading import parse_config as parse_config
from .loading import presets_of as presets_of
from .sections import TOGETHER as TOGETHER
from .sections import ApplicationConfig as ApplicationConfig
from .sections import ClassicalConfig as ClassicalConfig
from .sections import HybridConfig as HybridConfig
from .sections import KernelConfig as KernelConfig
from .sections import MemoryConfig as MemoryConfig
from .sections import PriceConfig as PriceConfig
from .sections import QMANNConfig as QMANNConfig
from .sections import QuantumConfig as QuantumConfig
