"""The engine of QMANN: circuits, simulation, hybrid layers, training and evaluation.

Names are listed in ``__init__.pyi`` and imported at first use, so that ``import qmann_core``
and every ``--help`` stay light.
"""

from importlib.metadata import version

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = version("qmann-core")
