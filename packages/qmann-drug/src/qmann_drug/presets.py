"""Presets: named configurations, and what each is for."""

from qmann_core.config import ClassicalConfig, HybridConfig, MemoryConfig, QuantumConfig

from .config import DrugConfig, DrugSettings

_TRAINING = HybridConfig(epochs=30, refit_epochs=10, batch_size=64, patience=8)


def presets(application: DrugConfig) -> dict[str, DrugSettings]:
    """The presets of a task."""
    standard = DrugSettings(
        quantum=QuantumConfig(n_qubits=4, n_layers=2),
        classical=ClassicalConfig(controller="dense", hidden_size=8),
        memory=MemoryConfig(kind="none"),  # evidence is by structure, see reports
        hybrid=_TRAINING,
        application=application,
    )

    def trained(**changes: object) -> DrugSettings:
        return standard.model_copy(update={"hybrid": _TRAINING.model_copy(update=changes)})

    return {
        # a first look: fewer epochs
        "fast": trained(epochs=10, refit_epochs=4),
        # a careful answer within a minute on two cores
        "standard": standard,
        # three networks from different seeds, averaged
        "thorough": trained(members=3),
    }
