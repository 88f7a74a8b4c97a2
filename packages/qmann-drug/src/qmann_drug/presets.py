"""Presets: named configurations, and what each is for."""

from qmann_core.config import MemoryConfig, QuantumConfig, presets_of

from .config import DrugConfig, DrugSettings


def _presets(application: DrugConfig) -> dict[str, DrugSettings]:
    """Those of a task."""
    standard = DrugSettings(
        quantum=QuantumConfig(n_qubits=4, coupling=0.1),
        memory=MemoryConfig(kind="none"),  # evidence is by structure, see reports
        application=application,
    )
    one_register = QuantumConfig(n_qubits=8, n_blocks=1, coupling=0.1, shots=8192)
    hardware = standard.model_copy(update={"quantum": one_register})
    return {
        **presets_of(standard, fast={}, thorough={"members": 3, "circuit_steps": 20}),
        "hardware": hardware,
    }


PRESETS = {
    "solubility": _presets(DrugConfig(unit="log10 mol/L", split="given")),
    "hydration": _presets(DrugConfig(unit="kcal/mol", split="random", demo="hydration")),
    "affinity": _presets(DrugConfig(unit="pActivity", demo="affinity")),
    "property": _presets(DrugConfig()),
    "activity": _presets(DrugConfig(demo="activity")),
}
"""By task."""
