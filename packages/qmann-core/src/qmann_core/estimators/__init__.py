"""scikit-learn's interface to circuits whose readout is solved, and to the quantum memory.

Every circuit is simulated. Needs scikit-learn (extra ``baselines``). All estimators run in float64
on the CPU, and clip standardised inputs at 5 standard deviations.
"""

try:
    import sklearn as _sklearn  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "estimators need scikit-learn: install it with pip install 'qmann-core[baselines]'",
        name=error.name,
    ) from error

from .features import QuantumFeatures as QuantumFeatures
from .features import ReservoirFeatures as ReservoirFeatures
from .kernel import QuantumKernelClassifier as QuantumKernelClassifier
from .kernel import QuantumKernelRegressor as QuantumKernelRegressor
from .memory import MemoryClassifier as MemoryClassifier
from .reservoir import ReservoirClassifier as ReservoirClassifier
from .reservoir import ReservoirRegressor as ReservoirRegressor
from .reuploading import ReuploadingClassifier as ReuploadingClassifier
from .reuploading import ReuploadingRegressor as ReuploadingRegressor
