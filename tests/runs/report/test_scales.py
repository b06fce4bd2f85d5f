import pytest

from kdstudio.runs.report.scales import Scale, log_ticks, ticks, widened, written


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.13, 0.92, [0.2, 0.4, 0.6, 0.8]),
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (-3, 3, [-2, 0, 2]),
        (97.2, 98.1, [97.2, 97.4, 97.6, 97.8, 98.0]),
        (1e-7, 3e-7, [1e-7, 1.5e-7, 2e-7, 2.5e-7, 3e-7]),
    ],
)
def test_ticks_are_round_and_on_the_axis(low, high, expected):
    assert ticks(low, high, 5) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.9, 2000, [1, 10, 100, 1000]),
        (0.5, 12, [0.5, 1, 2, 5, 10]),
        (0.02, 0.09, [0.02, 0.05]),
        (1e-6, 1e6, [1e-6, 1e-3, 1, 1e3, 1e6]),
    ],
)
def test_log_ticks_are_powers_with_others_between_where_few_are(low, high, expected):
    assert log_ticks(low, high, 5) == pytest.approx(expected)


def test_a_scale_goes_from_end_to_end_and_a_log_one_by_powers():
    linear, log = Scale(0, 10, 100, 200), Scale(1, 100, 200, 0, log=True)
    assert [linear(value) for value in (0, 5, 10)] == [100, 150, 200]
    assert [log(value) for value in (1, 10, 100)] == [200, 100, 0]


@pytest.mark.parametrize("values", [(5, 5), (0, 0), (-2, -2), (1, 3)])
@pytest.mark.parametrize("log", [True, False])
def test_a_range_is_widened_so_that_something_lies_in_it(values, log):
    if log and values[0] <= 0:
        return
    low, high = widened(*values, log=log)
    assert low < values[0] <= values[1] < high
    assert ticks(low, high, 6)


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        (0.2, 0.2, "0.2"),
        (98.0, 0.5, "98.0"),
        (-3, 1, "−3"),
        (20000, 5000, "20,000"),
        (1e-7, 5e-8, "1e−07"),
        (4, 0, "4"),
    ],
)
def test_a_tick_is_as_long_as_its_neighbours_need(value, step, expected):
    assert written(value, step) == expected
