"""Declarations: frozen pydantic models whose fields make forms, options and preset checks.

Nothing here, nor at the top of a module that declares strategies, models or datasets, imports
torch: forms and command-line answers must not wait for it.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from threading import RLock
from types import ModuleType
from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from kdstudio.errors import KDStudioError
from kdstudio.packages import OURS, deepest_place, offered, owner, package_of_module, top_level

TAGS = ("name", "origin")
"""Fields that tell a declaration from its alternatives; a new choice drops the old one's options."""


class Declaration(BaseModel):
    """A frozen set of choices; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    formerly: ClassVar[tuple[str, ...]] = ()
    """Names that it had before; files with these are still read."""
    needs: ClassVar[tuple[str, ...]] = ()
    """What it asks for that not everybody has, in a word or two each: ``maps``."""

    @classmethod
    def headline(cls) -> str:
        """First line of the docstring: what people read in lists and tooltips."""
        return (cls.__doc__ or "").strip().partition("\n")[0]

    @classmethod
    def introduction(cls) -> tuple[str, str]:
        """Return what people call it, and a line about it: the headline at its colon.

        Where it has none it is called by its name.
        """
        title, colon, line = cls.headline().partition(": ")
        return (title, line[:1].upper() + line[1:]) if colon else (tag_of(cls)[1], title)

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """Return what it asks for on this machine; by default what it ``needs``."""
        return cls.needs


def option(
    default: Any,  # noqa: ANN401
    title: str,
    help: str,  # noqa: A002
    *,
    unit: str = "",
    taps_of: str = "",
    hidden: bool = False,
    advanced: bool = False,
    empty: str = "",
    path: str = "",
    term: str = "",
    **limits: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Declare a field once: its default, label, sentence of help, unit and range.

    ``taps_of`` names the role whose network's taps can be chosen from; a ``hidden`` field is filled in by
    the program, not in a form; an ``advanced`` one is rarely changed, and stands behind a button there.
    ``empty`` is what forms show where nothing is given (of ``OptionalNumber``). ``path`` says that it names a
    ``folder``, or a file with one of these patterns: ``*.pt *.pth``. ``term`` is the entry of
    ``resources/glossary.toml`` that explains it: ``temperature``. ``limits`` are pydantic's (``ge``, ``le``,
    ``gt``, ``lt``, ``min_length``, ``pattern``).
    """
    hints = {
        "unit": unit,
        "taps_of": taps_of,
        "hidden": hidden,
        "advanced": advanced,
        "empty": empty,
        "path": path,
        "term": term,
    }
    extra: dict[str, Any] = {key: value for key, value in hints.items() if value}
    return Field(default, title=title, description=help, json_schema_extra=extra or None, **limits)


_EMPTY = BeforeValidator(lambda value: None if value == "" else value)
OptionalNumber = Annotated[float | None, _EMPTY]
"""A number, or nothing: an empty field of a form, ``--set path=``, or no line in a file."""
OptionalInteger = Annotated[int | None, _EMPTY]
"""The same of whole numbers."""

D = TypeVar("D", bound=Declaration)
E = TypeVar("E", bound=Declaration)


class Registry(Mapping[str, type[D]], Generic[D]):
    """Declarations by name, ours and those of other packages; a name goes in once.

    ``Annotated[Strategy, strategies]`` is the type of a field that holds any entry: a value's ``name`` is
    looked up whenever one is validated, so that what is registered later is accepted too.
    """

    def __init__(self, kind: str, package: str, group: str = "") -> None:
        """``kind`` is the word used in errors.

        ``package`` holds one file for each entry, or is the one file; ``group`` is that of the entry points
        by which other packages add their own.
        """
        self.kind = kind
        self._failures: dict[str, str] = {}
        self._package, self._group = package, group
        self._entries: dict[str, type[D]] = {}
        self._discovering = self._discovered = False
        self._lock = RLock()

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def register(self, entry: type[E]) -> type[E]:
        """Class decorator: enter a declaration under the default of its ``name`` field.

        Of two with one name ours stays, or else the first; the other is named in ``failures``. A class
        that is defined anew, as in a notebook, takes its own place.
        """
        field = entry.model_fields.get("name")
        if field is None or not isinstance(field.default, str):
            raise TypeError(f"{entry.__qualname__} has no name; write name: Literal['…'] = '…'")
        new = cast("type[D]", entry)
        held = self._entries.get(field.default)
        if held is None or _identity(held) == _identity(new):
            self._entries[field.default] = new
            return entry
        first, second = (new, held) if _is_ours(new) and not _is_ours(held) else (held, new)
        self._entries[field.default] = first
        self._failures[".".join(_identity(second))] = (
            f"the {self.kind} '{field.default}' is registered already, by {'.'.join(_identity(first))}"
        )
        return entry

    def package_of(self, name: str) -> str:
        """Name of the package that an entry came from: ``kdstudio`` for ours."""
        return package_of_module(self[name].__module__)

    @property
    def failures(self) -> Mapping[str, str]:
        """What could not be entered, and why: by module, class or entry point."""
        self._discover()
        return self._failures

    def find(self, name: str) -> type[D] | None:
        """Return the declaration that is called ``name``, or was formerly."""
        self._discover()
        formerly = (entry for entry in tuple(self._entries.values()) if name in entry.formerly)
        return self._entries.get(name) or next(formerly, None)

    def _discover(self) -> None:
        """Import, once, whatever registers entries; what fails is left out."""
        if self._discovered:
            return
        with self._lock:  # other threads wait; an import that asks meanwhile gets what is there
            if self._discovering:
                return
            self._discovering = True
            package: ModuleType = importlib.import_module(self._package)
            for module in pkgutil.iter_modules(getattr(package, "__path__", ())):
                name = f"{self._package}.{module.name}"
                self._attempt(name, name, partial(importlib.import_module, name))
            for point in offered(self._group) if self._group else ():
                self._attempt(f"{point.value} (package {owner(point)})", point.module, point.load)
            self._discovered = True

    def _attempt(self, what: str, module: str, load: Callable[[], object]) -> None:
        try:
            found = load()
            if isinstance(found, type) and issubclass(found, Declaration):
                self.register(found)
            elif not isinstance(found, ModuleType):
                raise TypeError("an entry point names a module or the class of a declaration")
        except (Exception, SystemExit) as error:  # a stranger's module fails in any way
            self._failures[what] = f"{type(error).__name__}: {error}{_whereabouts(error, module)}"
            for name, entry in tuple(self._entries.items()):  # what it had entered before it failed
                if top_level(entry.__module__) == top_level(module) and entry.__module__ not in sys.modules:
                    del self._entries[name]

    def __getitem__(self, name: str) -> type[D]:
        """Return the declaration called ``name``; raises KDStudioError when there is none."""
        found = self.find(name)
        if found is None:
            raise KDStudioError(f"no {self.kind} '{name}'; there are {', '.join(self)}")
        return found

    def __iter__(self) -> Iterator[str]:
        """Names in alphabetical order."""
        self._discover()
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        """Count the entries."""
        self._discover()
        return len(self._entries)

    def __get_pydantic_core_schema__(self, source: type[Declaration], _: GetCoreSchemaHandler) -> CoreSchema:
        """Validate by the entry that is named, and write out all of its fields."""

        def validated(value: object) -> object:
            if isinstance(value, source):
                return value
            if not isinstance(value, Mapping) or "name" not in value:
                raise PydanticCustomError("no_choice", "say which one: name = …")
            entry = self.find(str(value["name"]))
            if entry is None:
                context = {"name": str(value["name"]), "names": ", ".join(self), "kind": self.kind}
                raise PydanticCustomError("no_entry", "no '{name}'; there are {names}", context)
            return entry.model_validate({**value, "name": entry.model_fields["name"].default})

        anything = core_schema.simple_ser_schema("any")  # as the value's own class writes itself
        return core_schema.no_info_plain_validator_function(validated, serialization=anything)


def _identity(entry: type[Declaration]) -> tuple[str, str]:
    return entry.__module__, entry.__qualname__


def _is_ours(entry: type[Declaration]) -> bool:
    return top_level(entry.__module__) == OURS


def _whereabouts(error: BaseException, module: str) -> str:
    """``, in kd_assistants/chain.py, line 17``, if it can be told."""
    if isinstance(error, SyntaxError):
        return ""  # its text ends with file and line
    place = deepest_place(error, {top_level(module)})
    return f", in {place}" if place else ""


def alternatives(kind: Any, metadata: Sequence[Any] = ()) -> list[type[Declaration]]:  # noqa: ANN401
    """Declarations that a type allows, with its ``metadata``: several where there is a choice.

    Of a table, those of its entries; none for a plain value.
    """
    registry = next((one for one in metadata if isinstance(one, Registry)), None)
    if registry is not None:
        return list(registry.values())
    if get_origin(kind) is Annotated:
        return alternatives(kind.__origin__, kind.__metadata__)
    if get_origin(kind) is dict:
        return alternatives(get_args(kind)[1])
    kinds = get_args(kind) or (kind,)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Declaration)]


def tag_of(declaration: type[Declaration]) -> tuple[str, str]:
    """Name and value of the field that tells ``declaration`` from its alternatives; empty if none does."""
    fields = declaration.model_fields
    return next(((tag, str(fields[tag].default)) for tag in TAGS if tag in fields), ("", ""))


def value_at(raw: Any, path: Sequence[str | int]) -> Any:  # noqa: ANN401
    """Return the value at ``path`` in tables within tables, None if there is none."""
    for part in path:
        raw = raw.get(part) if isinstance(raw, dict) else None
    return raw


def with_value(raw: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a copy of ``raw`` in which ``path`` holds ``value``."""
    key, rest = path[0], path[1:]
    if not rest:
        return {**raw, key: value}
    inner = raw.get(key)
    inner = inner if isinstance(inner, dict) else {}
    if len(rest) == 1 and rest[0] in TAGS and inner.get(rest[0]) != value:
        return {**raw, key: {rest[0]: value}}
    return {**raw, key: with_value(inner, rest, value)}


def without_value(raw: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """Return a copy of ``raw`` in which there is nothing at ``path``."""
    key, rest = path[0], path[1:]
    if rest:
        return {**raw, key: without_value(raw[key], rest)}
    return {other: value for other, value in raw.items() if other != key}


ProgressCallback = Callable[[str, float], None]
"""Called with what is being done and the fraction done, 0 to 1."""
