"""Declarations: frozen pydantic models whose fields make forms, options and preset checks.

Nothing here, nor at the top of a module that declares strategies, models or datasets, imports
torch: forms and command-line answers must not wait for it.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Annotated, Any, TypeVar, Union

from pydantic import BaseModel, ConfigDict, Field

from kdstudio.errors import KDStudioError


class Declaration(BaseModel):
    """A frozen set of choices; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def headline(cls) -> str:
        """First line of the docstring: what people read in lists and tooltips."""
        return (cls.__doc__ or "").strip().splitlines()[0]


def option(
    default: Any,  # noqa: ANN401
    title: str,
    help: str,  # noqa: A002
    *,
    unit: str = "",
    taps_of: str = "",
    hidden: bool = False,
    **limits: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Declare a field once: its default, label, sentence of help, unit and range.

    ``taps_of`` names the role whose network's taps can be chosen from; a ``hidden`` field is filled in by
    the program, not in a form. ``limits`` are pydantic's
    (``ge``, ``le``, ``gt``, ``lt``, ``min_length``, ``pattern``).
    """
    told = {"unit": unit, "taps_of": taps_of, "hidden": hidden}
    extra: dict[str, Any] = {key: value for key, value in told.items() if value}
    return Field(default, title=title, description=help, json_schema_extra=extra or None, **limits)


D = TypeVar("D", bound=Declaration)


class Registry(Mapping[str, type[Declaration]]):
    """Declarations by name; a name goes in once."""

    def __init__(self, kind: str, package: str) -> None:
        """``kind`` is the word used in errors; ``package`` holds one file for each entry."""
        self.kind = kind
        self._package = package
        self._entries: dict[str, type[Declaration]] = {}
        self._discovered = False

    def register(self, entry: type[D]) -> type[D]:
        """Class decorator: enter a declaration under the default of its ``name`` field."""
        name = entry.model_fields["name"].default
        if name in self._entries:
            raise ValueError(f"{self.kind} '{name}' is registered twice")
        self._entries[name] = entry
        return entry

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True
        package: ModuleType = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")

    def __getitem__(self, name: str) -> type[Declaration]:
        """Return the declaration called ``name``; raises KDStudioError when there is none."""
        self._discover()
        if name not in self._entries:
            raise KDStudioError(f"no {self.kind} '{name}'; there are {', '.join(self)}")
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        """Names in alphabetical order."""
        self._discover()
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        """Count the entries."""
        self._discover()
        return len(self._entries)

    def union(self) -> Any:  # noqa: ANN401
        """Pydantic's type of "any registered entry", told apart by ``name``."""
        members = tuple(self[name] for name in self)
        return Annotated[Union[members], Field(discriminator="name")]  # noqa: UP007


ProgressCallback = Callable[[str, float], None]
"""Called with what is being done and the fraction done, 0 to 1."""
