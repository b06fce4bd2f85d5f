import pytest
from pydantic import ValidationError

from kdstudio.engine.views import FigureView, TableView, told_apart


@pytest.mark.parametrize("key", ["accuracy", "validation.accuracy", "test.errors", "parameters", "latency"])
def test_known_figures_can_be_shown(key):
    assert TableView(title="t", rows=("name",), figures=(key,), best=key).figures == (key,)
    assert FigureView(title="f", x="size", y=key).y == key


@pytest.mark.parametrize("key", ["accuracyy", "training.accuracy", "validation.parameters", ""])
def test_a_slip_in_the_name_of_a_figure_is_found_when_it_is_declared(key):
    with pytest.raises(ValidationError, match="no figure"):
        TableView(title="t", rows=("name",), figures=(key,))


def test_networks_are_told_apart_by_the_coordinates_in_the_rows_and_columns_of_tables():
    views = (
        TableView(title="a", rows=("role", "method", "size")),
        FigureView(title="b", x="depth"),
        TableView(title="c", rows=("size",), columns="generation"),
    )
    assert told_apart(views) == ("method", "size", "generation")
