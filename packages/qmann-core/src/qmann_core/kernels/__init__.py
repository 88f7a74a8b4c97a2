"""Circuits and recurrent cells as compiled code for the CPU: arrays in, arrays out.

It imports numba, which costs half a second, so it is itself imported at first use.
"""
