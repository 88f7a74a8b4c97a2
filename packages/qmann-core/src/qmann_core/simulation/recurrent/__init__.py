"""LSTMs whose gates are circuits, over whole sequences."""
