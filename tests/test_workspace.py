"""The workspace itself: one version, lower bounds, and light imports."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECTS = [
    tomllib.loads(path.read_text())["project"]
    for path in [*ROOT.glob("packages/*/pyproject.toml"), ROOT / "apps/pyproject.toml"]
]
MEMBERS = {project["name"]: project for project in PROJECTS}
CORE = ROOT / "packages/qmann-core/src/qmann_core"
LEARNING = ("config", "data", "nn", "training", "evaluation", "tasks", "cli")
BUDGETS = {
    "learning": ([CORE / name for name in LEARNING], 10862),
    "survival": ([CORE / "survival"], 242),
    "engine": ([CORE / name for name in ("circuits", "kernels", "simulation")], 5363),
    "memory": ([CORE / "memory"], 3107),
    "interop and lint": ([CORE / "interop", CORE / "lint"], 2734),
    "backends": ([CORE / "backends"], 1490),
    "mitigation": ([CORE / "mitigation"], 1520),
    "qmann-autonomous": ([ROOT / "packages/qmann-autonomous/src"], 1602),
    "qmann-finance": ([ROOT / "packages/qmann-finance/src"], 1665),
    "qmann-drug": ([ROOT / "packages/qmann-drug/src"], 763),
    "qmann-health": ([ROOT / "packages/qmann-health/src"], 2057),
    "qmann-industrial": ([ROOT / "packages/qmann-industrial/src"], 2239),
    "qmann-materials": ([ROOT / "packages/qmann-materials/src"], 1223),
    "a page: finance": ([ROOT / "apps/src/qmann_apps/finance.py"], 120),
    "a page: health": ([ROOT / "apps/src/qmann_apps/health.py"], 120),
    "a page: industrial": ([ROOT / "apps/src/qmann_apps/industrial.py"], 120),
    "a page: materials": ([ROOT / "apps/src/qmann_apps/materials.py"], 120),
    "a page: autonomous": ([ROOT / "apps/src/qmann_apps/autonomous.py"], 120),
    "a page: drug": ([ROOT / "apps/src/qmann_apps/drug.py"], 120),
}
"""Most lines of code, without blanks, comments, docstrings and imports; they may only fall.

A new domain gets 800, and its page 120.
"""
HELP = """
import sys, {0}.__main__ as program
sys.argv[1:] = ["--help"]
try:
    program.main()
except SystemExit:
    pass
"""
LEARNING_LIBRARIES = {"torch", "scipy", "numba", "arch", "sklearn"}
RUN = """
import contextlib, io
from {0}.commands import run
with contextlib.redirect_stdout(io.StringIO()):
    assert run({1!r}) == 0
"""


def test_members_have_one_version_and_ask_for_it():
    versions = {member["version"] for member in MEMBERS.values()}
    assert len(versions) == 1
    for name, member in MEMBERS.items():
        assert version(name) in versions
        for requirement in member["dependencies"]:
            if requirement.startswith("qmann-"):
                assert requirement.endswith(f"=={member['version']}")


@pytest.mark.parametrize("name", MEMBERS)
def test_every_dependency_has_a_lower_bound(name):
    project = MEMBERS[name]
    extras = project.get("optional-dependencies", {}).values()
    for requirement in [*project["dependencies"], *(r for extra in extras for r in extra)]:
        assert re.search(r">=|==", requirement), requirement


@pytest.mark.slow
@pytest.mark.parametrize("extra", MEMBERS["qmann-core"]["optional-dependencies"])
def test_each_extra_of_core_can_be_installed_alone(extra):
    project = ROOT / "packages/qmann-core/pyproject.toml"
    command = ["uv", "pip", "compile", "--quiet", "--extra", extra, str(project)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    first = MEMBERS["qmann-core"]["optional-dependencies"][extra][0]
    assert re.search(rf"^{re.split('[>=[]', first)[0]}==", found.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import qmann_core", {"torch", "pandas", "numpy", "rich", "pydantic", "sklearn"}),
        ("import qmann_finance", {"torch", "pandas", "numpy", "arch", "matplotlib"}),
        ("import qmann_drug", {"torch", "pandas", "numpy", "rdkit", "matplotlib"}),
        ("import qmann_industrial", {"torch", "pandas", "numpy", "sklearn", "matplotlib"}),
        (HELP.format("qmann_industrial"), {"torch", "pandas", "numpy", "sklearn", "rich"}),
        ("import qmann_health", {"torch", "pandas", "numpy", "sklearn", "matplotlib"}),
        (HELP.format("qmann_health"), {"torch", "pandas", "numpy", "sklearn", "rich"}),
        (RUN.format("qmann_health", ["data"]), LEARNING_LIBRARIES),
        ("import qmann_materials", {"torch", "pandas", "numpy", "gemmi", "scipy", "matplotlib"}),
        (HELP.format("qmann_materials"), {"torch", "pandas", "numpy", "gemmi", "rich"}),
        (RUN.format("qmann_materials", ["data"]), LEARNING_LIBRARIES),
        (RUN.format("qmann_materials", ["capacity", "LiFePO4"]), LEARNING_LIBRARIES),
        (
            RUN.format("qmann_materials", ["similar", "FeNi", "--library", "hardness"]),
            LEARNING_LIBRARIES,
        ),
        ("import qmann_autonomous", {"torch", "pandas", "numpy", "scipy", "highway_env"}),
        (HELP.format("qmann_autonomous"), {"torch", "pandas", "numpy", "scipy", "rich"}),
        (RUN.format("qmann_autonomous", ["data"]), LEARNING_LIBRARIES),
        (RUN.format("qmann_autonomous", ["plan"]), {"torch", "numba", "sklearn", "highway_env"}),
        (HELP.format("qmann_finance"), {"torch", "pandas", "numpy", "arch", "rich"}),
        (HELP.format("qmann_drug"), {"torch", "pandas", "numpy", "rdkit", "rich"}),
        (HELP.format("qmann_apps"), {"torch", "pandas", "numpy", "streamlit", "altair"}),
        (RUN.format("qmann_finance", ["data"]), LEARNING_LIBRARIES),
        (RUN.format("qmann_finance", ["similar"]), LEARNING_LIBRARIES),
        (RUN.format("qmann_drug", ["drug-likeness", "CCO"]), LEARNING_LIBRARIES),
        (RUN.format("qmann_drug", ["similar", "CCO", "--library", "affinity"]), LEARNING_LIBRARIES),
        pytest.param(
            "import qmann_finance.tasks",
            {"arch", "skfolio", "matplotlib", "pyarrow.parquet"},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "import qmann_drug.tasks",
            {"sklearn", "datamol", "matplotlib", "rdkit.Chem.Draw"},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "import qmann_materials.tasks", {"sklearn", "matplotlib"}, marks=pytest.mark.slow
        ),
    ],
)
def test_imports_stay_light(code, heavy):
    code += f"\nimport sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_import_has_no_effect():
    code = """
import os, torch, numpy
state = lambda: (torch.get_rng_state().tolist(), torch.get_default_dtype(),
                 torch.get_num_threads(), str(numpy.random.get_state()), sorted(os.listdir()))
before = state()
import qmann_core.tasks, qmann_core.testing, qmann_core.nn, qmann_finance.tasks
import qmann_core.estimators, qmann_drug.tasks, qmann_materials.tasks
assert state() == before
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", BUDGETS)
def test_there_is_no_more_code_than_its_budget(name):
    places, most = BUDGETS[name]
    files = [f for place in places for f in (place.rglob("*.py") if place.is_dir() else [place])]
    assert 0 < sum(map(lines_of_code, files)) <= most


def lines_of_code(file: Path) -> int:
    """Lines without blanks, comments, docstrings and imports."""
    text, apart = file.read_text(encoding="utf-8"), set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
                apart.update(range(node.lineno, node.end_lineno + 1))
    kept = [line.strip() for n, line in enumerate(text.splitlines(), 1) if n not in apart]
    return sum(bool(line) and not line.startswith("#") for line in kept)
