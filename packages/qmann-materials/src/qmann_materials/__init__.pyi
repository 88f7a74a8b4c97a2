from .battery import battery_capacity as battery_capacity
from .config import MaterialsConfig as MaterialsConfig
from .config import MaterialsSettings as MaterialsSettings
from .data import Materials as Materials
from .data import demo_materials as demo_materials
from .data import load_materials as load_materials
from .drawings import composition_svg as composition_svg
from .formulas import parse_formula as parse_formula
from .reports import MaterialReport as MaterialReport
from .screening import screen as screen
from .similarity import similar_materials as similar_materials
from .structures import relax_structure as relax_structure
from .tasks import TASKS as TASKS
from .tasks import audit as audit
from .tasks import classify_material as classify_material
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import fit_property as fit_property
from .tasks import load as load
from .tasks import predict as predict
from .tasks import predict_property as predict_property

__version__: str
