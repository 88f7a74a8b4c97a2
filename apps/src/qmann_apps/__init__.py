"""QMANN in the browser."""

PAGES = {
    "finance": (
        "Finance",
        "Prices and volatility of the next days: forecasts with intervals, value at risk, and the "
        "past days most like today. Real index, oil and stock prices, or a file of yours.",
    ),
    "drug": (
        "Drug discovery",
        "Solubility, hydration and affinity of molecules by trained models, or a property of your "
        "own; the measured molecules most like yours; drug-likeness.",
    ),
}
"""Domain -> title of its page, and what it offers."""
