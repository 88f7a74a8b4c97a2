"""Every kind of model of a task side by side: what it loses, what circuits carry, what it takes.

    uv run python tests/benchmarks/families.py volatility [--seed 0]
    uv run python tests/benchmarks/families.py solubility hydration affinity activity

The default, what is taken away from it (entanglement, circuits), half of its prior variance given
to its classical twin, circuits that are trained, other circuits and readouts, one register of a
device, and the baselines. All simulated.
"""

import argparse

from qmann_core.tasks.assessment import Assessment
from qmann_drug import TASKS as DRUG
from qmann_finance import TASKS as FINANCE

TASKS = {**FINANCE, **DRUG}
BOTH = [
    ("default", None, {}),
    ("no entanglement", "separable", {}),
    ("classical twin", "classical", {}),
    ("quantum_ratio .5", None, {"hybrid": {"quantum_ratio": 0.5}}),
    ("trained circuits", None, {"hybrid": {"circuit_steps": 20}}),
]
OTHERS = {
    "finance": [("LSTM that corrects", None, {"classical": {"controller": "lstm"}})],
    "drug": [
        ("fidelity kernel", None, {"quantum": {"kernel": "fidelity"}}),
        ("forest of circuits", None, {"classical": {"readout": "forest"}}),
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", nargs="+", choices=TASKS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for name in arguments.task:
        show(TASKS[name], arguments.seed, "finance" if name in FINANCE else "drug")


def show(task, seed, domain):
    config = task.configured("standard", seed=seed)
    assessment = Assessment(task, task.demo(config.application), config)
    print(f"{task.name:<24}{'loss':>9}{'carried':>9}{'rise':>8}{'not linear':>12}{'s':>7}")
    for label, twin, changes in BOTH + OTHERS[domain]:
        parts = {
            part: getattr(config, part).model_copy(update=change)
            for part, change in changes.items()
        }
        line(label, assessment.with_config(config.model_copy(update=parts)), twin)
    hardware = task.configured("hardware", seed=seed)
    line("preset hardware", assessment.with_config(hardware))
    for name in task.baselines:
        print(f"{name:<24}{assessment.losses(assessment.baseline(name)).mean():9.4f}", flush=True)


def line(label, assessment, twin=None):
    found = assessment.network(twin)
    part, text = found.contribution, " " * 29
    if part is not None:
        text = f"{part.share:9.1%}{part.rise:8.3f}{part.nonlinear:12.1%}"
    loss = assessment.losses(found.score).mean()
    print(f"{label:<24}{loss:9.4f}{text}{found.seconds:7.1f}", flush=True)


if __name__ == "__main__":
    main()
