"""Recall as circuits of the gates that every back end knows, and what they cost."""

from ...circuits.controlled import Wires as Wires
from ...circuits.controlled import multi_controlled_phase as multi_controlled_phase
from ...circuits.controlled import multi_controlled_x as multi_controlled_x
from ...circuits.controlled import phase_on as phase_on
from ...circuits.controlled import reflection as reflection
from .amplified import amplify as amplify
from .amplified import recall_circuit as recall_circuit
from .conditions import Asked as Asked
from .conditions import Hard as Hard
from .conditions import Oracle as Oracle
from .conditions import Phases as Phases
from .conditions import Soft as Soft
from .conditions import WorkWires as WorkWires
from .conditions import grover as grover
from .loading import Contents as Contents
from .loading import Registers as Registers
from .loading import load as load
from .loading import prepare as prepare
from .oracles import least_work as least_work
from .oracles import phase_oracle as phase_oracle
from .resources import GateCounts as GateCounts
from .resources import RecallCounts as RecallCounts
from .resources import recall_counts as recall_counts
