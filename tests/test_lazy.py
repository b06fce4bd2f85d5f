"""A lazy module is imported when a function of it is called, and not before."""

import copy
import math
import subprocess
import sys
from functools import partial

import pytest

from kdstudio.lazy import LazyModule

SOURCE = """print('loaded')


class Made:
    def __init__(self, *given, **named):
        self.given = given, named
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The name of a module that tells when it is loaded."""
    (tmp_path / "lazily_loaded.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    yield "lazily_loaded"
    sys.modules.pop("lazily_loaded", None)


def test_it_is_loaded_when_a_function_is_first_called(module, capsys):
    lazy = LazyModule(module)
    make = partial(lazy.Made, 1)
    assert lazy.Made.__name__ == "Made"
    assert capsys.readouterr().out == ""
    assert module not in sys.modules
    made = make(2, three=3)
    assert capsys.readouterr().out == "loaded\n"
    assert made.given == ((1, 2), {"three": 3})
    assert isinstance(made, sys.modules[module].Made)
    lazy.Made()
    assert capsys.readouterr().out == ""


def test_a_function_that_is_replaced_afterwards_is_the_one_called(module, monkeypatch):
    lazy = LazyModule(module)
    call = lazy.Made
    call()
    monkeypatch.setattr(sys.modules[module], "Made", lambda: "replaced")
    assert call() == "replaced"


def test_an_unknown_function_is_told_when_it_is_called(module):
    with pytest.raises(AttributeError, match=r"lazily_loaded.* has no attribute 'nothing'"):
        LazyModule(module).nothing()


def test_what_python_asks_of_every_object_is_no_function(module):
    lazy = LazyModule(module)
    assert not hasattr(lazy, "__wrapped__")
    assert not hasattr(lazy, "__torch_function__")
    assert copy.copy(lazy).Made().given == ((), {})


def test_forms_are_made_without_torch():
    """Every declaration, its fields and its formula; torch alone takes a second to load."""
    code = (
        "import sys\n"
        "from kdstudio.engine.experiment import REGISTRIES\n"
        "from kdstudio.engine.matching.declaration import matching_terms\n"
        "from kdstudio.engine.strategy import strategies\n"
        "from kdstudio.models.heads.declaration import heads\n"
        "for registry in REGISTRIES:\n"
        "    for entry in registry.values():\n"
        "        list(entry.model_fields.items()), entry.headline()\n"
        "[(s().formula(), s().roles()) for s in strategies.values()]\n"
        "[term().formula() for term in matching_terms.values()]\n"
        "assert len(heads) and 'torch' not in sys.modules, 'torch is loaded'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_stands_for_a_function_tells_which():
    module = LazyModule("math")
    assert LazyModule.loaded(module.sqrt) is math.sqrt
    assert LazyModule.loaded(math.sqrt) is math.sqrt
