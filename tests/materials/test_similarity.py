"""Screening against a normal distribution; similar materials against a scan."""

from types import SimpleNamespace

import numpy as np
import pytest
from drawn_alloys import PAIRS
from pandas import DataFrame
from scipy import stats

from qmann_core.errors import ConfigError, DataError
from qmann_materials import demo_materials, screen, screening, similar_materials
from qmann_materials.compositions import fractions, keys
from qmann_materials.formulas import standard_formula

CAST = "process=CAST"
CANDIDATES = ["Fe", "Fe2Co", "FeCo", "Ni", "NiTi", "Nb", "Xx", "NbTa"]
MEAN = np.array([500.0, 520, 480, 450, 530, 300, np.nan, 350])
SCALE = np.array([30.0, 10, 60, 100, 5, 200, 1, 50])


@pytest.fixture
def _normal(monkeypatch):
    """Predictions are normal distributions."""
    table = DataFrame(
        {"row": np.arange(8) + 1, "material": CANDIDATES, "value": MEAN, "unit": "HV"}
    )
    table["formula"] = [name if name == "Xx" else standard_formula(name) for name in CANDIDATES]
    table["error"] = np.where(np.isnan(MEAN), "no element", "")
    table["domain"] = "inside"

    def predict(candidates, *, conditions, saved, level):
        assert (candidates, conditions, saved) == (CANDIDATES, {"process": "CAST"}, trained)
        for each in level:
            table[f"lo-{each}"], table[f"hi-{each}"] = stats.norm(MEAN, SCALE).interval(each / 100)
        return SimpleNamespace(table=table, typical_error="off", notes=("said",))

    trained = SimpleNamespace(task=SimpleNamespace(name="hardness"))
    monkeypatch.setattr(screening, "load", lambda _: trained)
    monkeypatch.setattr(screening, "predict", predict)


@pytest.mark.usefixtures("_normal")
@pytest.mark.parametrize("below", [False, True])
def test_chances_and_improvements_are_those_of_the_normal_distribution(below):
    found = screen(CANDIDATES, 510, conditions=CAST, below=below)
    table = found.table.set_index("material").loc[[c for c in CANDIDATES if c != "Xx"]]
    kept = ~np.isnan(MEAN)
    sign = -1 if below else 1
    z = sign * (MEAN[kept] - 510) / SCALE[kept]
    chance = table["P(below)" if below else "P(exceeds)"]
    np.testing.assert_allclose(chance, stats.norm.cdf(z), atol=0.025)
    expected = SCALE[kept] * (stats.norm.pdf(z) + z * stats.norm.cdf(z))
    near = np.abs(table["expected improvement"] - expected)
    assert np.all(near < 0.02 * SCALE[kept])
    assert found.notes == ("off", "1 candidates cannot be used", "said")
    assert found.title.endswith(f"promise most {'below' if below else 'above'} 510")


@pytest.mark.usefixtures("_normal")
@pytest.mark.parametrize("k", [1, 3, "50"])
def test_each_next_one_promises_most_and_is_unlike_those_before(k):
    table = screen(CANDIDATES, "510", k, conditions=CAST).table
    assert len(table) == min(int(k), 7)
    promise = screen(CANDIDATES, 510, 7, conditions={"process": "CAST"}).table.set_index(
        "material"
    )["expected improvement"]
    left, chosen = list(promise.index), []
    alike = lambda name: max([0, *(overlap(name, other) for other in chosen)])  # noqa: E731
    for _, row in table.iterrows():
        best = max(left, key=lambda name: promise[name] * (1 - alike(name)))
        worth = promise[row["material"]] * (1 - alike(row["material"]))
        assert worth == pytest.approx(promise[best] * (1 - alike(best)), abs=1e-9)
        assert row["alike"] == pytest.approx(alike(row["material"]), abs=1e-9)
        chosen.append(row["material"])
        left.remove(row["material"])
    assert table["rank"].tolist() == list(range(1, len(table) + 1))


def overlap(a, b):
    x, y = fractions([a, b])
    return np.sqrt(x * y).sum() ** 2


def test_a_model_of_classes_and_numbers_that_are_none_are_refused(phases):
    with pytest.raises(DataError, match="got a model of classes: expected one of values"):
        screen(["CoAl"], 5, saved=phases)
    with pytest.raises(ConfigError, match="got target='high'"):
        screen(["CoAl"], "high")
    with pytest.raises(ConfigError, match="got k=0: expected a whole number from 1"):
        screen(["CoAl"], 5, k=0)


def test_a_model_of_your_own_screens(gaps):
    found = screen(["CoAl", "TaNb", "TaTi"], 1.0, 2, saved=gaps).table
    assert len(found) == 2
    assert set(found["unit"]) == {"eV"}
    assert found["P(exceeds)"].between(0, 1).all()


def test_similar_materials_are_those_of_a_scan():
    query = ["FeCoAl", "q", "NiTi", "NaCl"]
    found = similar_materials(query, PAIRS, 4).table
    library = [standard_formula(each) for each in PAIRS]
    assert found["row"].tolist() == [1] * 4 + [2] + [3] * 4 + [4] * 4
    assert "expected a formula" in found.loc[4, "error"]
    for row, name in ((1, "FeCoAl"), (3, "NiTi"), (4, "NaCl")):
        rows = found[found["row"] == row]
        exact = np.array([overlap(name, each) for each in library])
        np.testing.assert_allclose(
            rows["fidelity"].astype(float), np.sort(exact)[::-1][:4], atol=1e-6
        )
        x, shelf = fractions([name]), fractions(library)
        shared = dict(zip(library, np.minimum(x, shelf).sum(axis=1), strict=True))
        for _, each in rows.iterrows():
            assert each["shared"] == pytest.approx(shared[each["formula"]], abs=1e-9)
            better = np.sum(np.array(list(shared.values())) > each["shared"] + 1e-9)
            assert each["rank by shared"] >= better + 1
            both = (keys([name]) > 0) & (keys([each["formula"]]) > 0)
            assert len(each["in common"].split()) == both.sum()
    assert found.loc[5, "formula"] == "NiTi"
    nothing = found[found["row"] == 4]
    assert nothing["weight %"].tolist() == [0] * 4


def test_a_library_may_be_a_demo_and_has_each_composition_once():
    found = similar_materials("Al0.5CoCrFeNi", "hardness", 3).table
    known = demo_materials("hardness").measured().drop_duplicates("formula")
    assert found["formula"].is_unique
    assert found["formula"][0] == "AlCo2Cr2Fe2Ni2"
    assert found["formula"].isin(known["formula"]).all()
    with pytest.raises(ConfigError, match="got k='x': expected a whole number from 1"):
        similar_materials("Fe", PAIRS, "x")
    with pytest.raises(DataError, match="none of 1 rows can be used"):
        similar_materials("Fe", ["q"])
