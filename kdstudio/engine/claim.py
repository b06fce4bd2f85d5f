"""A claim is data: what is said, and what of a run's networks is measured to show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Self

from pydantic import field_validator, model_validator

from kdstudio.declaration import Declaration, OptionalNumber, option
from kdstudio.engine.events import StageSummary
from kdstudio.engine.identity import SEED, Coordinate, Identity
from kdstudio.engine.judgement import Expectation
from kdstudio.engine.quantities.declaration import AnyQuantity, Quantity
from kdstudio.engine.selecting import KEYS, Selector, Some, fits, nearest, spoken_selector
from kdstudio.engine.views import Comparison
from kdstudio.errors import KDStudioError, speaking_of


class Measured(Declaration):
    """A quantity of some networks, held against that of others or against a number."""

    quantity: AnyQuantity = option(..., "Quantity", "What is measured: its name, or a table with options.")
    of: dict[str, Coordinate] = option(
        {},
        "Of",
        "Kind, role and coordinates of the networks; the strategy's results where no kind is named. Where "
        "several are meant, each must do as expected.",
    )
    expect: Expectation = option(..., "Expect", "lower, higher, or equal within the tolerance.")
    than: float | dict[str, Coordinate] = option(
        {},
        "Than",
        "A number, or the networks that are held against; the strategy's controls where no kind is named.",
    )
    than_quantity: AnyQuantity | None = option(
        None, "Than quantity", "What of them is measured, where that is another quantity."
    )
    tolerance: OptionalNumber = option(
        None, "Tolerance", "Of equal: the whole 95 % interval of the difference must lie within it.", gt=0
    )

    @model_validator(mode="after")
    def _tolerance_of_equal(self) -> Self:
        if self.expect == "equal" and self.tolerance is None:
            raise ValueError("equal needs a tolerance: how far apart still counts as equal")
        if self.expect != "equal" and self.tolerance is not None:
            raise ValueError(f"'{self.expect}' takes no tolerance; it belongs to equal")
        if self.than_quantity and isinstance(self.than, float):
            raise ValueError("a number has no quantity of its own; leave than_quantity out")
        if named := [key for key in (*self.of, *_keys(self.than)) if key == SEED]:
            raise ValueError(f"'{named[0]}' cannot be selected: differences are taken over the seeds")
        return self

    @property
    def other_quantity(self) -> Quantity:
        """What is measured of the others."""
        return self.than_quantity or self.quantity

    def selected(self, kinds: Comparison) -> Selector:
        """Which networks are meant."""
        return {"kind": kinds.result, **self.of}

    def compared(self, kinds: Comparison) -> Selector | None:
        """Which networks they are held against; None for a number."""
        return None if isinstance(self.than, float) else {"kind": kinds.control, **self.than}

    def others(self, own: Some, among: Sequence[Some], kinds: Comparison) -> list[Some]:
        """Find those of ``among`` that ``own`` is held against: not itself, but in another quantity."""
        where = self.compared(kinds)
        others = [each for each in among if self.than_quantity or each is not own]
        return [] if where is None else nearest(own, others, where)


def _keys(than: float | Mapping[str, Coordinate]) -> tuple[str, ...]:
    return () if isinstance(than, float) else (*than,)


class Drawn(Declaration):
    """A quantity of some networks, drawn against one of its options."""

    quantity: AnyQuantity = option(..., "Quantity", "What is drawn: its name, or a table with options.")
    of: dict[str, Coordinate] = option(
        {},
        "Of",
        "Kind, role and coordinates of the networks; the strategy's results where no kind is named.",
    )
    over: str = option(..., "Over", "The option of the quantity that it is drawn against: temperature.")
    values: tuple[float, ...] = option(..., "Values", "What the option takes.", min_length=2)

    @model_validator(mode="after")
    def _an_option(self) -> Self:
        options = [name for name in type(self.quantity).model_fields if name != "name"]
        if self.over not in options:
            there = f"it has {', '.join(options)}" if options else "it has none"
            raise ValueError(f"'{self.over}' is no option of the quantity '{self.quantity.name}'; {there}")
        self.quantities()
        return self

    def quantities(self) -> tuple[Quantity, ...]:
        """Return the quantity with each of the values; ValueError for one that it cannot have."""
        told = self.quantity.model_dump()
        return tuple(type(self.quantity).model_validate(told | {self.over: value}) for value in self.values)

    def selected(self, kinds: Comparison) -> Selector:
        """Which networks are meant."""
        return {"kind": kinds.result, **self.of}


class Claim(Declaration):
    """What an experiment is to show, and how that is measured."""

    statement: str = option(..., "Statement", "What is claimed, in a sentence.", min_length=1)
    slide: str = option("", "Slide", "The words of the lecture.")
    published: str = option("", "Published", "The paper's figures, with their setting.")
    measured: tuple[Measured, ...] = option(..., "Measured", "All of it must come out as expected.")
    drawn: tuple[Drawn, ...] = option(
        (), "Drawn", "Curves that show it; those of one quantity and option are one figure."
    )

    @field_validator("measured")
    @classmethod
    def _something(cls, measured: tuple[Measured, ...]) -> tuple[Measured, ...]:
        if not measured:
            raise ValueError("nothing is measured; add a table [[claim.measured]]")
        return measured


def check_claim(
    claim: Claim, kinds: Comparison, networks: Sequence[Identity], stages: Sequence[StageSummary]
) -> None:
    """Raise KDStudioError where a run that scores ``networks`` cannot have what the claim measures."""
    for number, measured in enumerate(claim.measured):
        with speaking_of("claim", "measured", str(number)):
            _check(measured, kinds, networks, stages)
    for number, drawn in enumerate(claim.drawn):
        with speaking_of("claim", "drawn", str(number)):
            selected = _fitting(drawn.selected(kinds), networks)
            _check_quantity(drawn.quantity, selected, kinds, networks, stages)


def _check(
    measured: Measured, kinds: Comparison, networks: Sequence[Identity], stages: Sequence[StageSummary]
) -> None:
    selected = _fitting(measured.selected(kinds), networks)
    if compared := measured.compared(kinds):
        _fitting(compared, networks)
        _each_has(selected, lambda own: measured.others(own, networks, kinds), compared)
    for quantity in (measured.quantity, measured.other_quantity):
        _check_quantity(quantity, selected, kinds, networks, stages)


def _check_quantity(
    quantity: Quantity,
    selected: Sequence[Identity],
    kinds: Comparison,
    networks: Sequence[Identity],
    stages: Sequence[StageSummary],
) -> None:
    try:
        quantity.check(stages)
    except ValueError as error:
        raise KDStudioError(f"the claim's {quantity.name} cannot be measured: {error}") from error
    for where in quantity.selectors(kinds):
        _fitting(where, networks)
        _each_has(selected, partial(nearest, among=networks, where=where), where)


def _each_has(
    selected: Sequence[Identity], others: Callable[[Identity], list[Identity]], where: Selector
) -> None:
    for network in selected:
        if not others(network):
            raise KDStudioError(
                f"the claim holds '{network.name}' against networks with {spoken_selector(where)}, and none "
                "of them shares its seed and settings; name the setting in which they differ"
            )


def _fitting(where: Selector, networks: Sequence[Identity]) -> list[Identity]:
    if found := [network for network in networks if fits(network, where)]:
        return found
    raise KDStudioError(
        f"the claim speaks of networks with {spoken_selector(where)}, and there are none; {_told(networks)}"
    )


def _told(networks: Sequence[Identity]) -> str:
    """``there are kind: teacher, student; role: …; temperature: 1, 4``."""
    values: dict[str, dict[str, None]] = {key: {} for key in KEYS}
    for network in networks:
        told = {key: getattr(network, key) for key in KEYS} | network.without(SEED).coordinates
        for key, value in told.items():
            values.setdefault(key, {})[f"{value:g}" if isinstance(value, float) else str(value)] = None
    return "there are " + "; ".join(f"{key}: {', '.join(several)}" for key, several in values.items())
