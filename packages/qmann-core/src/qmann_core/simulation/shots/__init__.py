"""Gradients that need nothing but values of the circuit, exact or from finite shots."""

from .estimator import Estimator as Estimator
from .estimator import Method as Method
