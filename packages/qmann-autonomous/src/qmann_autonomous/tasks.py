from qmann_core.config import HybridConfig, KernelConfig, MemoryConfig, QuantumConfig, presets_of
from qmann_core.tasks import Task
from .baselines import constant_velocity, ridge, trees
from .config import AutonomousSettings
from .features import agent_folds, track_samples
from .heads import Drift
from .scores import score_paths
_STANDARD = AutonomousSettings(
    quantum=QuantumConfig(n_qubits=4, coupling=0.1),
    classical=KernelConfig(landmarks=2048),
    memory=MemoryConfig(kind="none"),
    hybrid=HybridConfig(validation_fraction=0.25),
)
TRAJECTORY = Task(
    name="trajectory", summary="Where agents will be", load=lambda s, a: s, demo=lambda a: None,
    features=track_samples, split=agent_folds, head=Drift, score=score_paths,
    baselines={"constant velocity": constant_velocity, "extra trees": trees, "linear ridge": ridge},
    report=None, presets={"standard": _STANDARD}, asked="newest", calibration="fixed")
