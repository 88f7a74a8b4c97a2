"""Networks with a quantum memory, a classical memory and none, on tasks that need a memory.

    uv run python tests/benchmarks/memory_tasks.py
    uv run python tests/benchmarks/memory_tasks.py --tasks recall --models lstm long

The quantum memory is simulated; the controller is nn.LSTM except in the row that says otherwise.
The other networks have the smallest hidden state with which they have at least as many parameters
as the one with the quantum memory. All get the same number of steps and the same samples, and the
best of the same learning rates, chosen on samples that are not those of the reported accuracy.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from itertools import count

import torch
from memory_tasks_bench.tasks import SILENT, TASKS
from torch import nn

from qmann_core.config import QuantumConfig
from qmann_core.nn.memory_network import MemoryNetwork

QUBITS, COPIES = 4, 2


@dataclass(frozen=True)
class Model:
    name: str
    memory: str
    steps: int = 1  # times as many as the others
    circuits: bool = False


MODELS = {
    "quantum": Model("quantum memory", "quantum"),
    "classical": Model("classical memory", "classical"),
    "lstm": Model("LSTM", "off"),
    "long": Model("LSTM, 10 x the steps", "off", steps=10),
    "hybrid": Model("quantum memory, QuantumLSTM", "quantum", circuits=True),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument(
        "--models", nargs="+", choices=MODELS, default=["quantum", "classical", "lstm"]
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=16)
    parser.add_argument("--rates", nargs="+", type=float, default=[0.01, 0.03])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{arguments.steps} steps of {arguments.batch} new samples; {QUBITS} qubits, ", end="")
    print(f"{COPIES} copies a key; median (least to greatest) of {arguments.seeds} seeds")
    for name in arguments.tasks:
        show(TASKS[name], [MODELS[m] for m in arguments.models], arguments)


def show(task, models, arguments):
    print(f"\n{task.name}")
    head = f"{'model':<29}{'hidden':>7}{'parameters':>12}{'rate':>7}"
    print(f"{head}{'accuracy':>10}{'(range)':>22}{'CPU s a run':>13}")
    for model in models:
        hidden = matched(task, model, arguments.hidden)
        started = time.process_time()
        runs = {
            rate: [trained(task, model, hidden, rate, s, arguments) for s in range(arguments.seeds)]
            for rate in arguments.rates
        }
        seconds = time.process_time() - started
        rate = max(runs, key=lambda r: statistics.mean(chosen for chosen, _ in runs[r]))
        scores = [reported for _, reported in runs[rate]]
        size = build(task, model, hidden).parameter_count()
        spread = f"({min(scores):.2%} to {max(scores):.2%})"
        print(
            f"{model.name:<29}{hidden:>7}{size:>12}{rate:>7g}{statistics.median(scores):>10.2%}"
            f"{spread:>22}{seconds / arguments.seeds / len(runs):>13.1f}",
            flush=True,
        )


def build(task, model, hidden):
    return MemoryNetwork(
        task.n_tokens,
        hidden,
        task.n_classes,
        memory=model.memory,
        n_qubits=QUBITS,
        copies=COPIES,
        controller=QuantumConfig(n_qubits=6) if model.circuits else None,
    )


def matched(task, model, hidden):
    """Smallest hidden size with at least the parameters of the quantum memory's network."""
    target = build(task, MODELS["quantum"], hidden).parameter_count()
    return next(h for h in count(1) if build(task, model, h).parameter_count() >= target)


def trained(task, model, hidden, rate, seed, arguments):
    """Accuracies on the samples for choosing a rate and on those for the report."""
    torch.manual_seed(seed)
    network = build(task, model, hidden)
    draws = torch.Generator().manual_seed(1000 + seed)
    steps = arguments.steps * model.steps
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.05)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(network, task, *task.draw(arguments.batch, draws)).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return tuple(accuracy(network, task, torch.Generator().manual_seed(s)) for s in (1, 2))


def outputs(network, task, tokens):
    return network(nn.functional.one_hot(tokens, task.n_tokens).float())


def loss(network, task, tokens, targets):
    raw = outputs(network, task, tokens).flatten(0, 1)
    return nn.functional.cross_entropy(raw, targets.flatten(), ignore_index=SILENT)


@torch.no_grad()
def accuracy(network, task, generator, samples=4000):
    """Share of right answers among the steps that expect one."""
    tokens, targets = task.draw(samples, generator)
    asked = targets != SILENT
    return (outputs(network, task, tokens).argmax(-1) == targets)[asked].double().mean().item()


if __name__ == "__main__":
    main()
