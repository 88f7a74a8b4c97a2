"""What is weak in a circuit: blind encodings, dead parameters, redundant wires, flat landscapes."""

from .ceiling import gate_ceiling as gate_ceiling
from .ceiling import gate_range as gate_range
from .check import lint as lint
from .finding import Finding as Finding
from .finding import findings_frame as findings_frame
