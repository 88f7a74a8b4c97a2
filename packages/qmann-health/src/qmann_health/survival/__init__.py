"""Survival of followed patients."""
