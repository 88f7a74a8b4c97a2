"""Models without records: no number of a patient is in what is saved, and answers are the same."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file

from qmann_core.errors import ConfigError
from qmann_health import diagnose, fit, load, survival_risk

N, ASKED, COLUMNS = 90, 3, ["age", "sodium", "weight", "pulse"]
FAST = {"preset": "fast", "progress": False}


@pytest.fixture(scope="module")
def table():
    """Numbers of which no two are equal."""
    rng = np.random.default_rng(0)
    x = rng.normal([60, 140, 75, 70], [10, 3, 12, 9], (N, 4))
    days, leaves = rng.exponential(500 * np.exp(6 - x[:, 0] / 10)), rng.uniform(200, 2000, N)
    known = np.where(np.arange(N) < N - ASKED, 1.0, np.nan)
    followed = {"days": known * np.minimum(days, leaves), "status": known * (days <= leaves)}
    return pd.DataFrame({**dict(zip(COLUMNS, x.T, strict=True)), **followed})


def asked(kind, table, **options):
    if kind == "survival":
        return survival_risk(table, "days", "status", 400.0, **FAST, **options)
    return diagnose(table.drop(columns="days"), "status", **FAST, **options)


def shares_found(report, table, folder):
    """Of numbers as they came, as they were scaled, and of pairs that circuits said of a patient.

    Pairs, since one number may be found by chance; of scaled ones predictions are left out.
    """
    report.save(folder)
    saved = load_file(folder / "model.safetensors")
    x = torch.from_numpy(np.float32(table[COLUMNS][: N - ASKED]))
    member = next(iter(report.fitted.model))
    with torch.no_grad():
        scaled, said = member.scaling(x).numpy(), member.encode(x).numpy()
    came = np.append(x, np.float32(table["days"].dropna()))
    every = [np.float32(each) for each in saved.values()]
    learned = [np.float32(each) for name, each in saved.items() if "backtest" not in name]
    flat = np.concatenate([each.ravel() for each in every])
    both = np.concatenate([pairs(each) for each in every if each.ndim > 1])
    return [
        np.isin(came, flat).mean(),
        np.isin(scaled, np.concatenate([each.ravel() for each in learned])).mean(),
        np.isin(pairs(said), both).mean(),
    ]


def pairs(rows):
    """Neighbours in a row, as one number."""
    return (rows[..., :-1] + 1j * rows[..., 1:].astype(np.complex128)).ravel()


@pytest.mark.parametrize("kind", ["diagnose", "survival"])
def test_no_number_of_a_patient_is_saved(kind, table, tmp_path):
    report = asked(kind, table, records=False)
    assert shares_found(report, table, tmp_path / "model") == [0, 0, 0]
    assert "holds no row that it was fitted to" in (tmp_path / "model/card.md").read_text()
    again = load(tmp_path / "model").predict(table[COLUMNS].tail(ASKED))
    for name in ("table", "figures", "backtest"):
        same = (
            getattr(each, name).drop(columns="row", errors="ignore") for each in (again, report)
        )
        pd.testing.assert_frame_equal(*same)
    assert again.evidence is None
    assert any("no similar cases are shown" in note for note in again.notes)
    assert set(again.predictions["model"]) == {"hybrid", "classical"}
    rival = next(name for name in again.evaluation.scores if name not in {"hybrid", "classical"})
    with pytest.raises(ConfigError, match=f"to which {rival} would be fitted"):
        again.table_by(rival)


def test_the_search_finds_what_is_there(table, tmp_path):
    """Times are no part of a diagnosis."""
    came, _, said = shares_found(asked("diagnose", table), table, tmp_path / "model")
    assert (came, said) == (4 / 5, 1)


def test_a_baseline_cannot_answer_without_records(table):
    with pytest.raises(ConfigError, match="a baseline may need them"):
        fit("diagnose", table, target="status", records=False, model="best", progress=False)
