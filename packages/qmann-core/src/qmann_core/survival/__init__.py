"""Right-censored times: curves, ranks, squared errors, calibration, and heads that give curves.

Names are listed in ``__init__.pyi`` and imported at first use: PyTorch takes a second.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
