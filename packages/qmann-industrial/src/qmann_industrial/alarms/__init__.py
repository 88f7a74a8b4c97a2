"""Alarms in the sensors of machines, learned from normal operation alone."""
