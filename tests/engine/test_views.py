import pytest
from pydantic import ValidationError

from kdstudio.engine.views import FigureView, TableView


@pytest.mark.parametrize("key", ["accuracy", "validation.accuracy", "test.errors", "parameters", "latency"])
def test_known_figures_can_be_shown(key):
    assert TableView(title="t", rows=("name",), figures=(key,), best=key).figures == (key,)
    assert FigureView(title="f", x="size", y=key).y == key


@pytest.mark.parametrize("key", ["accuracyy", "training.accuracy", "validation.parameters", ""])
def test_a_slip_in_the_name_of_a_figure_is_found_when_it_is_declared(key):
    with pytest.raises(ValidationError, match="no figure"):
        TableView(title="t", rows=("name",), figures=(key,))
