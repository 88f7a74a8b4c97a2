"""QMANN in the browser."""

_FINANCE = (
    "Where may a price be in a few days, and how much may be lost on the way? Real index, oil and "
    "stock prices, or a file of yours."
)
_DRUG = (
    "How soluble or active is a molecule, which measured ones are like it, and is it like a drug? "
    "Trained models, or one of your own."
)
PAGES = {"finance": ("Finance", _FINANCE), "drug": ("Drug discovery", _DRUG)}
"""Domain -> title of its page, and what it offers."""
