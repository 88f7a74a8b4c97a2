"""Circuits by PyTorch tensors: other devices, export, compilers, second derivatives."""
