"""Circuits by compiled kernels on the CPU."""
