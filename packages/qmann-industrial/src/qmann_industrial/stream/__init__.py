"""Sensors watched row by row: alarms as they come, with a state that survives a kill."""
