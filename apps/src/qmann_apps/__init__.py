"""QMANN in the browser."""
