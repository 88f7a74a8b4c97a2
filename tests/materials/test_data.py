"""Materials from whatever they come in; what is merged, what is noted, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
from crystals import MIXED, NACL, SYMMETRY, poscar
from pandas import DataFrame, Series, concat

from qmann_core.errors import ConfigError, DataError
from qmann_materials import MaterialsConfig, demo_materials, load_materials
from qmann_materials.data import conditions_of
from qmann_materials.features import material_samples, settle
from qmann_materials.records import read_unknown, read_values

OXIDES = [f"Fe{n}O{m}" for n in (3, 5, 7) for m in (2, 4, 8, 11, 13, 16, 17, 19)]
RUST = SimpleNamespace(composition={"Fe3+": 2, "O2-": 3})
MEASURED = DataFrame(
    {
        "Formula": ["FeO", "NiO", "Fe2O2", "CoO", "FeO", "FeO", "CuO", "ZnO"],
        "Temperature": [25, 25, 25, np.nan, 600, np.nan, 25, 25],
        "process": ["CAST", "cast ", "CAST", None, "CAST", "WROUGHT", "CAST", "CAST"],
        "hardness": [1.0, 2, 9, 4, 5, 6, 7, 8],
    }
)
PHASES = DataFrame({"formula": OXIDES[:18], "phase": [*"cab"] * 6})


@pytest.mark.parametrize(
    "source",
    [
        ["NaN", "Fe₂O₃"],
        ("NNa", "Fe4O6"),
        np.array(["NaN", " Fe2O3"]),
        Series(["NaN", "Fe2O3"], index=[7, 7], name="gap"),
        DataFrame({"x": [1.5, 2.5], "Composition": ["NaN", "Fe2O3"]}, index=[3, 1]),
        DataFrame({"anything": ["NaN", "Fe2O3"], "words": ["good", "worse"]}),
        ["NaN", RUST],
        [SimpleNamespace(composition={"N": 1, "Na": 1}), RUST],
        "formula,note\nNaN,first\n Fe2O3 ,NA\n",
        "x,gap expt\nNaN,0\nＦｅ２Ｏ３,1\n",
    ],
)
def test_formulas_come_in_many_ways_and_nan_is_one(source, tmp_path):
    if isinstance(source, str):
        (tmp_path / "m.csv").write_text(source)
        source = str(tmp_path / "m.csv")
    table = load_materials(source).table
    assert table["formula"].tolist() == ["NaN", "Fe2O3"]
    assert table["row"].tolist() == [1, 2]
    assert table["error"].tolist() == ["", ""]


def test_one_formula_one_object_and_what_was_loaded_are_sources_too():
    assert load_materials("NaN").table["formula"].tolist() == ["NaN"]
    assert load_materials(RUST).table["formula"].tolist() == ["Fe2O3"]
    known = load_materials(MEASURED, conditions=["temperature"])
    assert load_materials(known) is known
    again = load_materials(known, columns=known.columns, known=False)
    assert again.table["target"].isna().all()
    assert again.table["duplicate_of"].eq(0).all()
    for name in ("row", "given", "formula", "Temperature", "error"):
        assert again.table[name].equals(known.table[name]), name


def test_structures_come_in_files_and_what_is_assumed_is_noted(tmp_path):
    alone = NACL.replace("data_halite", "data_alone").replace(SYMMETRY, "")
    bad = NACL.replace("data_halite", "data_bad").replace("0.5 0.5 0.5", "? 0.5 0.5")
    (tmp_path / "all.cif").write_text(NACL + MIXED + alone + bad)
    found = load_materials(tmp_path / "all.cif", known=False)
    assert found.table["name"].tolist() == ["halite", "mixed", "alone", "bad"]
    assert found.table["formula"].tolist() == ["NaCl", "KNa9Cl10", "NaCl", ""]
    assert "an atom has no place" in found.table["error"].iloc[3]
    assert found.notes[0].startswith("structures: row 2 ('partial occupancies of K, Na')")
    for name in ("POSCAR", "si.vasp", "CONTCAR"):
        (tmp_path / name).write_text(poscar())
        assert load_materials(tmp_path / name).table["formula"].tolist() == ["Si"]
    density = load_materials(tmp_path / "all.cif", columns={"density": None}, known=False)
    assert density.table["density"].iloc[0] == pytest.approx(2.16, abs=0.01)


def test_bad_rows_keep_their_place_with_the_reason():
    found = load_materials(["FeO", "Xx2O3", None, 5, np.nan, "NaN", "OgO2"])
    errors = found.table["error"].tolist()
    assert [bool(each) for each in errors] == [False, True, True, True, True, False, True]
    assert "no element 'Xx'" in errors[1]
    assert "no properties are known of Og" in errors[6]
    assert found.notes == (
        "5 of 7 rows cannot be used: row 2, row 3, row 4 and 2 more; the column error says why",
    )


def test_repeats_under_equal_conditions_count_once_by_the_median():
    plain = load_materials(MEASURED, target="hardness")
    assert plain.table["duplicate_of"].tolist() == [0, 0, 1, 0, 1, 1, 0, 0]
    assert plain.table["target"].tolist() == [np.median([1, 9, 5, 6]), 2, 9, 4, 5, 6, 7, 8]
    assert plain.notes == (
        "3 rows repeat a material: the first has the median target (up to 8 apart)",
    )
    found = load_materials(MEASURED, conditions=["temperature", "process"])
    assert found.columns == {"Temperature": None, "process": ("CAST", "WROUGHT", "cast")}
    assert found.table["duplicate_of"].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    assert found.table["target"].tolist()[:2] == [5, 2]


def test_conditions_that_rows_leave_out_are_those_given_and_then_those_usual():
    at = {"temperature": "600", "PROCESS": "CAST"}
    found = load_materials(MEASURED, conditions=["Temperature", "process"], at=at).table
    assert found["temperature"].tolist() == [25, 25, 25, 600, 600, 600, 25, 25]
    assert found["duplicate_of"].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    known = load_materials(MEASURED, conditions=["temperature", "process"])
    settled = settle(known, MaterialsConfig())
    assert settled["gaps"] == ("Temperature", "process")
    assert settled["usual"] == ("Temperature=25.0", "process=CAST")
    model = MaterialsConfig(**settled)
    asked = read_unknown(["CuO"], model).table
    assert asked[["Temperature", "process"]].to_numpy().tolist() == [[25, "CAST"]]
    told = model.model_copy(update={"at": ("Temperature=900",)})
    asked = read_unknown(DataFrame({"formula": ["CuO"] * 2, "temperature": [1.5, None]}), told)
    assert asked.table["Temperature"].tolist() == [1.5, 900]
    new = read_unknown(DataFrame({"formula": ["CuO"] * 2, "process": ["CAST", "SLM"]}), model)
    assert new.table["process"].isna().tolist() == [False, True]
    assert "words that the fit has not seen are missing: row 2 ('SLM')" in new.notes[0]
    other = model.model_copy(update={"at": ("pressure=5",)})
    with pytest.raises(ConfigError, match=r"'pressure': expected some of 'Temperature', 'process'"):
        read_unknown(["CuO"], other)
    with pytest.raises(ConfigError, match=r"none, as the model reads no conditions"):
        read_unknown(["CuO"], other.model_copy(update={"columns": {}, "usual": ()}))
    for wrong in ("temperature", "=5", "temperature= "):
        with pytest.raises(ConfigError, match=r"expected NAME=VALUE, as temperature=600"):
            conditions_of([wrong])


def test_classes_are_words_in_order_and_those_that_differ_count_for_nothing():
    found = load_materials(PHASES, classes=True)
    assert (found.target, found.words) == ("phase", ("a", "b", "c"))
    assert found.table["target"].tolist() == [2, 0, 1] * 6
    settled = settle(found, MaterialsConfig())
    assert settled["shares"] == pytest.approx([1 / 3] * 3)
    two = PHASES.replace({"phase": {"c": "b"}})
    assert load_materials(two, classes=True).words == ("a", "b")
    for table, kind in ((PHASES, "of two classes: none"), (two, "0 and 1: neither")):
        torn = DataFrame({"formula": ["Fe6O4", "Fe3O4"], "phase": ["a", "a"]})
        given = load_materials(concat([table, torn]), classes=True)
        assert given.table["error"].ne("").tolist() == [True, *[False] * 17, True, False]
        assert f"the same material has targets {kind} is used" == given.table["error"].iloc[0]
        assert given.table["duplicate_of"].iloc[-1] == 2


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ([], {}, r"the table is empty"),
        ("none.csv", {}, r"none\.csv: no such file\. Expected a file ending in \.cif"),
        ([SimpleNamespace()], {}, r"got SimpleNamespace: expected atoms of ASE, or an object with"),
        (SimpleNamespace(composition="FeO"), {}, r"got SimpleNamespace: expected atoms of ASE"),
        (DataFrame([["FeO", "NaN"]], columns=["formula"] * 2), {}, r"'formula' stands there twice"),
        (DataFrame({"a": ["FeO"], "b": ["NaN"]}), {}, r"more than one column holds formula, .*'a'"),
        (DataFrame({"NaN": ["FeO"], "1.5": [2.5]}), {}, r"a row of data.* such as formula,value"),
        (MEASURED, {"formula_column": "x"}, r"no column 'x' among 'Formula', 'Temperature'"),
        (MEASURED, {"target": "gap"}, r"no column 'gap' among 'Formula', 'Temperature', 'proc"),
        (MEASURED, {"target": "process"}, r"'process' is not a number at 7 of 8 rows: row 1 \('C"),
        (MEASURED, {"conditions": ["pressure"]}, r"no column 'pressure' among 'Formula'"),
        (MEASURED, {"conditions": ["Formula"]}, r"cannot be learned from \(more than 4 different"),
        (
            MEASURED.assign(test="C"),
            {"conditions": ["test"]},
            r"'test' cannot be learned from \(the same in every row\)",
        ),
        (MEASURED, {"columns": {"process": None}}, r"holds no number at 7 of 8 rows: row 1 \('CA"),
        (MEASURED, {"columns": {"grain": None}}, r"no column 'grain', which the model reads"),
        (MEASURED, {"classes": True}, r"which column holds the classes\? Expected its name, targ"),
        (PHASES.head(12), {"classes": True}, r"'phase' has 'c' in 4 of 12 rows"),
        (PHASES.assign(phase="a"), {"classes": True}, r"has 1 different words\. Expected from 2"),
        (
            PHASES.assign(phase=np.arange(18) / 4),
            {"classes": True},
            r"numbers with fractions, which look measured",
        ),
    ],
)
def test_what_cannot_be_read_says_what_to_do(source, options, message):
    with pytest.raises(DataError, match=message):
        load_materials(source, **options)


def test_fewer_than_twenty_materials_or_none_with_a_target_are_not_learned_from():
    table = DataFrame({"formula": OXIDES[:20], "gap": np.arange(20.0)})
    twice = table.assign(formula=[*OXIDES[:19], OXIDES[0]])
    assert len(material_samples(read_values(table, MaterialsConfig()), MaterialsConfig())) == 20
    with pytest.raises(DataError, match=r"19 materials with a target can be used\. Expected 20 or"):
        material_samples(read_values(twice, MaterialsConfig()), MaterialsConfig())
    with pytest.raises(DataError, match=r"no row has a target to learn from"):
        load_materials(OXIDES).measured()
    with pytest.raises(DataError, match=r"none of 2 rows can be used; the first: formula 'Xx'"):
        read_unknown(["Xx", "Q"], MaterialsConfig())


def test_demos_are_measured_alloys_and_others_are_refused(monkeypatch):
    found = demo_materials("phase")
    assert set(found.words) == {"multi", "single"}
    asked = found.table[found.table["target"].isna() & found.table["error"].eq("")]
    assert asked["given"].tolist()[0] == "Al0.5CoCrFeNi"
    with pytest.raises(DataError, match=r"no demo data 'hardnes'\. .* did you mean hardness"):
        demo_materials("hardnes")
    monkeypatch.setattr("qmann_core.data.installed.find_spec", lambda _: None)
    with pytest.raises(DataError, match=r'pip install "qmann-materials\[data\]"'):
        demo_materials("strength")
