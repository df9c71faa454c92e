"""Bars of the console's charts."""

from __future__ import annotations

from datetime import date

from service.console.chart import Chart


def test_a_chart_is_as_high_as_a_round_number_not_below_its_values() -> None:
    chart = Chart.of([(date(2026, 1, 1), 0), (date(2026, 1, 2), 1), (date(2026, 1, 3), 37)])
    assert (chart.top, chart.total) == (50, 38)
    assert [bar.height for bar in chart.bars] == [0.0, 3.2, 118.4]


def test_a_chart_of_nothing_has_no_bar_to_see() -> None:
    chart = Chart.of([(date(2026, 1, 1), 0)])
    assert (chart.top, [bar.height for bar in chart.bars]) == (1, [0.0])
