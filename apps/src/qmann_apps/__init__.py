"""QMANN in the browser."""

_FINANCE = (
    "Where may a price be in a few days, and how much may be lost on the way? Real index, oil and "
    "stock prices, or a file of yours."
)
_DRUG = (
    "How soluble or active is a molecule, which measured ones are like it, and is it like a drug? "
    "Trained models, or one of your own."
)
_HEALTH = (
    "How likely is a diagnosis, when may an event come, and when does a vital sign alarm? Tables "
    "and signals of clinical research, or a file of yours. Research use, not a medical device."
)
_INDUSTRIAL = (
    "How long will a machine last, which one fails first, when does one leave normal operation, "
    "and which fault does it have? Simulated machines, or a historian's file of yours."
)
_MATERIALS = (
    "How hard is an alloy of this composition, which known materials are like it, and which "
    "candidate promises most? Trained models, or one of your own."
)
_AUTONOMOUS = (
    "Where will vessels, walkers or vehicles be, which of them may collide, and what should one do "
    "now? Vessels in New York harbor, or tracks of yours. Not for navigation or for driving."
)
PAGES = {
    "finance": ("Finance", _FINANCE),
    "drug": ("Drug discovery", _DRUG),
    "health": ("Health", _HEALTH),
    "industrial": ("Industry", _INDUSTRIAL),
    "materials": ("Materials", _MATERIALS),
    "autonomous": ("Autonomous systems", _AUTONOMOUS),
}
"""Domain -> title of its page, and what it offers."""
