"""Definitions taken out of our source: names, imports, order, sections."""

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.script.definitions import Definitions, identifier
from kdstudio.runs.script.source import Import

RESPONSE = "kdstudio.engine.losses.response"


def test_a_function_comes_with_all_that_it_needs_in_order():
    definitions = Definitions("losses")
    assert definitions.use(RESPONSE, "dist") == "dist"
    text = "\n\n".join(definitions.texts()["losses"])
    places = [text.index(f"def {name}(") for name in ("unit", "_correlation", "dist")]
    assert places == sorted(places)
    namespace = {}
    exec(f"from __future__ import annotations\n{definitions.header()}\n{text}", namespace)
    assert callable(namespace["dist"])


def test_two_things_of_one_name_get_two_names():
    definitions = Definitions("a")
    one = definitions.use("kdstudio.models.fitnet", "Layer")
    other = definitions.use("kdstudio.models.catalogue", "Layer")
    assert (one, other) == ("Layer", "Layer_2")
    assert "class Layer_2(NamedTuple):" in definitions.texts()["a"][-1]


def test_what_an_earlier_section_needs_too_stands_there():
    definitions = Definitions("first", "second")
    with definitions.section("second"):
        definitions.use(RESPONSE, "dist")
    with definitions.section("first"):
        definitions.use(RESPONSE, "_correlation")
    first, second = definitions.texts().values()
    assert [text.split("(")[0].split()[-1] for text in first] == ["unit", "_correlation"]
    assert len(second) == 1


def test_an_import_whose_name_is_taken_gets_another():
    definitions = Definitions("a")
    definitions.add("mean", "def {name}():\n    return 1")
    assert definitions.imported(Import("statistics", "mean"), "mean") == "mean_2"
    assert definitions.header() == "from statistics import mean as mean_2"


def test_imports_stand_in_the_usual_order():
    definitions = Definitions("a")
    for origin, bound in ((Import("torch"), "torch"), (Import("torch", "nn"), "nn"),
                          (Import("math"), "math"), (Import("numpy"), "np")):  # fmt: skip
        definitions.imported(origin, bound)
    assert definitions.header() == "import math\n\nimport numpy as np\nimport torch\nfrom torch import nn"


def test_packages_that_a_script_may_not_import_are_named():
    with pytest.raises(KDStudioError, match="needs the package 'psutil'"):
        Definitions("a").use("kdstudio.data.sources.folder", "psutil")


def test_names_of_networks_become_names_in_code():
    assert [identifier(n) for n in ("student T4 seed-1", "net-1 mutual", "2x", "φ", "no T²")] == [
        "student_T4_seed_1", "net_1_mutual", "_2x", "φ", "no_T",
    ]  # fmt: skip
