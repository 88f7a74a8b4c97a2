"""Entries at addresses: what is kept of each, snapshots while one writes, and files."""
