"""Remaining life of machines, and fleets of them."""
