"""The commands of ``qmann-drug``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, Lookup, Option, Shipped, main

from .presets import PRESETS

_FIELDS = ("target", "smiles_column", "unit", "split", "split_seed", "level")
COMMANDS = tuple(
    Command(
        name,
        summary,
        f"qmann_drug.tasks:{name.upper()}",
        (*_FIELDS, "threshold") if name == "activity" else _FIELDS,
        PRESETS[name],
        "qmann_drug.records:read_molecules",
    )
    for name, summary in (
        ("solubility", "solubility of molecules in water"),
        ("hydration", "free energy of hydration of molecules"),
        ("affinity", "affinity of molecules of one series"),
        ("property", "a measured property of your own"),
        ("activity", "whether molecules are active, from classes or a threshold"),
    )
)


def _lookup(name: str, summary: str, *options: Option, many: bool = True) -> Lookup:
    function = name.replace("-", "_")
    return Lookup(name, summary, None, f"qmann_drug.similarity:{function}", options, many)


LOOKUPS = (
    _lookup(
        "similar",
        "the most similar molecules of a library, by a quantum memory and by Tanimoto",
        Option("--library", "library", "file, or solubility, hydration, affinity or approved"),
        Option("--top --cases", "k", "molecules to show for each; default: 5"),
    ),
    _lookup(
        "screen",
        "a library ranked by likeness to actives; that of the affinity demo when left out",
        Option("--actives", "actives", "file, or how many of the library's own to draw"),
        Option("--threshold", "threshold", "targets from here on are active"),
        Option("--seed", "seed", "of the draw"),
        Option("--top", "k", "molecules to show, the best first; default: all"),
        many=False,
    ),
    _lookup("drug-likeness", "QED, rule of five, PAINS and synthetic accessibility"),
)
SHIPPED = Shipped("--property", "solubility", "qmann_drug.tasks:model_folder", "MOLECULE", ".smi")


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = "Properties of molecules with hybrid quantum-classical networks, simulated"
    return main("qmann-drug", summary, COMMANDS, argv, LOOKUPS, SHIPPED)
