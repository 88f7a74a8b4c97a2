"""QMANN in the browser."""

_FINANCE = (
    "Prices and volatility of the next days: forecasts with intervals, value at risk, and the past "
    "days most like today. Real index, oil and stock prices, or a file of yours."
)
_DRUG = (
    "Solubility, hydration and affinity of molecules by trained models, or a property of your own; "
    "the measured molecules most like yours; drug-likeness."
)
PAGES = {"finance": ("Finance", _FINANCE), "drug": ("Drug discovery", _DRUG)}
"""Domain -> title of its page, and what it offers."""
