"""Marks and figures that reports share: what is drawn is what was given."""

import io

import numpy as np
import pandas as pd
import pytest

from qmann_core import plots


def drawn(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png")  # warnings are errors
    return file.getvalue().startswith(b"\x89PNG")


@pytest.mark.parametrize(("n", "rows", "columns"), [(0, 1, 1), (1, 1, 1), (4, 1, 4), (6, 2, 4)])
def test_each_name_has_a_panel_and_the_rest_is_empty(n, rows, columns):
    names = [f"$a_{k}" for k in range(n)]  # not a formula
    figure, axes = plots.panels("a $ title", names)
    assert [each.get_title() for each in axes] == names
    assert len(figure.axes) == rows * columns
    assert sum(each.axison for each in figure.axes) == n
    assert figure.get_suptitle() == "a $ title"
    assert figure.get_figwidth() == max(8.0, 3.6 * columns)
    assert drawn(figure)


def test_a_fan_is_darker_inside_and_has_its_line_in_the_middle():
    figure, (axes,) = plots.panels("", ["fan"])
    x, middle = np.arange(3.0), np.array([1.0, 2.0, 4.0])
    bands = {"95": (middle - 2, middle + 2), "80": (middle - 1, middle + 1)}
    plots.fan(axes, x, bands, middle, "mean")
    wide, narrow = axes.collections
    for band, (low, high) in zip((wide, narrow), bands.values(), strict=True):
        corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
        assert {*zip(x, low, strict=True), *zip(x, high, strict=True)} <= corners
    assert wide.get_alpha() < narrow.get_alpha() < 1
    (line,) = axes.get_lines()
    np.testing.assert_array_equal(line.get_ydata(), middle)
    assert [text.get_text() for text in axes.legend().get_texts()] == ["95", "80", "mean"]
    assert drawn(figure)


def test_bars_have_their_numbers_behind_them():
    figure, (axes,) = plots.panels("", ["bars"])
    plots.bars(axes, [0.123, 40.0], longest=40.0)
    assert [bar.get_width() for bar in axes.patches] == [0.123, 40.0]
    assert [text.get_text() for text in axes.texts] == ["0.12", "40"]
    assert axes.get_xlim() == (0, 50)
    assert drawn(figure)


def test_a_curve_can_be_in_steps():
    figure, (axes,) = plots.panels("", ["curve"])
    plots.curve(axes, [0, 2, 5], [1.0, 0.6, 0.2], drawstyle="steps-post", label="survival")
    (line,) = axes.get_lines()
    assert (line.get_drawstyle(), line.get_color()) == ("steps-post", plots.BLUE)
    assert line.get_xydata().tolist() == [[0, 1], [2, 0.6], [5, 0.2]]
    assert drawn(figure)


def test_reliability_lies_on_the_line_where_what_was_stated_came_true():
    figure, (axes,) = plots.panels("", ["reliability"])
    plots.reliability(axes, [0.1, 0.5, 0.9], [0.2, 0.5, 0.8])
    promised, found = axes.get_lines()
    assert promised.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert found.get_xydata().tolist() == [[0.1, 0.2], [0.5, 0.5], [0.9, 0.8]]
    assert axes.get_xlim() == axes.get_ylim() == (0, 1)
    assert drawn(figure)


def test_dates_are_few():
    figure, (axes,) = plots.panels("", ["dates"])
    plots.dates(axes)
    days = np.arange("2024-01-01", "2024-12-01", dtype="datetime64[D]")
    plots.curve(axes, days, np.arange(len(days)))
    assert drawn(figure)
    assert 2 <= len(axes.get_xticks()) <= 7


def backtest():
    """Two series of four days, with intervals of one around the prediction."""
    rows = pd.DataFrame({"unique_id": ["a"] * 4 + ["b"] * 4, "target": "+1"})
    rows["date"] = [*pd.date_range("2024-01-01", periods=4, freq="30D")] * 2
    rows["outcome"] = np.arange(8.0)
    rows["prediction"] = rows["outcome"] ** 2 / 10
    return rows.assign(**{"lo-80": rows["prediction"] - 1, "hi-80": rows["prediction"] + 1})


def test_predictions_are_drawn_over_what_was_measured():
    rows = backtest()
    (axes,) = plots.predicted_against_measured("title", rows).axes
    dots = next(each for each in axes.collections if len(each.get_offsets()) == 8)
    np.testing.assert_allclose(dots.get_offsets(), rows[["outcome", "prediction"]])
    (bars,) = axes.containers
    ends = np.array([segment[:, 1] for segment in bars[2][0].get_segments()])
    np.testing.assert_allclose(ends, rows[["lo-80", "hi-80"]])
    assert (axes.get_xlabel(), axes.get_title()) == ("measured", "")
    assert drawn(axes.figure)


def test_forecasts_are_drawn_beside_what_came():
    rows = backtest()
    later = rows.assign(target="+2", outcome=99.0)
    figure = plots.forecast_against_outcome("title", pd.concat((rows, later)), "units")
    for axes, (name, part) in zip(figure.axes, rows.groupby("unique_id"), strict=True):
        assert axes.get_title() == f"{name}, +1"
        np.testing.assert_array_equal(axes.get_lines()[0].get_ydata(), part["prediction"])
        band, dots = axes.collections
        np.testing.assert_array_equal(dots.get_offsets()[:, 1], part["outcome"])
        assert band.get_paths()[0].vertices[:, 1].max() == part["hi-80"].max()
        assert axes.get_ylabel() == "units"
    assert drawn(figure)
