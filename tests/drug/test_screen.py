"""Screening: RDKit's rankings and figures, truth that is known, and truth that is not."""

import json

import numpy as np
import pytest
from pandas import DataFrame
from pandas.testing import assert_frame_equal
from rdkit import Chem
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
from rdkit.DataStructs import BulkTanimotoSimilarity
from rdkit.ML.Scoring import Scoring
from sklearn.metrics import roc_auc_score

from qmann_core.errors import ConfigError, DataError
from qmann_drug import screen

MORGAN = GetMorganGenerator(radius=2, fpSize=2048)
CLASSES = DataFrame(
    {
        "smiles": ["CCO", "CCCO", "CCCCO", "c1ccccc1", "Cc1ccccc1", "CCc1ccccc1", "CC(C)O", "CCN"],
        "active": [1, 1, 1, 0, 0, 0, None, 0],
    }
)


def fingerprints(smiles):
    return [MORGAN.GetFingerprint(Chem.MolFromSmiles(each)) for each in smiles]


def rdkit(order):
    rows = order.to_numpy()[:, None]
    return (
        Scoring.CalcEnrichment(rows, 0, [0.01])[0],
        Scoring.CalcBEDROC(rows, 0, 20),
        Scoring.CalcAUC(rows, 0),
    )


@pytest.fixture(scope="module")
def series(demo):
    return demo("affinity")


@pytest.fixture(scope="module")
def actives(series):
    return series.counted.nlargest(4, "target")["smiles"].tolist()


@pytest.fixture(scope="module")
def found(series, actives):
    return screen(series, actives, threshold=7.5)


def test_the_scores_are_the_largest_of_each_active(found, actives):
    table = found.table.head(200)
    asked, ranked = fingerprints(actives), fingerprints(table["smiles"])
    exact = np.array([BulkTanimotoSimilarity(each, ranked) for each in asked])
    np.testing.assert_array_equal(table["Tanimoto"], exact.max(axis=0))
    common = np.array([[(q & r).GetNumOnBits() for r in ranked] for q in asked])
    bits = [[each.GetNumOnBits() for each in group] for group in (asked, ranked)]
    fidelity = common**2 / np.outer(*bits)
    np.testing.assert_allclose(table["fidelity"], fidelity.max(axis=0), atol=1e-9)
    most = [actives.index(smiles) for smiles in table["most like"]]
    np.testing.assert_allclose(fidelity[most, np.arange(200)], fidelity.max(axis=0), atol=1e-9)


def test_actives_are_left_out_and_the_rest_is_ranked_once(found, series, actives):
    expected = set(series.counted["smiles"]) - set(actives)
    assert sorted(found.table["smiles"]) == sorted(expected)
    assert np.all(np.diff(found.table["fidelity"]) <= 0)
    assert found.table["rank"].iloc[0] == 1


def test_the_best_alone_are_shown(found, series, actives):
    best = screen(series, actives, threshold=7.5, k=3)
    assert_frame_equal(best.table, found.table.head(3))
    assert_frame_equal(best.figures, found.figures)


@pytest.mark.parametrize(("place", "score"), [(0, "fidelity"), (1, "Tanimoto")])
def test_the_figures_are_rdkits(found, place, score):
    """Between those of the worst and the best order of ties; AUROC the mean of the two."""
    judged = found.table.dropna(subset="target")
    truth = judged["target"] >= 7.5
    assert judged["active"].tolist() == truth.astype(float).tolist()
    frame = DataFrame({"score": judged[score], "truth": truth})
    worst = rdkit(frame.sort_values(["score", "truth"], ascending=[False, True])["truth"])
    best = rdkit(frame.sort_values(["score", "truth"], ascending=[False, False])["truth"])
    figures = found.figures.iloc[place]
    assert figures["ranked by"] == score
    shown = figures[["EF 1 %", "BEDROC", "AUROC"]].astype(float).to_numpy()
    assert np.all(np.array(worst) <= shown + 1e-12)
    assert np.all(shown <= np.array(best) + 1e-12)
    assert shown[2] == pytest.approx((worst[2] + best[2]) / 2, rel=1e-12)
    assert shown[2] == pytest.approx(roc_auc_score(truth, judged[score]), rel=1e-12)
    assert figures[["positive", "known"]].tolist() == [truth.sum(), len(truth)]


def test_both_find_more_than_chance_and_about_as_much(found):
    figures = found.figures.set_index("ranked by")
    assert (figures[["EF 1 %"]] > 2).all().all()
    assert (figures["AUROC"] > 0.55).all()
    assert abs(figures["AUROC"].diff().iloc[1]) < 0.01


def test_classes_0_and_1_need_no_threshold():
    answer = screen(CLASSES, ["CCCCCO"])
    assert answer.figures["AUROC"].tolist() == [1, 1]
    assert answer.figures["known"].tolist() == [7, 7]
    assert answer.table.set_index("smiles")["active"].isna().tolist().count(True) == 1
    json.dumps(answer.to_dict(), allow_nan=False)


def test_actives_are_drawn_from_the_library_by_a_seed():
    tables = [screen(CLASSES, 2, seed=seed).table for seed in range(8)]
    for table in tables:
        assert len(table) == 6
        assert table["active"].sum() == 1
        assert set(table["most like"]) <= {"CCO", "CCCO", "CCCCO"}
    assert len({tuple(table["smiles"]) for table in tables}) > 1
    assert screen(CLASSES, "2", seed="3").table.equals(tables[3])


def test_without_truth_it_only_ranks(actives):
    answer = screen("affinity", actives)
    assert answer.figures is None
    assert "figures" not in answer.to_dict()
    assert answer.table["active"].isna().all()
    assert len(answer.table) == 1023


def test_the_order_of_the_file_changes_no_figure():
    shuffled = CLASSES.sample(frac=1, random_state=1)
    first, second = (screen(each, ["CCCO"]).figures for each in (CLASSES, shuffled))
    assert first.equals(second)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (
            (CLASSES, ["CCO"]),
            {"threshold": -1},
            DataError,
            r"6 of 6 ranked .* change the threshold",
        ),
        ((CLASSES, ["CCO"]), {"threshold": 2}, DataError, r"0 of 6 ranked entries are positive"),
        ((CLASSES, 3), {}, DataError, r"0 of 4 ranked entries are positive: expected some"),
        ((CLASSES, 4), {}, DataError, r"4 were to be drawn .* there are 3; give a target"),
        ((["CCO", "CCN"], 1), {}, DataError, r"1 were to be drawn .* there are 0; give a target"),
        ((["CCO", "CCN"], "CCC"), {"threshold": 7}, DataError, r"got threshold 7: expected measur"),
        ((["CCO"], "OCC"), {}, DataError, r"all are actives; expected other molecules to rank"),
        ((CLASSES, ["xx"]), {}, DataError, r"none of 1 rows can be used"),
        ((CLASSES, 0), {}, ConfigError, r"got count=0: expected a whole number from 1"),
        ((CLASSES, "CCO"), {"threshold": "high"}, ConfigError, r"got threshold='high'"),
        ((CLASSES, 2), {"seed": -1}, ConfigError, r"got seed=-1: expected a whole number from 0"),
    ],
)
def test_bad_input_says_what_to_do(arguments, options, error, message):
    with pytest.raises(error, match=message):
        screen(*arguments, **options)
