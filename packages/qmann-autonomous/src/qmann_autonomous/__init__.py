"""Trajectories, risk and plans of agents with hybrid quantum-classical networks.

Names are listed in ``__init__.pyi`` and imported at first use.
"""

from importlib.metadata import version

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = version("qmann-autonomous")
