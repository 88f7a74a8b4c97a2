"""Presets: named configurations, and what each is for."""

from qmann_core.config import HybridConfig, KernelConfig, MemoryConfig, QuantumConfig, presets_of

from .config import MaterialsConfig, MaterialsSettings


def _presets(application: MaterialsConfig, held_back: float = 0.3) -> dict[str, MaterialsSettings]:
    """Those of a task: of up to 6,000 rows exact kernels, and fast ones of 2,048."""
    standard = MaterialsSettings(
        quantum=QuantumConfig(n_qubits=4, coupling=0.1),
        classical=KernelConfig(landmarks=6000),
        memory=MemoryConfig(kind="none"),  # evidence is by composition, see reports
        hybrid=HybridConfig(validation_fraction=held_back),  # which calibrates
        application=application,
    )
    fast = standard.model_copy(update={"classical": KernelConfig()})
    one_register = QuantumConfig(n_qubits=8, n_blocks=1, coupling=0.1, shots=8192)
    return {
        **presets_of(standard, fast={}, thorough={"members": 3}),
        "fast": fast,
        "hardware": fast.model_copy(update={"quantum": one_register}),
        "trees": standard.model_copy(
            update={"classical": KernelConfig(readout="forest", landmarks=6000)}
        ),
    }


_HARDNESS = MaterialsConfig(unit="HV", split="family", conditions=("process",))
_STRENGTH = MaterialsConfig(
    unit="MPa", split="family", demo="strength", conditions=("temperature", "process", "test")
)
PRESETS = {
    "hardness": _presets(_HARDNESS),
    "strength": _presets(_STRENGTH),
    "property": _presets(MaterialsConfig(), held_back=0.15),
    "classify": _presets(MaterialsConfig(demo="phase")),
}
"""By task."""
