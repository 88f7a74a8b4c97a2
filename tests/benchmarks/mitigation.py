"""Error mitigation on 13 tasks and two noise models, at equal total shots. All simulated.

    uv run python tests/benchmarks/mitigation.py [--shots 4000 --seeds 10] [--mitiq rows.json]

Tasks are those of `mitigation_bench.tasks`, run as they stand. Noise is depolarising, as Aer
defines it .002 of SX and X and .02 of CNOT, with 2 % of the readings false; or that of fake_manila,
on whose line circuits are laid. ``error`` is the mean over tasks, seeds and observables, ``angles``
over those of tasks with gates that are not Clifford's, ``worst`` that of one task, ``gain`` the
geometric mean over tasks of raw error by error, ``wins`` the tasks with less than raw, ``in 95 %``
the values within 1.96 standard errors. The back end counts circuits and shots; ``own ms`` is CPU
time outside of it, after one run for warmth. ``pec`` is `learned_pec` with exact values alone.

``--headline`` prints instead, raw and by auto, the 5th percentile over seeds of the Hellinger
fidelity of the outcomes' distribution, and of 1 - |1 - F| with F the fidelity of the state, from
all words that are not 0 in it, for which ``--shots`` are shared among settings.

``--export`` writes what is run. Mitiq, measured on that in an environment of its own, is read by
``--mitiq``: rows of noise, shots, task, method, error, circuits, spent (shots) and own (seconds).
``beats all`` counts the tasks with less error than every method of Mitiq's has there, ``beats one``
those with less than the one of its methods that is best over all tasks.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from mitigation_bench.tasks import NO_INPUTS, NO_WEIGHTS, NOISE, exactly, tasks

from qmann_core.backends import backend
from qmann_core.backends.aer import Aer
from qmann_core.circuits import pauli
from qmann_core.interop import to_openqasm
from qmann_core.mitigation import (
    MitigationPipeline,
    Readout,
    hellinger_fidelity,
    learned_pec,
    mitigate,
    mitigated_probabilities,
    named,
)
from qmann_core.simulation import measurements
from qmann_core.simulation.noise.rates import pauli_words


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted(Aer):
    """Aer with a count of what it is asked for."""

    used: Counter = field(default_factory=Counter, init=False)

    def _outcomes(self, circuit, inputs, weights, settings, shots, seed):
        start = time.process_time()
        found = super()._outcomes(circuit, inputs, weights, settings, shots, seed)
        self.used["seconds"] += time.process_time() - start
        self.used["circuits"] += len(settings) * len(inputs)
        self.used["shots"] += len(settings) * len(inputs) * (shots or 0)
        return found


def raw(device, circuit, inputs, shots, seed):
    found = device.expectations(circuit, inputs, NO_WEIGHTS, shots=shots, seed=seed)
    return found.mean, found.error


def by(names):
    def method(device, circuit, inputs, shots, seed):
        how = {"pipeline": named(names), "shots": shots, "seed": seed}
        found = mitigate(device, circuit, inputs, NO_WEIGHTS, **how)
        return found.values, found.errors

    return method


def pec(device, circuit, inputs, shots, seed):
    pipeline = MitigationPipeline([Readout(), learned_pec(device, circuit, free=("RZ",))])
    found = mitigate(device, circuit, inputs, NO_WEIGHTS, pipeline=pipeline, seed=seed)
    return found.values, found.errors


PIPELINES = ("readout", "linear", "richardson", "exponential", "best", "evd", "cdr", "learned")
METHODS: dict[str, Callable] = {
    "raw": raw,
    "readout": by("readout"),
    **{name: by(f"readout,{name}") for name in PIPELINES[1:]},
    "pec": pec,
    "auto": by("auto"),
}
"""From back end, circuit, inputs, total shots or None, and seed to values and standard errors."""


ANGLES = "entangling", "ising"


def measured(noise, methods, shots, seeds):
    """A row for every task, method and seed; each method runs once before its clock starts."""
    model, laid = NOISE[noise]
    for name, circuit in tasks().items():
        circuit, truth = laid(circuit), exactly(circuit)
        for method in [each for each in methods if each != "pec" or not shots]:
            device = Counted(noise=model())
            METHODS[method](device, circuit, NO_INPUTS, shots, 0)
            for seed in range(seeds):
                device.used.clear()
                start = time.process_time()
                values, errors = METHODS[method](device, circuit, NO_INPUTS, shots, seed)
                own = time.process_time() - start - device.used["seconds"]
                off = (values - truth).abs()
                inside = (off <= 1.96 * errors).double().mean() if shots else torch.nan
                yield {
                    "shots": shots or 0,
                    "task": name,
                    "method": method,
                    "error": float(off.mean()),
                    "inside": float(inside),
                    "circuits": device.used["circuits"],
                    "spent": device.used["shots"],
                    "own": own,
                }


def table(rows: pd.DataFrame, mitiq: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([rows, mitiq]) if len(mitiq) else rows
    mean = both.groupby(["method", "task"], sort=False).mean(numeric_only=True).unstack("task")
    error, average = mean["error"], mean.T.groupby(level=0).mean().T
    gain = np.log(error.loc["raw"] / error.clip(lower=1e-6))
    found = pd.DataFrame(
        {
            "error": average["error"],
            "angles": error[[name for name in error if name.startswith(ANGLES)]].mean(axis=1),
            "worst": error.max(axis=1),
            "gain": np.exp(gain.mean(axis=1)),
            "wins": (gain > 0).sum(axis=1),
            "of": error.notna().sum(axis=1),
            "circuits": average["circuits"],
            "shots": average["spent"].round().astype(int),
            "own ms": 1000 * average["own"],
            "in 95 %": 100 * average["inside"],
        }
    ).loc[error.index]
    if len(mitiq):
        theirs = error.loc[mitiq["method"].unique()]
        whole = theirs.loc[theirs.dropna().mean(axis=1).idxmin()]
        found["beats all"] = (error < theirs.min()).sum(axis=1)
        found["beats one"] = (error < whole).sum(axis=1)
    return found


def headline(noise, shots, seeds):
    """Fidelities of each task: of distribution or state, raw or by auto, each seed."""
    model, laid = NOISE[noise]
    for name, circuit in tasks().items():
        circuit, device = laid(circuit), Counted(noise=model())
        wires = tuple(range(circuit.n_wires))
        words = tuple(pauli(word, wires) for word in pauli_words(len(wires))[1:])
        truth = exactly(replace(circuit, observables=words))[0]
        some = truth.abs() > 1e-6
        read = tuple(words[k] for k in some.nonzero().flatten())
        stated, expected = replace(circuit, observables=read), truth[some]
        given = circuit, NO_INPUTS, NO_WEIGHTS
        likely = mitigated_probabilities(backend("exact"), *given, pipeline=MitigationPipeline())
        each = shots // len(measurements(stated.observables))
        for how, pipeline in (("raw", MitigationPipeline()), ("auto", None)):
            for seed in range(seeds):
                chosen = {"pipeline": pipeline, "seed": seed}
                found = mitigated_probabilities(device, *given, shots=shots, **chosen)
                values = mitigate(device, stated, *given[1:], shots=each, **chosen).values[0]
                state = (1 + float(values @ expected)) / 2 ** len(wires)
                fidelities = {"distribution": float(hellinger_fidelity(likely, found))}
                fidelities["state"] = 1 - abs(1 - state)
                yield from (
                    {"task": name, "of": of, "how": how, "fidelity": fidelity}
                    for of, fidelity in fidelities.items()
                )


def headline_table(rows: pd.DataFrame) -> pd.DataFrame:
    """5th percentiles; last, over all tasks together whose mean raw fidelity is below .95."""
    least = rows.groupby(["task", "of", "how"], sort=False)["fidelity"].quantile(0.05)
    raw = rows[rows["how"] == "raw"].groupby(["task", "of"])["fidelity"].mean()
    low = rows[raw.loc[pd.MultiIndex.from_frame(rows[["task", "of"]])].to_numpy() < 0.95]
    whole = low.groupby(["of", "how"])["fidelity"].quantile(0.05)
    found = least.unstack(["of", "how"])
    found.loc["raw below .95"] = whole
    return found


def export(path: Path) -> None:
    path.write_text(
        json.dumps(
            [
                {
                    "noise": noise,
                    "task": name,
                    "program": to_openqasm(laid(circuit)),
                    "observables": [vars(each) for each in laid(circuit).observables],
                    "exact": exactly(circuit)[0].tolist(),
                }
                for noise, (_, laid) in NOISE.items()
                for name, circuit in tasks().items()
            ],
            indent=1,
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noise", nargs="+", choices=NOISE, default=list(NOISE))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--shots", type=int, default=0, help="in all; 0: exact probabilities")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--mitiq", type=Path, help="its rows, JSON")
    parser.add_argument("--export", type=Path, help="write the circuits, and stop")
    parser.add_argument("--headline", action="store_true", help="fidelities instead of errors")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.export:
        export(chosen.export)
        return
    columns = ["noise", "shots", "task", "method", "error"]
    mitiq = pd.read_json(chosen.mitiq) if chosen.mitiq else pd.DataFrame(columns=columns)
    for noise in chosen.noise:
        print(f"\n{noise}, {chosen.shots or 'exact'} shots, {chosen.seeds} seeds, simulated")
        if chosen.headline:
            rows = pd.DataFrame(headline(noise, chosen.shots, chosen.seeds))
            print(headline_table(rows).to_string(float_format="{:.4f}".format))
            continue
        rows = pd.DataFrame(measured(noise, chosen.methods, chosen.shots or None, chosen.seeds))
        beside = mitiq[(mitiq["noise"] == noise) & (mitiq["shots"] == chosen.shots)]
        print(table(rows, beside).to_string(float_format="{:.4g}".format, na_rep=""))


if __name__ == "__main__":
    main()
