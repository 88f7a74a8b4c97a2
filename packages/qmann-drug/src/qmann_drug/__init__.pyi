from .config import DrugConfig as DrugConfig
from .config import DrugSettings as DrugSettings
from .data import Molecules as Molecules
from .data import demo_molecules as demo_molecules
from .data import load_molecules as load_molecules
from .drawings import molecule_svg as molecule_svg
from .reports import PropertyReport as PropertyReport
from .similarity import drug_likeness as drug_likeness
from .similarity import screen as screen
from .similarity import similar as similar
from .tasks import TASKS as TASKS
from .tasks import fit_property as fit_property
from .tasks import predict_affinity as predict_affinity
from .tasks import predict_property as predict_property

__version__: str
