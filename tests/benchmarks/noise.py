"""What gate errors and finite shots cost a task, and what solving its readout again recovers.

    uv run python tests/benchmarks/noise.py volatility [--seeds 3] [--output noise.png]

Tasks are volatility, solubility, hydration and affinity. A model is solved on the training part
before the first test row, with exact circuits. On the test rows it answers with exact circuits;
with an error after each gate, or so many shots for each value of a circuit; with a readout that was
solved again on the training rows under the same; and with settings and penalty chosen for it, too.
All simulated.
"""

import argparse
import copy
from pathlib import Path

import numpy as np
import torch

from qmann_core import plots
from qmann_core.nn import FeatureCircuits, add_noise, build_network
from qmann_core.training import derive, qlike, seeded
from qmann_drug import TASKS as DRUG
from qmann_finance import TASKS as FINANCE

TASKS = {**FINANCE, **DRUG}
ERRORS, SHOTS = (0.001, 0.003, 0.01, 0.03), tuple(2**k for k in range(8, 17, 2))
COLUMNS = ("as solved", "solved again", "chosen anew")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=("volatility", "solubility", "hydration", "affinity"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="a picture")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    task = TASKS[arguments.task]
    config = task.configured("standard")
    samples = task.features(task.demo(config.application), config.application)
    samples = samples[samples.known]
    folds = task.split(samples, config.application)
    train, test = samples[folds[0].train], samples[np.concatenate([f.test for f in folds])]
    rows = [losses(task, config, train, test, seed) for seed in range(arguments.seeds)]
    exact, found = np.mean([row[0] for row in rows]), np.mean([row[1] for row in rows], axis=0)
    name = "QLIKE" if task.name == "volatility" else "RMSE"
    print(f"{name} of {len(test)} rows, mean of {arguments.seeds} seeds; exact: {exact:.4f}")
    print(f"{'circuits':>18}" + "".join(f"{column:>14}" for column in COLUMNS))
    labels = [f"error {rate:.1%}" for rate in ERRORS] + [f"{shots} shots" for shots in SHOTS]
    for label, values in zip(labels, found, strict=True):
        print(f"{label:>18}" + "".join(f"{value:>14.4f}" for value in values))
    near = [
        shots
        for shots, row in zip(SHOTS, found[len(ERRORS) :], strict=True)
        if row[2] <= 1.01 * exact
    ]
    print(f"Fewest of these shots within 1 % of exact circuits: {min(near, default='none')}")
    if arguments.output:
        draw(task, name, exact, found).savefig(arguments.output, dpi=150)


@torch.no_grad()
def losses(task, config, train, test, seed):
    """Of exact circuits, and for each error and number of shots, of the three columns."""
    with seeded(derive(seed, 0), torch.device("cpu")):
        network = build_network(config, train, task.head).eval()
    network.choose(train)
    found = []
    for error, shots in (*((e, None) for e in ERRORS), *((None, n) for n in SHOTS)):
        other = copy.deepcopy(network)
        if error is not None:
            add_noise(other, error)
        for part in other.modules():
            if isinstance(part, FeatureCircuits):
                part.shots = shots
        row = [loss(task, other, test)]
        for fit in (other.fit_statistics, other.choose):
            fit(train)
            row.append(loss(task, other, test))
        found.append(row)
    return loss(task, network, test), found


def loss(task, network, samples):
    outputs = network.head.decode(network(samples.x, samples.regressors))
    y = samples.y.double().numpy()
    if task.name == "volatility":
        return float(qlike(outputs["scale"][:, 0].double().square().numpy(), y[:, 1]).mean())
    return float(np.sqrt(np.square(outputs["location"].double().numpy() - y).mean()))


def draw(task, name, exact, found):
    figure, both = plots.panels(f"{task.summary}, circuits simulated", ["errors", "shots"])
    parts = np.split(found, [len(ERRORS)])
    about = zip(both, (ERRORS, SHOTS), parts, ("chance of an error a gate", "shots"), strict=True)
    for axes, at, values, label in about:
        axes.axhline(exact, color=plots.GREY, ls="--", label="exact circuits")
        colours = plots.RED, plots.BLUE, plots.ORANGE
        for column, line, colour in zip(COLUMNS, values.T, colours, strict=True):
            plots.curve(axes, at, line, marker="o", color=colour, label=column)
        axes.set(xscale="log", xlabel=label, ylabel=f"{name}, lower is better")
    both[0].legend(frameon=False)
    return figure


if __name__ == "__main__":
    main()
