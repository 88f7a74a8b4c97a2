"""Which fault a machine has, from a table of sensors."""
