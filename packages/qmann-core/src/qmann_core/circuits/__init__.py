"""What is computed: immutable descriptions of circuits."""

from importlib import import_module
from typing import TYPE_CHECKING

from .ansatz import ANSATZE as ANSATZE
from .ansatz import basic_entangler as basic_entangler
from .ansatz import chen_v0 as chen_v0
from .ansatz import hardware_efficient as hardware_efficient
from .ansatz import qaoa as qaoa
from .ansatz import simplified_two_design as simplified_two_design
from .ansatz import strongly_entangling as strongly_entangling
from .ansatz import tree_tensor_network as tree_tensor_network
from .circuit import Circuit as Circuit
from .circuit import compose as compose
from .drawing import draw as draw
from .encodings import ENCODINGS as ENCODINGS
from .encodings import amplitude as amplitude
from .encodings import angle as angle
from .encodings import basis as basis
from .encodings import hadamard_angle as hadamard_angle
from .encodings import iqp as iqp
from .encodings import ising as ising
from .encodings import reuploading as reuploading
from .gates import AMPLITUDE_ENCODING as AMPLITUDE_ENCODING
from .gates import ELEMENTARY as ELEMENTARY
from .gates import GATES as GATES
from .gates import Gate as Gate
from .gates import Operation as Operation
from .gates import elementary as elementary
from .gates import inverse as inverse
from .observables import Observable as Observable
from .observables import Projector as Projector
from .observables import pauli as pauli
from .observables import probabilities as probabilities
from .observables import projector as projector
from .observables import z_each as z_each
from .parameters import Input as Input
from .parameters import Parameter as Parameter
from .parameters import Polynomial as Polynomial
from .parameters import Symbol as Symbol
from .parameters import Term as Term
from .parameters import Weight as Weight
from .parameters import as_polynomial as as_polynomial
from .parameters import substitute as substitute
from .parameters import symbols as symbols

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """OpenQASM is read and written above this layer; programs ask for it here, too."""
        if name in ("from_openqasm", "to_openqasm"):
            return getattr(import_module("qmann_core.interop"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
