"""The commands of ``qmann-materials``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, Lookup, Option, Shipped, main

from .presets import PRESETS

_FIELDS = (
    *("target", "formula_column", "conditions", "at", "unit", "split", "folds"),
    *("split_seed", "level"),
)
COMMANDS = tuple(
    Command(
        name,
        summary,
        f"qmann_materials.tasks:{name.upper()}",
        _FIELDS,
        PRESETS[name],
        f"qmann_materials.records:read_{'classes' if name == 'classify' else 'values'}",
    )
    for name, summary in (
        ("property", "a measured property of your own"),
        ("hardness", "Vickers hardness of alloys"),
        ("strength", "yield strength of alloys"),
        ("classify", "classes of materials, such as single and multiple phases of alloys"),
    )
)
LOOKUPS = (
    Lookup(
        "screen",
        "candidates that promise most beyond a target, none like those before it",
        None,
        "qmann_materials.screening:screen",
        (
            Option("--target", "target", "value to be beaten, in the unit of the property"),
            Option("--property", "property", "hardness or strength; default: hardness"),
            Option("--at", "conditions", "of rows that do not say, as temperature=600,test=C"),
            Option("--saved", "saved", "a model of your own in its place"),
            Option("--below", "below", "low values are wanted", switch=True),
            Option("--top", "k", "candidates to show; default: 10"),
        ),
        many=True,
    ),
    Lookup(
        "similar",
        "the most similar known materials, by a quantum memory and by atoms in common",
        None,
        "qmann_materials.similarity:similar_materials",
        (
            Option("--library", "library", "file, or hardness, strength or phase"),
            Option("--top --cases", "k", "materials to show for each; default: 5"),
        ),
        many=True,
    ),
    Lookup(
        "capacity",
        "theoretical capacity of battery electrodes, exactly",
        None,
        "qmann_materials.battery:battery_capacity",
        (
            Option("--ions", "n", "ions moved for each formula unit; default: all of the formula"),
            Option("--working-ion", "working_ion", "Li, Na, K, Mg, Ca, Zn or Al; default: Li"),
        ),
        many=True,
    ),
)
SHIPPED = Shipped("--property", "hardness", "qmann_materials.tasks:model_folder", "FORMULA", ".txt")


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = "Properties of materials with hybrid quantum-classical networks, simulated"
    return main("qmann-materials", summary, COMMANDS, argv, LOOKUPS, SHIPPED)
