"""Cost of a training step of a `QuantumLSTM` beside its classical twin's, on real prices.

    uv run python tests/benchmarks/training_step.py

Both take the same batches of the forecast preset in turn, on one thread; the figures are medians of
CPU milliseconds for forward pass, loss, backward pass, clipping and optimiser step.
"""

import argparse
import statistics
import time

import torch

from qmann_core.base import classical_parameters, quantum_parameters
from qmann_core.nn import build_network
from qmann_finance import FORECAST, demo_prices

NETWORKS = {"hybrid": None, "classical": "classical", "separable": "separable"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="standard", choices=list(FORECAST.presets))
    parser.add_argument("--steps", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = FORECAST.preset(arguments.preset)
    recurrent = config.classical.model_copy(update={"controller": "lstm"})
    config = config.model_copy(update={"classical": recurrent})
    samples = FORECAST.features(demo_prices("sp500"), config.application)
    samples = samples[samples.known]
    networks = {
        name: build_network(config, samples, FORECAST.head, twin) for name, twin in NETWORKS.items()
    }
    steps = {}
    for name, network in networks.items():
        network.fit_statistics(samples)
        steps[name] = stepper(network, samples, config.hybrid)
    times = {name: [] for name in NETWORKS}
    for number in range(arguments.steps):
        rows = torch.arange(number, number + config.hybrid.batch_size) % len(samples)
        for name, step in steps.items():  # interleaved: a busy machine slows all alike
            started = time.process_time()
            step(rows)
            times[name].append(1e3 * (time.process_time() - started))
    twin = statistics.median(times["classical"])
    print(f"{'model':<12}{'parameters':>12}{'ms a step':>12}{'ratio':>8}")
    for name, network in networks.items():
        middle = statistics.median(times[name])
        print(f"{name:<12}{network.parameter_count():>12}{middle:>12.2f}{middle / twin:>8.2f}")


def stepper(network, samples, hybrid):
    optimiser = torch.optim.AdamW(
        [
            {"params": list(classical_parameters(network)), "lr": hybrid.learning_rate},
            {"params": list(quantum_parameters(network)), "lr": hybrid.quantum_learning_rate},
        ],
        fused=True,
    )

    def step(rows):
        optimiser.zero_grad()
        network.head.loss(
            network(samples.x[rows], samples.regressors[rows]), samples.y[rows], {}
        ).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), hybrid.clip_norm)
        optimiser.step()

    return step


if __name__ == "__main__":
    main()
