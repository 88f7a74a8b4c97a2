"""Circuits of Qiskit: converted, and as layers."""
