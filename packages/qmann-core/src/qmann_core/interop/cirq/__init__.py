"""Circuits of Cirq, converted both ways."""

from .convert import from_cirq as from_cirq
from .convert import to_cirq as to_cirq
