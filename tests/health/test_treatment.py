"""Effects: published figures, oracles, and what is refused."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation import holm
from qmann_health import treatment_effect
from qmann_health.commands import run

lifelines = pytest.importorskip("lifelines")


@pytest.fixture(scope="module")
def trial():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return lifelines.datasets._load_dataset("ACTG175.csv")


def whole(report, *, adjusted="no"):
    table = report.to_frame()
    return table[table["subgroup"].eq("all") & table["adjusted"].eq(adjusted)]


def test_any_treatment_raises_the_count_at_week_20_as_published():
    (row,) = whole(treatment_effect(arm="treat")).to_dict("records")
    assert (row["arm"], row["against"], row["patients"]) == ("1", "0", 2139)
    assert row["difference"] == pytest.approx(46.8, abs=0.05)
    assert row["SE"] == pytest.approx(6.8, abs=0.05)


def test_hazard_ratios_are_the_published_ones_and_those_of_lifelines(trial):
    report = treatment_effect(time="days", event="cens")
    found = whole(report)
    assert found["hazard ratio"].round(3).tolist() == [0.492, 0.525, 0.586]
    assert report.figures["events"].sum() == 521
    assert any("but that of arm 2 changes with time (p = .030)" in note for note in report.notes)
    arms = pd.get_dummies(trial["arms"], drop_first=True, dtype=float).add_prefix("arm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = arms.join(trial[["days", "cens"]])
        options = {"fit_options": {"precision": 1e-12}}  # its default stops at 3e-6
        fit = lifelines.CoxPHFitter().fit(table, "days", "cens", **options)
    np.testing.assert_allclose(np.log(found["hazard ratio"]), fit.params_, rtol=1e-8)
    np.testing.assert_allclose(found["SE"], fit.standard_errors_, rtol=1e-8)
    ends = np.log(found[["lo-95", "hi-95"]])
    np.testing.assert_allclose(ends, fit.confidence_intervals_, rtol=1e-8)


def test_differences_are_welchs_with_holms_correction(trial):
    found = whole(treatment_effect(level=90))
    groups = [trial.loc[trial["arms"] == k, "cd420"] for k in range(4)]
    tests = [stats.ttest_ind(each, groups[0], equal_var=False) for each in groups[1:]]
    ends = np.array([test.confidence_interval(0.9) for test in tests])
    np.testing.assert_allclose(found[["lo-90", "hi-90"]], ends, rtol=1e-12)
    np.testing.assert_allclose(found["p"], holm(np.array([t.pvalue for t in tests])), rtol=1e-9)


def test_adjusted_differences_are_those_of_the_interacted_regression(trial):
    """Lin's, with HC2, by statsmodels."""
    names = ["cd40", "age", "gender"]
    report = treatment_effect(trial, "arms", "cd420", covariates=names, randomised=True)
    found = whole(report, adjusted="yes")
    x = trial[names] - trial[names].mean()
    arms = pd.get_dummies(trial["arms"], drop_first=True, dtype=float)
    both = [arms[k].to_numpy()[:, None] * x for k in (1, 2, 3)]
    design = np.hstack((np.ones((len(x), 1)), arms, x, *both))
    fit = sm.OLS(trial["cd420"].to_numpy(float), design).fit(cov_type="HC2")
    np.testing.assert_allclose(found["difference"], fit.params[1:4], rtol=1e-9)
    np.testing.assert_allclose(found["SE"], fit.bse[1:4], rtol=1e-9)


def test_the_interaction_of_two_subgroups_is_the_test_of_their_difference(trial):
    report = treatment_effect(trial, "treat", "cd420", subgroups=["gender"], randomised=True)
    groups = report.table[report.table["subgroup"].str.startswith("gender")]
    assert groups["p"].isna().all()
    z = groups["difference"].diff().iloc[1] / np.hypot(*groups["SE"])
    assert groups["p interaction"].tolist() == pytest.approx(2 * [2 * stats.norm.sf(abs(z))])
    own = trial[trial["gender"] == 0].groupby("treat")["cd420"].mean()
    assert groups["difference"].iloc[0] == pytest.approx(own[1] - own[0])
    many = treatment_effect(trial, "treat", "cd420", subgroups="age,gender", randomised=True).table
    assert many["subgroup"].tolist()[1:3] == ["age <= 34", "age > 34"]
    assert many["p interaction"].iloc[-1] >= groups["p interaction"].iloc[0]


def test_missing_outcomes_are_counted_and_said(trial):
    report = treatment_effect(outcome="cd496")
    assert report.figures["missing"].tolist() == [211, 189, 187, 210]
    (note,) = [text for text in report.notes if "missing" in text]
    assert note.startswith("797 of 2,139 outcomes are missing (40% of 0, 36% of 1")
    assert "not at random" in note
    gone = trial["cd496"].isna()
    p = stats.kruskal(trial.loc[gone, "karnof"], trial.loc[~gone, "karnof"]).pvalue
    assert p * 13 < 0.05
    assert "no outcome is missing" in treatment_effect().notes


def shares(rng, n=400):
    """A trial of 0 and 1 with words, gaps and a patient without an arm."""
    arm = rng.permutation(np.repeat(["drug", "placebo"], n // 2)).astype(object)
    table = pd.DataFrame({"arm": arm, "site": rng.choice(["a", "b", "c"], n)})
    table["age"] = rng.normal(50, 10, n).round()
    table["cured"] = (rng.random(n) < np.where(arm == "drug", 0.6, 0.4)).astype(float)
    table.loc[5:20, "age"] = np.nan
    table.loc[0, "arm"] = None
    return table


def test_words_and_gaps_are_covariates_and_the_control_is_found():
    table = shares(np.random.default_rng(0))
    given = {"covariates": ["age", "site"], "subgroups": ["site"], "randomised": True}
    report = treatment_effect(table, "arm", "cured", **given)
    rate = table.groupby("arm")["cured"].mean()
    row = whole(report).iloc[0]
    assert (row["arm"], row["against"]) == ("drug", "placebo")
    assert row["difference"] == pytest.approx(rate["drug"] - rate["placebo"])
    assert whole(report, adjusted="yes")["SE"].iloc[0] < 1.05 * row["SE"]
    assert any("differences are of shares" in text for text in report.notes)
    assert "1 patients without an arm are left out" in report.notes
    assert "site c" in report.table["subgroup"].tolist()
    timed = table.assign(weeks=np.arange(400) + 1, status=np.where(table["cured"] > 0, "x", "y"))
    found = treatment_effect(
        timed, "arm", time="weeks", event="status=x", control="drug", randomised=True
    )
    assert found.figures["events"].sum() == table.loc[1:, "cured"].sum()


def test_no_circuit_is_said_to_have_a_say():
    notes = treatment_effect().notes
    assert notes[0] == "Research use, not a medical device."
    assert "no circuit has a say" in notes[-1]


def test_of_other_data_the_assumption_stands_in_every_output(capsys, tmp_path):
    table = shares(np.random.default_rng(1))
    table["age"] += 15 * (table["arm"] == "drug")  # who is older gets the drug
    table.to_csv(tmp_path / "t.csv", index=False)
    given = {"covariates": "age", "control": "placebo"}
    with pytest.raises(DataError, match=r"age differs most .* more than chance allows .* by lot"):
        treatment_effect(table, "arm", "cured", randomised=True, **given)
    report = treatment_effect(table, "arm", "cured", assume_unconfounded=True, **given)
    assert report.title.endswith("assuming that nothing else confounds it")
    assert report.notes[1].startswith("ASSUMED: nothing but the covariates decides")
    assert report.plot().get_suptitle() == report.title
    words = ["--arm", "arm", "--outcome", "cured", "--covariates", "age", "--assume-unconfounded"]
    assert run(["treatment", str(tmp_path / "t.csv"), *words]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["title"].endswith("assuming that nothing else confounds it")
    assert shown["notes"][1].startswith("ASSUMED")


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"randomised": False}, ConfigError, r"does not say how arms were assigned"),
        ({"assume_unconfounded": True}, ConfigError, r"does not say how arms were assigned"),
        ({"arm": None}, ConfigError, r"got arm=None, outcome=cured"),
        ({"time": "age"}, ConfigError, r"expected the column of .* both a time and an event"),
        ({"covariates": "cured"}, ConfigError, r"got cured among the covariates"),
        ({"control": "none"}, ConfigError, r"control=none and arms drug, placebo"),
        ({"level": 0.95}, ConfigError, r"expected percent"),
        ({"arm": "age"}, DataError, r"arms in 'age'. Expected from 2 to 12"),
        ({"outcome": "site"}, DataError, r"column 'site' holds no number"),
        ({"covariates": "agee"}, DataError, r"no column 'agee' among"),
        (
            {"outcome": None, "time": "age", "event": "site"},
            DataError,
            r'said which word means the event, as event="site=',
        ),
        (
            {"outcome": None, "time": "cured", "event": "cured"},
            DataError,
            r"times are not above 0",
        ),
    ],
)
def test_what_has_no_effect_is_refused(given, error, message):
    words = {"arm": "arm", "outcome": "cured", "randomised": True} | given
    with pytest.raises(error, match=message):
        treatment_effect(shares(np.random.default_rng(2)), **words)


def test_an_arm_without_events_is_named_and_a_column_that_is_there_twice():
    table = shares(np.random.default_rng(3)).assign(weeks=1)
    with pytest.raises(DataError, match=r"column 'arm' stands there twice"):
        treatment_effect(table[["arm", "arm", "cured"]], "arm", "cured", randomised=True)
    table["cured"] *= table["arm"] == "drug"
    with pytest.raises(DataError, match=r"events: 0 in placebo, \d+ in drug. Expected 2 or more"):
        treatment_effect(table, "arm", time="weeks", event="cured", randomised=True)
