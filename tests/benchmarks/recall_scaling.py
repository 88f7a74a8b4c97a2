"""How the counted calls of a recall grow with the size of the memory.

    uv run python tests/benchmarks/recall_scaling.py [--runs 1000] [--plot PNG]

One match among N = 2^6 .. 2^20 entries, by every schedule; searches are simulated exactly, calls
are counted. A call is one use of the oracle on the state or one classical check of what was
measured, because a scan counts the same. Random searches (BBHT, Durr-Hoyer) are means over seeded
runs. Then the same search with its gates, for whoever has no QRAM. About half a minute.
"""

import argparse
from pathlib import Path

import numpy as np

from qmann_core.memory.hardware import Hard, Registers, grover, recall_counts
from qmann_core.memory.keys.predicates import Equal
from qmann_core.memory.search import bbht, durr_hoyer, exact, fixed_point, known

SIZES = 2 ** np.arange(6, 21)
DELTA = 0.1
WIDTH = 20  # bits of a key
TOLERANCE = 0.02
FROM = 2**13
PLOT = Path(__file__).parents[2] / ".benchmarks" / "results" / "recall_scaling.png"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="of each random search")
    parser.add_argument("--plot", type=Path, default=PLOT, metavar="PNG", help=f"default: {PLOT}")
    arguments = parser.parse_args()
    generator, runs = np.random.default_rng(0), arguments.runs
    single = {
        "known M": known,
        "exact": exact,
        "fixed point": lambda p0: fixed_point(p0, p0, DELTA),
    }
    counted = {name: [cost([schedule(1 / n)]) for n in SIZES] for name, schedule in single.items()}
    counted["BBHT"] = [cost(random_searches(int(n), runs, generator)) for n in SIZES]
    counted["Durr-Hoyer"] = [top_one(int(n), runs, generator) for n in SIZES]
    gates = [recall_gates(int(n)) for n in SIZES]
    calls = {name: [both for both, _ in costs] for name, costs in counted.items()}
    bare = {name: [alone for _, alone in costs] for name, costs in counted.items()}
    report(calls, bare, runs)
    report_gates(gates)
    draw(calls, gates, arguments.plot)
    print(f"\npicture: {arguments.plot}")


def random_searches(n, runs, generator):
    return [bbht(1 / n, generator, lower_bound=1 / n) for _ in range(runs)]


def cost(searches):
    """Mean calls, with the classical checks and without."""
    assert all(search.found for search in searches)
    return (
        np.mean([search.evaluations for search in searches]),
        np.mean([search.oracle_calls for search in searches]),
    )


def top_one(n, runs, generator):
    """The same for the entry of largest fidelity, the search in vain at the end included."""
    fidelities = np.linspace(1, 0, n)  # only ranks matter
    tops = [durr_hoyer(fidelities, 1, generator) for _ in range(runs)]
    assert all(top.indices[0] == 0 for top in tops)
    alone = np.mean([top.oracle_calls for top in tops])
    # an attempt with k calls has 2 k + 1 preparations and one check; the start has one of each
    return np.mean([top.preparations for top in tops]) - alone, alone


def recall_gates(n):
    """Gates of the known schedule with loaders made of gates, and those besides the loaders."""
    layout = Registers("basis", WIDTH, n_address=n.bit_length() - 1)
    asked = Hard(Equal((1,) * WIDTH))
    counts = recall_counts(layout, n, asked, grover(known(1 / n).oracle_calls))
    return counts.total.total, counts.besides_loader.total


def exponent(values, start=0):
    """Slope of a straight line through the logarithms, from a size on."""
    chosen = start <= SIZES
    return np.polyfit(np.log(SIZES[chosen]), np.log(values)[chosen], 1)[0]


def report(calls, bare, runs):
    print(f"Counted calls to find 1 of N entries; simulated; means of {runs} runs where random\n")
    print(f"{'N':>9}{'sqrt N':>12}" + "".join(f"{name:>13}" for name in calls))
    for row, n in enumerate(SIZES):
        figures = (f"{values[row]:>13.1f}" for values in calls.values())
        print(f"{n:>9}{np.sqrt(n):>12.0f}" + "".join(figures))
    fits = {name: exponent(values) for name, values in calls.items()}
    lines = {
        "exponent": [f"{fit:.3f}" for fit in fits.values()],
        f"0.50 +- {TOLERANCE}": [
            "holds" if abs(fit - 0.5) <= TOLERANCE else "MISSED" for fit in fits.values()
        ],
        "calls / sqrt N": [f"{values[-1] / np.sqrt(SIZES[-1]):.2f}" for values in calls.values()],
        "without checks": [f"{exponent(values):.3f}" for values in bare.values()],
        f"from {FROM} on": [f"{exponent(values, FROM):.3f}" for values in bare.values()],
    }
    for name, cells in lines.items():
        print(f"{name:>21}" + "".join(f"{cell:>13}" for cell in cells))
    print(
        "\nThe last two rows are the exponents of the sum of k alone. Where N is small many\n"
        "attempts of BBHT have k = 0 and look free, which makes its line too steep; the\n"
        "classical check after each attempt is a call, too, and a scan makes N of them."
    )


def report_gates(gates):
    loaded, besides = zip(*gates, strict=True)
    print(f"\nThe same search in gates, M known, keys of {WIDTH} bits\n")
    print(f"{'N, a scan':>9}{'gates, no QRAM':>18}{'for each key':>14}{'besides the loader':>20}")
    for n, total, rest in zip(SIZES, loaded, besides, strict=True):
        print(f"{n:>9}{total:>18,}{total / n:>14,.0f}{rest:>20,}")
    for name, start in (("exponent", 0), (f"from {FROM}", FROM)):
        fits = exponent(loaded, start), exponent(besides, start)
        print(f"{name:>9}{fits[0]:>18.3f}{'':>14}{fits[1]:>20.3f}")
    print(
        "\nWithout a QRAM each of the 2 k + 1 loader calls is O(N) gates: the search is O(N^1.5),\n"
        "worse than a scan. No QRAM of this size exists. On a simulator a search is O(N d), as a\n"
        "scan is."
    )


def draw(calls, gates, place):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    marks = dict(zip(calls, "osd^v", strict=True))
    for name, values in calls.items():
        label = f"{name}: N^{exponent(values):.2f}"
        left.loglog(SIZES, values, marker=marks[name], markersize=4, label=label)
    left.loglog(SIZES, np.sqrt(SIZES), "k--", linewidth=1, label="sqrt(N)")
    left.loglog(SIZES, SIZES, "k:", linewidth=1, label="N, a scan")
    left.set(title="Calls to find 1 of N, counted (simulated)", xlabel="entries N", ylabel="calls")
    loaded, besides = zip(*gates, strict=True)
    right.loglog(SIZES, loaded, "o-", markersize=4, label=f"no QRAM: N^{exponent(loaded):.2f}")
    right.loglog(SIZES, besides, "s-", markersize=4, label="besides the loader (QRAM)")
    right.loglog(SIZES, SIZES, "k:", linewidth=1, label="keys that a scan compares")
    right.set(title="The same search in gates, M known", xlabel="entries N", ylabel="gates")
    for axes in (left, right):
        axes.legend(fontsize=8, frameon=False)
    place.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(place, dpi=130)


if __name__ == "__main__":
    main()
