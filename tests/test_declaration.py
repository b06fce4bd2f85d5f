from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import ValidationError

from kdstudio.declaration import Declaration, Registry, alternatives, option, value_at


class Colour(Declaration):
    """Something to see.

    More about it.
    """

    name: str
    depth: int = option(3, "Depth", "How deep.", unit="bits", ge=1, le=8)


@pytest.fixture
def colours():
    """A registry of two colours."""
    registry = Registry("colour", "colorsys")  # a module that declares nothing

    @registry.register
    class Red(Colour):
        name: Literal["red"] = "red"

    @registry.register
    class Blue(Colour):
        name: Literal["blue"] = "blue"
        light: float = 0.5

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


def red_again(formerly_known_as=()):
    class Other(Colour):
        name: Literal["red"] = "red"
        formerly: ClassVar[tuple[str, ...]] = formerly_known_as

    return Other


def test_of_two_with_one_name_the_first_stays_and_the_second_is_named(colours):
    first, second = colours["red"], red_again()
    colours.register(first)
    assert colours.failures == {}
    colours.register(second)
    assert colours["red"] is first
    ((who, why),) = colours.failures.items()
    assert who == f"{__name__}.red_again.<locals>.Other"
    assert why == f"the colour 'red' is registered already, by {__name__}.colours.<locals>.Red"


def test_ours_takes_the_place_of_a_strangers(colours):
    ours = red_again()
    ours.__module__ = "kdstudio.colours"
    colours.register(ours)
    assert colours["red"] is ours
    assert list(colours.failures) == [f"{__name__}.colours.<locals>.Red"]


def test_a_class_defined_anew_takes_its_own_place():
    registry = Registry("colour", "colorsys")
    registry.register(red_again())
    anew = registry.register(red_again())
    assert registry["red"] is anew
    assert registry.failures == {}


def test_a_class_without_a_name_is_refused(colours):
    with pytest.raises(TypeError, match=r"Colour has no name; write name: Literal\['…'\] = '…'"):
        colours.register(Colour)


@pytest.fixture
def wall(colours):
    """A declaration with a colour."""

    class Wall(Declaration):
        paint: Annotated[Colour, colours]
        stripes: dict[str, Annotated[Colour, colours]] = {}

    return Wall


def test_a_field_takes_any_entry_and_writes_out_all_of_it(wall, colours):
    blue = {"name": "blue", "depth": 3, "light": 0.25}
    built = wall.model_validate({"paint": {"name": "blue", "light": 0.25}, "stripes": {"a": blue}})
    assert built.paint == colours["blue"](light=0.25)
    assert built.model_dump() == {"paint": blue, "stripes": {"a": blue}}
    assert wall.model_validate_json(built.model_dump_json()) == built
    assert wall(paint=built.paint).paint is built.paint


def test_what_is_registered_later_is_accepted_too(wall, colours):
    with pytest.raises(ValidationError, match="no 'green'; there are blue, red"):
        wall.model_validate({"paint": {"name": "green"}})

    @colours.register
    class Green(Colour):
        name: Literal["green"] = "green"

    assert wall.model_validate({"paint": {"name": "green"}}).paint == Green()
    assert Green in alternatives(*told_of(wall, "paint"))
    assert Green in alternatives(*told_of(wall, "stripes"))


def told_of(declaration, name):
    field = declaration.model_fields[name]
    return field.annotation, field.metadata


@pytest.mark.parametrize("value", [{}, {"depth": 3}, "red", 3, None, {"name": {}}, {"name": ["red"]}])
def test_what_names_no_entry_is_refused(wall, value):
    with pytest.raises(ValidationError, match=r"say which one: name = …|no '[^r].*'; there are blue, red"):
        wall.model_validate({"paint": value})


def test_a_former_name_is_the_entry(wall, colours):
    class Violet(Colour):
        name: Literal["violet"] = "violet"
        formerly: ClassVar[tuple[str, ...]] = ("purple", "red")

    colours.register(Violet)
    assert colours["purple"] is Violet
    assert list(colours) == ["blue", "red", "violet"]
    assert wall.model_validate({"paint": {"name": "purple", "depth": 4}}).paint == Violet(depth=4)
    assert colours["red"] is not Violet


def test_threads_wait_until_all_is_discovered(tmp_path, monkeypatch):
    (tmp_path / "slow_colours").mkdir()
    (tmp_path / "slow_colours" / "__init__.py").write_text("")
    (tmp_path / "slow_colours" / "one.py").write_text("import time; time.sleep(0.2); 1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry("colour", "slow_colours")
    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(lambda _: (len(registry), len(registry.failures)), range(4)))
    assert counts == [(0, 1)] * 4
    assert registry.failures == {
        "slow_colours.one": "ZeroDivisionError: division by zero, in slow_colours/one.py, line 1"
    }


def test_a_value_is_found_by_its_path():
    raw = {"strategy": {"name": "hinton", "alpha": 0}}
    assert value_at(raw, ("strategy", "alpha")) == 0
    assert value_at(raw, ()) is raw
    assert value_at(raw, ("strategy", "name", "deeper")) is None
    assert value_at(raw, ("networks",)) is None
