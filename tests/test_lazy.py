import sys

import pytest

from kdstudio.lazy import LazyModule

MODULE = "colorsys"


def test_a_module_is_loaded_when_a_function_is_called(monkeypatch):
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    lazy = LazyModule(MODULE)
    convert = lazy.rgb_to_hsv
    assert MODULE not in sys.modules
    assert convert.__name__ == "rgb_to_hsv"
    assert convert(1, b=0, g=0) == (0.0, 1.0, 1)
    assert MODULE in sys.modules


def test_what_is_not_there_is_told_at_the_call():
    with pytest.raises(AttributeError, match="nothing"):
        LazyModule(MODULE).nothing()
    with pytest.raises(ModuleNotFoundError):
        LazyModule("kdstudio.nowhere").function()


def test_it_pretends_to_no_special_method():
    with pytest.raises(AttributeError):
        LazyModule(MODULE).__wrapped__  # noqa: B018
