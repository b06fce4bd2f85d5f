import pytest

from kdstudio.runs import curves
from kdstudio.runs.curves import Series


def test_a_scaled_series_leaves_its_original_alone():
    series = Series([1.0, 2.0], [3.0, 4.0])
    assert series.scaled(2.0) == Series([1.0, 2.0], [6.0, 8.0])
    assert series.y == [3.0, 4.0]


def test_of_very_many_points_neighbours_are_put_together(monkeypatch):
    monkeypatch.setattr(curves, "MOST_POINTS", 4)
    series = Series()
    for place in range(1, 20):
        series.add(place, 10.0 * place)
        assert series.x[-1] == place
        assert len(series.x) <= 4
    assert series.x == [8, 16, 19]
    assert series.y == pytest.approx([45.0, 125.0, 180.0])
