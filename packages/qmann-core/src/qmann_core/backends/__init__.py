"""Where circuits are computed: one protocol for simulators and devices."""

from .base import Backend as Backend
from .base import Capabilities as Capabilities
from .cost import Cost as Cost
from .cost import Gradient as Gradient
from .counting import Counting as Counting
from .ledger import Ledger as Ledger
from .registry import backend as backend
from .registry import backends_frame as backends_frame
from .values import Values as Values
