"""Results as tables, as JSON and as a picture."""

import dataclasses
import json
import statistics

from engine_peers.methods import METHODS, OURS
from engine_peers.workloads import SEQUENCES, W1, W2, W3

from .targets import medians

COLUMNS = tuple(workload.name for workload in (*W1, W2, W3))


def print_times(times):
    """Medians of CPU milliseconds, and beneath them the ratios to ours."""
    names = [name for name in COLUMNS if name in times]
    if not names:
        return
    methods = list(dict.fromkeys(m for name in names for m in times[name]))
    rows, ratios = [], []
    for method in methods:
        cells = [times[name].get(method) for name in names]
        ours = [times[name]["qmann"].median for name in names]
        rows.append([METHODS[method].label, *(_number(cell and cell.median) for cell in cells)])
        ratios.append(
            [METHODS[method].label]
            + [
                _number(cell.median / own if cell and cell.median and own else None)
                for cell, own in zip(cells, ours, strict=True)
            ]
        )
    _table(["CPU ms, median", *names], rows)
    _table(["times QMANN, auto", *names], ratios)
    _notes(times, names)


def print_sequences(times):
    """Cost of QuantumLSTM in units of nn.LSTM's, by qubits and hidden size."""
    present = [workload for workload in SEQUENCES if workload.name in times]
    rows = []
    for workload in present:
        ours, pytorch, lstm = medians(times, workload, ("qmann", "qmann-torch", "lstm"))
        ratios = [_number(m / lstm if m and lstm else None) for m in (ours, pytorch)]
        cells = [workload.n_wires, workload.hidden, _number(ours), _number(pytorch), _number(lstm)]
        rows.append([*map(str, cells), *ratios])
    if rows:
        heads = ["qubits", "hidden", "QMANN ms", "PyTorch path ms", "LSTM ms", "QMANN / LSTM"]
        _table([*heads, "PyTorch path / LSTM"], rows)
        _notes(times, [workload.name for workload in present])


def print_numbers(title, unit, numbers):
    """One line for each name; a text says why there is no number."""
    if numbers:
        _table([title, unit], [[name, _number(value)] for name, value in numbers.items()])


def print_targets(found):
    measured = [target for target in found if target.measured is not None]
    rows = [
        [t.name, _number(t.measured), f"{t.bound} {t.limit:g} {t.unit}", t.verdict]
        for t in measured
    ]
    _table(["target", "measured", "required", ""], rows)
    print(f"not measured in this run: {len(found) - len(measured)} of {len(found)} targets")


def write_json(file, about, times, memory, planning, found):
    cells = {
        workload: {method: _cell(cell) for method, cell in row.items()}
        for workload, row in times.items()
    }
    judged = [dataclasses.asdict(target) | {"verdict": target.verdict} for target in found]
    results = {
        "about": about,
        "milliseconds": cells,
        "megabytes": memory,
        "planning_milliseconds": planning,
        "targets": judged,
    }
    file.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def draw(file, times):
    """Medians on a logarithmic axis: W1 by size, W2 and W3 as bars."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    layers = [workload.name for workload in W1 if workload.name in times]
    bars = [workload.name for workload in (W2, W3) if workload.name in times]
    panels = [layers] * bool(layers) + [[name] for name in bars]
    if not panels:
        return
    widths = [2.2 if len(panel) > 1 else 1 for panel in panels]
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(4.2 * sum(widths), 5.2),
        width_ratios=widths,
        squeeze=False,
        layout="constrained",
    )
    for axis, panel in zip(axes[0], panels, strict=True):
        (_lines if panel is layers else _bars)(axis, times, panel)
    figure.savefig(file, dpi=150)
    plt.close(figure)


def _lines(axis, times, names):
    methods = list(dict.fromkeys(m for name in names for m in times[name]))
    for method in methods:
        heights = [cell.median if (cell := times[name].get(method)) else None for name in names]
        ours = METHODS[method].kind == "ours"
        axis.plot(
            range(len(names)),
            [float("nan") if height is None else height for height in heights],
            color=_colour(method),
            marker="o",
            linewidth=2.5 if ours else 1.2,
            linestyle="-" if ours else "--",
            label=METHODS[method].label,
        )
    axis.set_xticks(range(len(names)), [name.removeprefix("W1 ") for name in names])
    axis.set(xlabel="(qubits, batch)", ylabel="CPU ms, forward and backward", yscale="log")
    axis.set_title("W1: quantum layer")
    axis.legend(fontsize="x-small", loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)
    axis.grid(alpha=0.3)


def _bars(axis, times, names):
    (name,) = names
    found = {method: cell.median for method, cell in times[name].items() if cell.median}
    ordered = sorted(found, key=found.get, reverse=True)
    drawn = axis.barh(
        [METHODS[method].label for method in ordered],
        [found[method] for method in ordered],
        color=[_colour(method) for method in ordered],
    )
    axis.bar_label(drawn, fmt=_number, padding=2, fontsize="x-small")
    axis.tick_params(axis="y", labelsize="x-small")
    axis.set(xlabel="CPU ms", xscale="log")
    if found:
        axis.set_xlim(min(found.values()) / 2, max(found.values()) * 4)
    titles = {W2.name: "W2: QLSTM training step", W3.name: "W3: amplitude encoding"}
    axis.set_title(titles[name])


def _colour(method):
    """The same in every panel and every run."""
    if METHODS[method].kind == "ours":
        return ("tab:red", "tab:orange", "gold")[OURS.index(method)]
    palette = ("black", "0.6", *(f"C{i}" for i in (0, 2, 4, 5, 6, 8, 9)), "navy", "olive")
    return palette[[m for m in METHODS if m not in OURS].index(method)]


def _cell(cell):
    low, high = (min(cell.times), max(cell.times)) if cell.times else (None, None)
    middle = statistics.median(cell.times) if cell.times else None
    return {
        "median": middle,
        "fastest": low,
        "slowest": high,
        "steps": len(cell.times),
        "relative_error": cell.error,
        "note": cell.note,
    }


def _notes(times, names):
    for name in names:
        for method, cell in times[name].items():
            if cell.note:
                print(f"  {name}, {METHODS[method].label}: {cell.note}")


def _number(value):
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _table(heads, rows):
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    print()
    for row in [heads, *rows]:
        first, *rest = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((first, *rest)).rstrip())
