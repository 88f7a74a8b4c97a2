"""Statistics of compositions by hand and by a slow loop; folds that part no family."""

import math

import numpy as np
import pytest
from drawn_alloys import PAIRS
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame

from qmann_core.errors import DataError
from qmann_materials.compositions import fractions
from qmann_materials.config import MaterialsConfig
from qmann_materials.data import load_materials
from qmann_materials.elements import PROPERTIES, SYMBOLS, element_table
from qmann_materials.features import (
    family,
    imputed_table,
    material_folds,
    material_samples,
    settle,
    statistics,
)
from qmann_materials.formulas import parse_formula, standard_formula

P = len(PROPERTIES)
COMPOSITIONS = st.dictionaries(
    st.sampled_from(SYMBOLS), st.floats(0.05, 20), min_size=1, max_size=6
).map(lambda amounts: "".join(f"{symbol}{n:.6f}" for symbol, n in amounts.items()))


def table(**columns):
    given = {"formula": PAIRS, "y": np.sin(np.arange(len(PAIRS)))}
    return load_materials(DataFrame(given | columns), target="y")


def names(formulas):
    return dict(zip(NAMES, statistics(fractions(formulas)).T, strict=True))


NAMES = [
    *(f"{kind} {name}" for kind in ("mean", "deviation", "most", "least") for name in PROPERTIES),
    *("elements", "norm 2", "norm 3", "norm 5", "norm 7", "norm 10"),
    *("s", "p", "d", "f", "most ionic", "mean ionic", *SYMBOLS),
]


def test_rust_and_iron_by_hand():
    """Electronegativities of Fe and O 1.83 and 3.44, masses 55.845 and 15.999; valence 8 and 6."""
    found = names(["Fe2O3", "Fe"])
    x = np.array([0.4, 0.6])
    expected = {
        "mean AtomicWeight": 0.4 * 55.845 + 0.6 * 15.999,
        "deviation AtomicWeight": 2 * 0.4 * 0.6 * (55.845 - 15.999),
        "most Electronegativity": 3.44,
        "least Electronegativity": 1.83,
        "elements": 2,
        "norm 3": (x**3).sum() ** (1 / 3),
        "s": 2 / 6.8,  # of 0.4 * (2 s, 6 d) and 0.6 * (2 s, 4 p)
        "p": 2.4 / 6.8,
        "d": 2.4 / 6.8,
        "f": 0,
        "most ionic": 1 - math.exp(-((3.44 - 1.83) ** 2) / 4),
        "mean ionic": 2 * 0.24 * (1 - math.exp(-((3.44 - 1.83) ** 2) / 4)),
        "Fe": 0.4,
        "O": 0.6,
    }
    for name, value in expected.items():
        assert found[name][0] == pytest.approx(value, rel=1e-4), name
    iron = imputed_table()[0][SYMBOLS.index("Fe")]
    for kind, values in {"mean": iron, "most": iron, "least": iron, "deviation": 0 * iron}.items():
        of_iron = [found[f"{kind} {name}"][1] for name in PROPERTIES]
        np.testing.assert_allclose(of_iron, values, atol=1e-9)
    assert [found[name][1] for name in ("elements", "norm 7", "mean ionic", "Fe")] == [1, 1, 0, 1]


def by_loops(formula):
    """The same of one material, an element and a pair at a time."""
    amounts = parse_formula(formula)
    x = {symbol: n / sum(amounts.values()) for symbol, n in amounts.items()}
    rows = {symbol: imputed_table()[0][SYMBOLS.index(symbol)] for symbol in x}
    mean = [sum(x[s] * rows[s][k] for s in x) for k in range(P)]
    found = [
        *mean,
        *(sum(x[s] * abs(rows[s][k] - mean[k]) for s in x) for k in range(P)),
        *(max(rows[s][k] for s in x) for k in range(P)),
        *(min(rows[s][k] for s in x) for k in range(P)),
        len(x),
        *(sum(part**p for part in x.values()) ** (1 / p) for p in (2, 3, 5, 7, 10)),
    ]
    shells = [mean[PROPERTIES.index(f"N{shell}Valence")] for shell in "spdf"]
    place = PROPERTIES.index("Electronegativity")
    ionic = {
        (a, b): 1 - math.exp(-((rows[a][place] - rows[b][place]) ** 2) / 4) for a in x for b in x
    }
    mixed = sum(x[a] * x[b] * value for (a, b), value in ionic.items())
    found += [*(n / sum(shells) for n in shells), max(ionic.values()), mixed]
    return [*found, *(x.get(symbol, 0) for symbol in SYMBOLS)]


@given(st.lists(COMPOSITIONS, min_size=1, max_size=4))
@settings(max_examples=25)
def test_statistics_are_those_of_a_slow_loop(formulas):
    found = statistics(fractions(formulas))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, [by_loops(each) for each in formulas], rtol=1e-9, atol=1e-9)


@given(COMPOSITIONS, st.sampled_from([2, 3, 0.5]))
@settings(max_examples=25)
def test_it_does_not_matter_how_a_composition_is_written(formula, times):
    amounts = parse_formula(formula)
    other = "".join(f"{s}{times * n:.7f}" for s, n in reversed(amounts.items()))
    same = np.abs(statistics(fractions([formula, f"2({formula})3", other])))
    np.testing.assert_allclose(same, same[[0] * 3], rtol=1e-5, atol=1e-9)
    assert family(other) == family(standard_formula(formula)) == "-".join(sorted(amounts))


def test_missing_properties_count_as_the_mean_of_all():
    filled, missing = imputed_table()
    gaps = np.isnan(element_table())
    assert np.array_equal(missing, gaps.sum(axis=1))
    assert missing.sum() > 0
    assert np.array_equal(filled[~gaps], element_table()[~gaps])
    column = gaps.any(axis=0).argmax()
    expected = element_table()[~gaps[:, column], column].mean()
    assert filled[gaps[:, column], column] == pytest.approx(expected)


def test_samples_have_conditions_beside_statistics_and_classes_in_columns():
    columns = {"heat": [*[20.0, np.nan] * 28, *[5.0] * 28], "way": [*"ab"] * 42, "y": [*"uvw"] * 28}
    given = load_materials(
        DataFrame({"formula": PAIRS, **columns}),
        target="y",
        conditions=["heat", "way"],
        classes=True,
    )
    samples = material_samples(given, MaterialsConfig())
    assert samples.x.shape[-1] == len(NAMES) + 3  # a number, whether it is missing, two words
    beside = samples.x.flatten(1)[:, len(NAMES) :]
    assert beside[0].tolist() == [20, 0, 0]
    assert beside[1, 1:].tolist() == [1, 1]
    assert samples.targets["class"] == ("u", "v", "w")
    assert samples.y[:4].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert samples.label[:2].tolist() == ["AlCo, 20.0, a", "AlCo2, unknown, b"]
    expected = statistics(fractions(given.table["formula"]))
    np.testing.assert_allclose(samples.x.flatten(1)[:, : len(NAMES)], expected, rtol=1e-6)
    settled = MaterialsConfig(**settle(given, MaterialsConfig()))
    again = material_samples(given, settled)
    np.testing.assert_array_equal(again.x, samples.x)


@pytest.mark.parametrize("every", [False, True])
def test_families_are_never_parted(every):
    application = MaterialsConfig(split="family", folds=every)
    samples = material_samples(table(), application)
    assert len(samples.units) == 28
    named = np.array([family(formula) for formula in samples.label])
    assert np.array_equal(np.array(samples.units)[samples.unit], named)
    folds = material_folds(samples, application)
    assert len(folds.rows) == (5 if every else 1)
    for fold in folds.rows:
        train, test = (set(named[each]) for each in (fold.train, fold.test))
        assert not train & test
        assert train | test == set(named)
    tested = np.concatenate([fold.test for fold in folds.rows])
    assert len(np.unique(tested)) == len(tested)
    assert not every or len(tested) == len(samples)


def test_random_folds_test_each_once_and_follow_their_seed():
    every = MaterialsConfig(folds=True, test_fraction=0.25)
    samples = material_samples(table(), every)
    first, again, other = (
        material_folds(samples, every.model_copy(update={"split_seed": seed})) for seed in (0, 0, 1)
    )
    tested = [fold.test for fold in first.rows]
    assert sorted(np.concatenate(tested).tolist()) == list(range(len(samples)))
    assert [len(each) for each in tested] == [21] * 4
    assert all(np.array_equal(a.test, b.test) for a, b in zip(first.rows, again.rows, strict=True))
    assert not np.array_equal(first.rows[0].test, other.rows[0].test)


def test_a_cluster_is_tested_at_once_on_what_is_unlike_it():
    application = MaterialsConfig(split="cluster")
    samples = material_samples(table(), application)
    folds = material_folds(samples, application)
    assert len(folds.rows) == 10
    tested = [fold.test for fold in folds.rows]
    assert sorted(np.concatenate(tested).tolist()) == list(range(len(samples)))
    x = statistics(fractions(PAIRS))
    x = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    within = sum(np.square(x[rows] - x[rows].mean(axis=0)).sum() for rows in tested)
    assert within < 0.6 * np.square(x).sum()


@pytest.mark.parametrize("column", ["fold", "split"])
def test_folds_are_those_given(column):
    kept = np.arange(len(PAIRS)) % 3
    said = kept if column == "fold" else np.where(kept == 2, "test", "train")
    application = MaterialsConfig(split="given")
    samples = material_samples(table(**{column: said}), application)
    folds = material_folds(samples, application)
    tested = [fold.test.tolist() for fold in folds.rows]
    expected = [np.flatnonzero(kept == fold).tolist() for fold in range(3)]
    assert tested == (expected if column == "fold" else expected[2:])
    with pytest.raises(DataError, match="fold"):
        material_folds(material_samples(table(), application), application)
