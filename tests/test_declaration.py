from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from kdstudio.declaration import Declaration, Registry, option


class Colour(Declaration):
    """Something to see.

    More about it.
    """

    name: str
    depth: int = option(3, "Depth", "How deep.", unit="bits", ge=1, le=8)


@pytest.fixture
def colours(monkeypatch):
    """A registry of two colours."""
    registry = Registry("colour", "email")  # a package whose modules declare nothing

    @registry.register
    class Red(Colour):
        name: Literal["red"] = "red"

    @registry.register
    class Blue(Colour):
        name: Literal["blue"] = "blue"
        light: float = 0.5

    monkeypatch.setattr(registry, "_discovered", True)
    return registry


def test_an_option_carries_its_title_help_unit_and_range():
    field = Colour.model_fields["depth"]
    assert (field.default, field.title, field.description) == (3, "Depth", "How deep.")
    assert field.json_schema_extra == {"unit": "bits"}
    for depth in (0, 9):
        with pytest.raises(ValidationError):
            Colour(name="x", depth=depth)


def test_declarations_are_frozen_and_know_their_fields():
    with pytest.raises(ValidationError, match="frozen"):
        Colour(name="x").depth = 4
    with pytest.raises(ValidationError, match="Extra inputs"):
        Colour(name="x", deep=4)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_number_is_infinite(colours, value):
    with pytest.raises(ValidationError):
        colours["blue"](light=value)


def test_the_headline_is_the_first_line_of_the_docstring():
    assert Colour.headline() == "Something to see."


def test_names_are_listed_in_alphabetical_order(colours):
    assert list(colours) == ["blue", "red"]
    assert len(colours) == 2
    assert colours["red"]().name == "red"


def test_a_name_goes_in_once(colours):
    with pytest.raises(ValueError, match="colour 'red' is registered twice"):
        colours.register(colours["red"])


def test_the_union_is_told_apart_by_name(colours):
    adapter = TypeAdapter(colours.union())
    assert adapter.validate_python({"name": "blue", "light": 0.25}) == colours["blue"](light=0.25)
    with pytest.raises(ValidationError):
        adapter.validate_python({"name": "green"})
