"""Tables of strangers: what is read from them, what is refused, and what is said."""

import re

import numpy as np
import pandas as pd
import pytest

from qmann_core.errors import ConfigError, DataError
from qmann_health import HealthConfig, load_patients
from qmann_health.data import read_unknown
from qmann_health.features import design, patient_samples, settle

N = 24
EVERY = pd.DataFrame(
    {
        "mrn": [f"secret-{i // 2}" for i in range(N)],
        "age": [30.0 + i for i in range(N)],
        "grade": ["I", "II", "III", None] * (N // 4),
        "sex": ["f", "m"] * (N // 2),
        "ldh": [str(100 + 7 * i % 50) for i in range(N)],
        "visit": pd.date_range("2020-01-01", periods=N).astype(str),
        "site": "Basel",
        "remark": [f"remark {i}" for i in range(N)],
        "relapse": (["yes", "no", "no"] * N)[:N],
    }
)


def with_(**columns):
    return EVERY.assign(**columns)


def changed(name, row, value):
    return with_(**{name: EVERY[name].astype(object).where(EVERY.index != row, value)})


def test_numbers_words_and_gaps_are_read():
    found = load_patients(EVERY, target="relapse")
    assert dict(found.columns) == {
        "age": None,
        "grade": ("I", "II", "III"),
        "sex": ("f", "m"),
        "ldh": None,
    }
    assert found.words == ("no", "yes")
    assert found.target.tolist() == [1.0, 0.0, 0.0] * (N // 3)
    assert found.patient.tolist() == [i // 2 for i in range(N)]
    notes = " ".join(found.notes)
    assert re.search("left out, dates.*: 'visit'", notes)
    assert "left out, the same in every row: 'site'" in notes
    assert "left out, more than 12 different words: 'remark'" in notes
    assert "secret" not in notes + repr(found)
    assert "mrn" not in found.to_frame()


def test_features_keep_gaps_and_tell_them_apart():
    patients = load_patients(EVERY, target="relapse")
    x = design(patients, HealthConfig(log1p=("ldh",)))
    age, *grade, missing, sex, ldh = x.T
    np.testing.assert_array_equal(age, EVERY["age"])
    for word, column in zip(("I", "II", "III"), grade, strict=True):
        gap = EVERY["grade"].isna()
        np.testing.assert_array_equal(column, np.where(gap, np.nan, EVERY["grade"] == word))
    np.testing.assert_array_equal(missing, EVERY["grade"].isna())
    np.testing.assert_array_equal(sex, EVERY["sex"] == "m")
    np.testing.assert_allclose(ldh, np.log1p(EVERY["ldh"].astype(float)), rtol=1e-15)


def test_a_later_table_is_read_as_the_first():
    first = load_patients(EVERY, target="relapse")
    application = HealthConfig(**settle(first, HealthConfig()))
    assert application.gaps == ("grade",)
    x = design(first, application)
    later = EVERY.drop(columns=["relapse", "mrn"])[::-1].assign(other=1, grade="II")
    later.loc[0, "grade"] = "IV"
    found = read_unknown(later, application)
    assert found.target is None
    y = design(found, application)
    np.testing.assert_array_equal(y[::-1, [0, 5, 6]], x[:, [0, 5, 6]])
    assert np.isnan(y[-1, 1:4]).all()
    assert y[:, 4].tolist() == [0.0] * (N - 1) + [1.0]
    notes = " ".join(found.notes)
    assert f"column 'grade': words that the fit has not seen are missing: row {N} ('IV')" in notes
    assert "'other'" in notes


@pytest.mark.parametrize(
    ("values", "target", "ones", "words"),
    [
        (["0", "1", "", "1"], "y", [1, 3], ("0", "1")),
        ([0.0, 1.0, np.nan, 1.0], "y", [1, 3], ("0", "1")),
        ([False, True, None, True], "y", [1, 3], ("False", "True")),
        (["B", "M", "NA", "M"], "y", [1, 3], ("B", "M")),
        (["alive", "Dead", None, "Dead"], "y", [1, 3], ("alive", "Dead")),
        (["control", "case", None, "case"], None, [1, 3], ("control", "case")),
        ([1, 2, None, 2], "y=2", [1, 3], ("1", "2")),
        (["a", "b", None, "c"], "y=b", [1], ("not b", "b")),
    ],
)
def test_what_the_event_is(values, target, ones, words):
    name = "outcome" if target is None else "y"
    found = load_patients(pd.DataFrame({"age": [1, 2, 3, 4], name: values}), target=target)
    assert found.words == words
    assert np.flatnonzero(found.target == 1).tolist() == ones
    assert np.flatnonzero(found.target.isna()).tolist() == [2]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["mild", "Severe", None, "none", "severe"], ("mild", "none", "severe")),
        ([10, 2, None, 1, 2], ("1", "2", "10")),
        ([2.0, 0.0, np.nan, 1.0, 0.0], ("0", "1", "2")),
    ],
)
def test_three_words_are_as_many_classes(values, words):
    """Capitals make no other word, and numbers come in their order."""
    found = load_patients(pd.DataFrame({"age": np.arange(25), "y": values * 5}), target="y")
    assert found.words == words
    texts = pd.Series(values * 5).map(lambda v: v if isinstance(v, str) else f"{v:g}")
    expected = texts.str.lower().map({word.lower(): k for k, word in enumerate(words)})
    np.testing.assert_array_equal(found.target, expected)
    samples = patient_samples(found, HealthConfig())
    assert samples.targets == {"class": words}
    np.testing.assert_array_equal(samples.y[samples.known].argmax(dim=1), expected.dropna())
    assert samples.known.sum() == 20
    shares = settle(found, HealthConfig())["shares"]
    np.testing.assert_allclose(shares, np.bincount(expected.dropna().astype(int)) / 20)


PLAIN = pd.DataFrame({"age": [40, 50, 60, 70], "y": [0, 1, 0, 1]})


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (PLAIN.iloc[:0], {"target": "y"}, "the table is empty"),
        (PLAIN.assign(y=1), {"target": "y"}, "column 'y' has '1'. Expected patients with an event"),
        (PLAIN.assign(y=np.nan), {"target": "y"}, "column 'y' has no outcome"),
        (PLAIN, {"target": "z"}, "no column 'z' among 'age', 'y'"),
        (PLAIN.rename(columns={"y": "ended"}), {}, "which column is the outcome?"),
        (PLAIN.assign(y=[1, 2, 1, 2]), {"target": "y"}, "said which word means the event"),
        (PLAIN.assign(y=["A", "B", "A", "C"]), {"target": "y"}, 'as target="y=c"'),
        (
            with_(y=[i % 12 for i in range(N)]),
            {"target": "y"},
            "12 different words. Expected from 2",
        ),
        (with_(y=[i % 3 / 2 for i in range(N)]), {"target": "y"}, "fractions, which look measured"),
        (
            with_(y=["A"] * 10 + ["B"] * 10 + ["C"] * 4),
            {"target": "y"},
            "'C' in 4 of 24 rows. Expected from 2 to 10 classes of at least 5 rows each: put rare",
        ),
        (PLAIN.assign(y=["A", "B", "A", "B"]), {"target": "y=C"}, "column 'y' has 'A', 'B'"),
        (PLAIN[["y"]], {"target": "y"}, "no column to learn from"),
        (PLAIN.set_axis(["y", "y"], axis=1), {"target": "y"}, "column 'y' stands there twice"),
        (changed("age", 3, -4), {"target": "relapse"}, "column 'age' is no age at row 4 (-4.0)"),
        (changed("age", 5, 420), {"target": "relapse"}, "column 'age' is no age at row 6 (420.0)"),
        (
            changed("ldh", 2, "2020-03-01"),
            {"target": "relapse"},
            "column 'ldh' holds a date at 1 of 24 rows: row 3 ('2020-03-01')",
        ),
        (changed("ldh", 2, "<5"), {"target": "relapse"}, "holds no number at 1 of 24 rows"),
        (EVERY, {"target": "relapse", "covariates": ["visit"]}, "cannot be learned from (dates"),
        (EVERY, {"target": "relapse", "log1p": ["sex"]}, "log1p=sex holds no numbers from 0"),
        (
            EVERY,
            {"target": "relapse", "columns": {"stage": None}},
            "no column 'stage', which the model reads",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(table, options, message):
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        load_patients(table, **options)
    assert "Expected" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (with_(again=EVERY["relapse"]), "'again' alone tells every known outcome"),
        (
            with_(days=np.where(EVERY["relapse"] == "yes", 9.0, 2.0) + EVERY.index / N),
            "'days' alone tells every known outcome",
        ),
        (
            with_(creatinine=np.where(EVERY.index == 7, 0.9, 80.0 + EVERY.index) * 1.0),
            "",
        ),
        (
            with_(creatinine=np.where(EVERY.index == 7, 0.09, 80.0 + EVERY.index)),
            "column 'creatinine' seems to be in two units, about 1,000 apart: see row 8 (0.09)",
        ),
        (with_(psa=2.0 ** (EVERY.index / 2)), ""),
        (with_(psa=np.where(EVERY.index == 3, 50.0, 1 + EVERY.index / N)), "log1p=psa"),
    ],
)
def test_what_is_suspicious_is_said(table, message):
    notes = " ".join(load_patients(table, target="relapse").notes)
    if message:
        assert message in notes
    else:
        assert not re.search("tells|units|log1p", notes)


def test_splits_keep_patients_together():
    from qmann_health.scores import patient_folds

    patients = load_patients(EVERY, target="relapse")
    application = HealthConfig(split="folds")
    samples = patient_samples(patients, application)
    assert not any("secret" in name for name in samples.units)
    folds = patient_folds(samples, application)
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(range(N))
    for fold in folds:
        assert not {i // 2 for i in fold.train} & {i // 2 for i in fold.test}
    (first,) = patient_folds(samples, HealthConfig())
    np.testing.assert_array_equal(first.test, folds[0].test)


def test_splits_in_time_and_as_given():
    from qmann_health.scores import patient_folds

    def tested(table, **options):
        application = HealthConfig(test_fraction=0.25, **options)
        samples = patient_samples(load_patients(table, target="relapse"), application)
        (fold,) = patient_folds(samples, application)
        return {int(label.removeprefix("row ")) for label in samples.label[fold.test]}

    backwards = EVERY[::-1]
    assert tested(backwards, split="time", time="visit") == {1, 2, 3, 4, 5, 6}
    assert tested(backwards, split="time", time="age") == {1, 2, 3, 4, 5, 6}
    apart = with_(split=["test"] * 4 + [""] * 2 + ["Train "] * 18)
    apart.loc[4:5, "relapse"] = None  # to be predicted
    assert tested(apart, split="given") == {1, 2, 3, 4}
    with pytest.raises(DataError, match="1 are in both"):
        tested(with_(split=["test"] * 3 + ["train"] * 21), split="given")
    with pytest.raises(DataError, match="needs a column split"):
        tested(EVERY, split="given")
    with pytest.raises(ConfigError, match="without a column of times"):
        tested(EVERY, split="time")
    with pytest.raises(DataError, match="is not a date"):
        tested(EVERY, split="time", time="remark")


def test_a_test_part_of_one_class_is_refused():
    from qmann_health.scores import patient_folds

    table = with_(relapse=["yes"] * 18 + ["no"] * 6)
    application = HealthConfig(split="time", time="age")
    samples = patient_samples(load_patients(table, target="relapse"), application)
    with pytest.raises(DataError, match="5 rows to test on, of one class only"):
        patient_folds(samples, application)
