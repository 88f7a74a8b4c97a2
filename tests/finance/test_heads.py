import math

import numpy as np
import pandas as pd
import pytest
import torch

from qmann_core.data import Samples
from qmann_core.nn import LocationScale
from qmann_finance.heads import (
    LogVariance,
    PathScale,
    return_head,
    score_returns,
    score_variance,
    variance_head,
)
from qmann_finance.plots import risk_track
from qmann_finance.risk import christoffersen, kupiec


def samples(y, *, unit=None, units=("x",), lead=None, regressors=None):
    y = torch.as_tensor(np.asarray(y, dtype=np.float32))
    n = len(y)
    return Samples(
        x=torch.zeros(n, 1, 1),
        regressors=torch.ones(n, 1) if regressors is None else regressors,
        y=y,
        time=np.arange(n).astype("datetime64[D]"),
        unit=np.zeros(n, dtype=np.int64) if unit is None else np.asarray(unit),
        units=units,
        lead=lead or (1,) * y.shape[1],
    )


def training_part(n=400):
    """Variances that depend on a regressor; ranges that see two thirds of them."""
    generator = torch.Generator().manual_seed(0)
    regressors = torch.column_stack([torch.ones(n), torch.randn(n, generator=generator)])
    variance = torch.exp(regressors @ torch.tensor([0.5, 0.8]))
    returns = variance.sqrt() * torch.randn(n, generator=generator)
    ranges = 2 / 3 * variance * (0.5 + torch.rand(n, generator=generator))
    return samples(torch.column_stack([returns, returns**2, ranges]), regressors=regressors)


def test_an_untrained_head_is_the_har_fit():
    train = training_part()
    head = LogVariance(3, 2)
    head.fit(train)
    features = torch.randn(len(train), 3, generator=torch.Generator().manual_seed(1))
    raw = head(features, train.regressors)
    assert torch.equal(raw, head(torch.zeros_like(features), train.regressors))  # no correction yet
    # the log variance that is linear in the regressors and has the least QLIKE of RV: its
    # gradient, and the mean of (1 - RV / h) x, are zero
    ratio = train.y[:, 1:2] * torch.exp(-raw)
    torch.testing.assert_close(
        ((1 - ratio) * train.regressors).mean(dim=0), torch.zeros(2), rtol=0, atol=1e-5
    )
    weights = torch.linalg.lstsq(train.regressors, raw).solution
    torch.testing.assert_close(train.regressors @ weights, raw)


def test_the_proxy_has_the_mean_of_the_squared_returns():
    train = training_part()
    head = LogVariance(3, 2)
    head.fit(train)
    _, squares, ranges = train.y.unbind(dim=-1)
    assert head.ratio.item() == pytest.approx(float(squares.mean() / ranges.mean()))
    # at h = 1 the loss is the mean of the proxy
    loss = head.loss(torch.zeros(len(train), 1), train.y, {})
    assert loss.item() == pytest.approx(float(squares.mean()), rel=1e-5)


def test_loss_is_qlike_of_the_mixed_proxy():
    head = LogVariance(3, 2)
    head.ratio.fill_(2.0)
    raw = torch.tensor([[math.log(2.0)], [math.log(8.0)]])
    y = torch.tensor([[-7.0, 3.0, 0.5], [7.0, 4.0, 6.0]])  # the return itself does not count
    expected = [math.log(2) + (3 + 1) / 2 / 2, math.log(8) + (4 + 12) / 2 / 8]
    assert head.loss(raw, y, {}).item() == pytest.approx(sum(expected) / 2)


def test_the_ratio_is_a_buffer_that_is_saved():
    head = LogVariance(3, 2)
    head.fit(training_part())
    other = LogVariance(3, 2)
    other.load_state_dict(head.state_dict())
    assert other.ratio.item() == head.ratio.item() != 1.0
    assert "ratio" not in dict(head.named_parameters())


def test_decoded_scale_is_the_square_root_of_the_variance():
    raw = torch.tensor([[math.log(9.0)], [math.log(0.25)]])
    outputs = LogVariance(3, 2).decode(raw)
    torch.testing.assert_close(outputs["scale"], torch.tensor([[3.0], [0.5]]))
    torch.testing.assert_close(outputs["location"], torch.zeros(2, 1))


def test_head_learns_the_variance_that_the_ranges_show():
    """Where returns and ranges disagree with the HAR fit, training moves towards their mean."""
    train = training_part()
    head = LogVariance(1, 2)
    head.fit(train)
    feature = (torch.arange(len(train)) % 2).float().unsqueeze(-1)
    y = train.y.clone()
    y[:, 1:] *= torch.where(feature == 1, 2.0, 1.0)  # twice the variance on every other day
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = head.loss(head(feature, train.regressors), y, {})
        loss.backward()
        return loss

    optimiser.step(closure)
    proxy = (y[:, 1:2] + head.ratio * y[:, 2:]) / 2
    variance = head(feature, train.regressors).exp()
    for state in (0, 1):
        rows = feature[:, 0] == state
        assert (proxy / variance)[rows].mean().item() == pytest.approx(1.0, abs=1e-3)


def test_an_untrained_return_head_has_no_drift_and_the_har_scale_of_each_day():
    train = training_part()
    train = samples(
        train.y[:, :1] * torch.tensor([1.0, 3.0]), regressors=train.regressors, lead=(1, 2)
    )
    head = return_head(5, train)
    assert isinstance(head, LocationScale)
    head.fit(train)
    outputs = head.decode(head(torch.ones(len(train), 5), train.regressors))
    assert torch.equal(outputs["location"], torch.zeros(len(train), 2))
    torch.testing.assert_close(outputs["scale"][:, 1], 3 * outputs["scale"][:, 0])
    ratio = (train.y / outputs["scale"]).square()[:, :1]
    torch.testing.assert_close(
        ((1 - ratio) * train.regressors).mean(dim=0), torch.zeros(2), rtol=0, atol=1e-5
    )


def test_the_head_of_the_volatility_is_the_log_variance():
    train = training_part()
    head, same = variance_head(5, train), LogVariance(5, 2)
    for one in (head, same):
        one.fit(train)
    features = torch.zeros(len(train), 5)
    assert torch.equal(head(features, train.regressors), same(features, train.regressors))


# Scores of returns

PROBABILITIES = (0.025, 0.1, 0.5, 0.9, 0.975)


def test_scores_of_returns_by_hand():
    test = samples([[1.0, -2.0], [4.0, 0.0]])
    train = samples([[3.0, 9.0], [-1.0, 9.0]])  # moves by 2 a day on average
    row = [-3.0, -1.0, 0.0, 1.0, 3.0]
    outputs = {
        "location": np.array([[0.0, 1.0], [2.0, 0.0]]),
        "quantiles": np.array([[row, row], [row, row]]),
    }
    score = score_returns(outputs, test, train, PROBABILITIES)
    assert list(score) == ["pinball", "MASE", "coverage 95", "width 95", "coverage 80", "width 80"]
    np.testing.assert_allclose(score["MASE"], [(1 + 3) / 2 / 2, (2 + 0) / 2 / 2])
    np.testing.assert_allclose(score["coverage 95"], [100, 50])
    np.testing.assert_allclose(score["coverage 80"], [50, 50])  # both ends belong to the interval
    np.testing.assert_allclose(score["width 95"], [6, 6])
    np.testing.assert_allclose(score["width 80"], [2, 2])
    losses = {  # of y at the five quantiles
        1.0: 0.025 * 4 + 0.1 * 2 + 0.5 * 1 + 0 + 0.025 * 2,
        -2.0: 0.025 * 1 + 0.9 * 1 + 0.5 * 2 + 0.1 * 3 + 0.025 * 5,
        4.0: 0.025 * 7 + 0.1 * 5 + 0.5 * 4 + 0.9 * 3 + 0.975 * 1,
        0.0: 0.025 * 3 + 0.1 * 1 + 0 + 0.1 * 1 + 0.025 * 3,
    }
    expected = [(losses[1.0] + losses[-2.0]) / 10, (losses[4.0] + losses[0.0]) / 10]
    np.testing.assert_allclose(score["pinball"], expected)


def test_mase_of_a_random_walk_one_step_ahead_is_one():
    returns = np.random.default_rng(0).standard_normal((200, 1))
    part = samples(returns)
    outputs = {"location": np.zeros((200, 1)), "quantiles": np.zeros((200, 1, 3))}
    score = score_returns(outputs, part, part, (0.1, 0.5, 0.9))
    assert score["MASE"].mean() == pytest.approx(1.0)


def test_errors_are_scaled_by_the_moves_of_their_own_series():
    test = samples([[1.0], [10.0], [2.0]], unit=[0, 1, 0], units=("calm", "wild"))
    train = samples([[10.0], [-1.0], [30.0], [1.0]], unit=[1, 0, 1, 0], units=("calm", "wild"))
    outputs = {"location": np.zeros((3, 1)), "quantiles": np.zeros((3, 1, 1))}
    score = score_returns(outputs, test, train, (0.5,))
    np.testing.assert_allclose(score["MASE"], [1.0, 0.5, 2.0])


def test_columns_carry_the_levels():
    part = samples([[1.0]])
    outputs = {"location": np.zeros((1, 1)), "quantiles": np.zeros((1, 1, 3))}
    score = score_returns(outputs, part, part, (0.0005, 0.5, 0.9995))
    assert {"coverage 99.9", "width 99.9"} < set(score)


# Scores of variances


def variance_outputs(scale, quantiles):
    return {"scale": np.asarray(scale)[:, None], "quantiles": np.asarray(quantiles)[:, None, :]}


def test_scores_of_variances_by_hand():
    test = samples([[-3.0, 9.0, 0.0], [-1.0, 1.0, 0.0], [2.0, 4.0, 0.0]])
    outputs = variance_outputs([3.0, 1.0, 0.5], [[-3.0, -2.0], [-2.0, -1.0], [-9.0, -8.0]])
    score = score_variance(outputs, test, test, (0.01, 0.05))
    qlike = [math.log(9) + 1, 0 + 1, math.log(0.25) + 4 / 0.25]
    np.testing.assert_allclose(score["QLIKE"], qlike, rtol=1e-6)
    # a return that only reaches the value at risk does not pass it
    np.testing.assert_array_equal(score["VaR 99 hits %"], [0, 0, 0])
    np.testing.assert_array_equal(score["VaR 95 hits %"], [100, 0, 0])
    assert next(iter(score)) == "QLIKE"


def test_violations_are_tested_on_every_day_of_the_horizon():
    generator = np.random.default_rng(0)
    n, horizon = 600, 3
    returns = generator.standard_normal(n)
    y = np.column_stack([returns, returns**2, returns**2])
    quantiles = np.tile([-2.0, -1.5], (n, 1))
    outputs = variance_outputs(np.ones(n), quantiles)
    daily = score_variance(outputs, samples(y), samples(y), (0.01, 0.05))
    apart = score_variance(outputs, samples(y, lead=(horizon,) * 3), samples(y), (0.01, 0.05))
    for score, step in ((daily, 1), (apart, horizon)):
        for bound, level in ((-2.0, 99), (-1.5, 95)):
            violations = returns[::step].astype(np.float32) < bound
            assert score[f"VaR {level} hits %"].mean() == pytest.approx(
                100 * np.mean(returns < bound)
            )
            assert score[f"Kupiec p {level}"] == kupiec(violations, level / 100).p_value
            both = christoffersen(violations, level / 100).conditional_coverage
            assert score[f"Christoffersen p {level}"] == both.p_value


def test_violations_of_several_series_are_counted_but_not_tested():
    y = np.tile([-3.0, 9.0, 9.0], (6, 1))
    two = samples(y, unit=[0, 1] * 3, units=("a", "b"))
    outputs = variance_outputs(np.ones(6), np.full((6, 1), -2.0))
    assert list(score_variance(outputs, two, two, (0.01,))) == ["QLIKE", "VaR 99 hits %"]
    one = samples(y)
    assert list(score_variance(outputs, one, one, (0.01,))) == [
        "QLIKE",
        "VaR 99 hits %",
        "Kupiec p 99",
        "Christoffersen p 99",
    ]


def test_the_backtest_of_a_variance_has_losses_and_hits():
    days = samples([[-5.0, 25.0, 1.0], [1.0, 1.0, 1.0]])
    quantiles = np.array([[[-4.0, -2.0]], [[-4.0, -2.0]]])
    outputs = {"location": np.zeros((2, 1)), "scale": np.full((2, 1), 1.5), "quantiles": quantiles}
    found = LogVariance(0, 1).columns(outputs, days, (0.01, 0.05))
    limits = [
        f"{name} {level}{end}" for level in (95, 99) for name, end in (("VaR", " %"), ("hit", ""))
    ]
    assert list(found) == ["target", "outcome", "sigma %", *limits]
    loss = lambda log_return: 100 * (1 - math.exp(log_return / 100))  # noqa: E731
    assert found["outcome"] == pytest.approx([loss(-5), loss(1)])
    assert found["VaR 99 %"] == pytest.approx([loss(-4)] * 2)
    assert found["hit 95"].tolist() == found["hit 99"].tolist() == [True, False]


def test_moving_values_at_risk_are_drawn_with_their_hits():
    rows = pd.DataFrame({"unique_id": "x", "date": pd.date_range("2024-01-01", periods=4)})
    rows["outcome"] = [1.0, -2.0, 3.0, 0.5]
    rows["VaR 95 %"] = [2.0, 2.0, 2.5, 2.5]
    rows["hit 95"] = rows["outcome"] > rows["VaR 95 %"]
    (panel,) = risk_track("title", rows).axes
    limit = panel.get_lines()[0]
    np.testing.assert_array_equal(limit.get_ydata(), -rows["VaR 95 %"])
    (hits,) = panel.collections
    np.testing.assert_array_equal(hits.get_offsets()[:, 1], [-3.0])
    labels = [text.get_text() for text in panel.get_legend().get_texts()]
    assert "passed: 1 of 4 (25.0%)" in labels


@pytest.mark.parametrize("head", [LogVariance(0, 3), PathScale(3, 2)])
def test_the_size_of_a_case_is_its_log_sigma(head):
    raw = torch.linspace(-2.0, 2.0, 8).reshape(-1, 1 if isinstance(head, LogVariance) else 2)
    assert head.sized
    torch.testing.assert_close(head.size(raw).exp(), head.decode(raw)["scale"][:, 0])
