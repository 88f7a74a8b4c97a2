"""What gate errors cost a forecast of variance, and what solving the readout again recovers.

    uv run python tests/benchmarks/noise.py [--demo sp500] [--seeds 3] [--output noise.png]

A reservoir is solved on the training part before the first test day, with exact circuits. On the
days after that it answers with exact circuits, with a depolarising error after each gate, and with
the same error and a readout that was solved again on the training days under it. All simulated.
"""

import argparse
import copy
from pathlib import Path

import numpy as np
import torch

from qmann_core import plots
from qmann_core.nn import add_noise, build_network
from qmann_core.training import derive, qlike, seeded
from qmann_finance import VOLATILITY

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", default="sp500")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="a picture")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    config = VOLATILITY.configured("standard", demo=arguments.demo)
    samples = VOLATILITY.features(VOLATILITY.demo(config.application), config.application)
    samples = samples[samples.known]
    folds = VOLATILITY.split(samples, config.application)
    train, test = samples[folds[0].train], samples[np.concatenate([f.test for f in folds])]
    rows = np.array([losses(config, train, test, seed) for seed in range(arguments.seeds)])
    exact, noisy, again = rows[:, 0, 0].mean(), *rows.mean(axis=0)[1:].T
    print(
        f"QLIKE of {len(test)} days, mean of {arguments.seeds} seeds; exact circuits: {exact:.4f}"
    )
    print(f"{'error a gate':>12}{'as solved':>12}{'solved again':>14}")
    for rate, before, after in zip(RATES, noisy, again, strict=True):
        print(f"{rate:>12.2%}{before:>12.4f}{after:>14.4f}")
    if arguments.output:
        draw(arguments.demo, exact, noisy, again).savefig(arguments.output, dpi=150)


@torch.no_grad()
def losses(config, train, test, seed):
    """For no error and each rate, QLIKE as solved and solved again."""
    with seeded(derive(seed, 0), torch.device("cpu")):
        network = build_network(config, train, VOLATILITY.head, "hybrid").eval()
    network.choose(train)
    found = [(loss(network, test),) * 2]
    for rate in RATES:
        noisy = copy.deepcopy(network)
        add_noise(noisy, rate)
        before = loss(noisy, test)
        noisy.fit_statistics(train)
        found.append((before, loss(noisy, test)))
    return found


def loss(network, samples):
    variance = network(samples.x, samples.regressors).exp()[:, 0]
    return float(qlike(variance.double().numpy(), samples.y[:, 1].double().numpy()).mean())


def draw(name, exact, noisy, again):
    figure, (axes,) = plots.panels("Next day's variance, circuits simulated", [name])
    axes.axhline(exact, color=plots.GREY, ls="--", label="exact circuits")
    plots.curve(axes, RATES, noisy, marker="o", color=plots.RED, label="as solved")
    plots.curve(axes, RATES, again, marker="s", label="readout solved again")
    axes.set(xscale="log", xlabel="chance of an error after each gate")
    axes.set(ylabel="QLIKE, lower is better")
    axes.legend(frameon=False)
    return figure


if __name__ == "__main__":
    main()
