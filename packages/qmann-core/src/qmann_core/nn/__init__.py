"""Layers, heads and the network: drop-in PyTorch modules with and without circuits."""

from .attention import AttentionMechanism as AttentionMechanism
from .classical import ClassicalLSTM as ClassicalLSTM
from .classical import DenseLayer as DenseLayer
from .heads import Head as Head
from .heads import LocationScale as LocationScale
from .heads import SkipReadout as SkipReadout
from .heads import fit_log_variance as fit_log_variance
from .interface import QuantumClassicalInterface as QuantumClassicalInterface
from .network import QMANN as QMANN
from .network import Ensemble as Ensemble
from .network import Variant as Variant
from .network import build_network as build_network
from .quantum_layer import QuantumLayer as QuantumLayer
from .quantum_lstm import QuantumLSTM as QuantumLSTM
from .scaling import Standardise as Standardise
