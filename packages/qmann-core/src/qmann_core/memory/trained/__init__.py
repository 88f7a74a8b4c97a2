"""Remembered cases of trainable memories: buffers, reads by strength, consolidation."""
