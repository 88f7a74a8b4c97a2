"""What is computed: immutable descriptions of circuits."""

from .ansatz import ANSATZE as ANSATZE
from .ansatz import chen_v0 as chen_v0
from .ansatz import hardware_efficient as hardware_efficient
from .ansatz import strongly_entangling as strongly_entangling
from .circuit import AMPLITUDE_ENCODING as AMPLITUDE_ENCODING
from .circuit import GATES as GATES
from .circuit import Circuit as Circuit
from .circuit import Input as Input
from .circuit import Observable as Observable
from .circuit import Operation as Operation
from .circuit import Parameter as Parameter
from .circuit import Signature as Signature
from .circuit import Weight as Weight
from .circuit import compose as compose
from .encodings import ENCODINGS as ENCODINGS
from .encodings import amplitude as amplitude
from .encodings import angle as angle
from .encodings import hadamard_angle as hadamard_angle
from .observables import pauli as pauli
from .observables import z_each as z_each
