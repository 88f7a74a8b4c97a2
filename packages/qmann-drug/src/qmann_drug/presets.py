"""Presets: named configurations, and what each is for."""

from qmann_core.config import ClassicalConfig, HybridConfig, MemoryConfig, QuantumConfig, presets_of

from .config import DrugConfig, DrugSettings


def presets(application: DrugConfig) -> dict[str, DrugSettings]:
    """The presets of a task."""
    standard = DrugSettings(
        quantum=QuantumConfig(n_qubits=4, n_layers=2),
        classical=ClassicalConfig(controller="dense", hidden_size=8),
        memory=MemoryConfig(kind="none"),  # evidence is by structure, see reports
        hybrid=HybridConfig(epochs=30, refit_epochs=10, batch_size=64, patience=8),
        application=application,
    )
    return presets_of(standard, fast={"epochs": 10, "refit_epochs": 4}, thorough={"members": 3})
