"""Circuits with noise, simulated exactly: density matrices, batched and differentiable."""

from .model import NoiseModel as NoiseModel
from .simulate import MAX_WIRES as MAX_WIRES
from .simulate import density_matrix as density_matrix
from .simulate import noisy_expectations as noisy_expectations
