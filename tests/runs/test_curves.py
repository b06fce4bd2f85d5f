from kdstudio.runs.curves import Series


def test_a_scaled_series_leaves_its_original_alone():
    series = Series([1.0, 2.0], [3.0, 4.0])
    assert series.scaled(2.0) == Series([1.0, 2.0], [6.0, 8.0])
    assert series.y == [3.0, 4.0]
