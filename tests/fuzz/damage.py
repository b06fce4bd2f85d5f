"""Damages of valid files: odd values in their structure, odd bytes, and what is no file in their place.

A damage is small and knows no file, so that a failing example is printed in a line.
"""

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w
from hypothesis import strategies as st

HEADER = 8
"""Bytes of a safetensors file that hold the length of its header, which is JSON."""
LARGEST_PLACE = 2**16
RAW = {
    "__nested__": "[" * 1000 + "]" * 1000,
    "__nested_tables__": '{"a":' * 1000 + "1" + "}" * 1000,
    "__digits__": "9" * 5000,
    "__beyond__": "1e400",
    "__long__": '"' + "x" * 100_000 + '"',
    "__half__": r'"\ud800"',
}
"""What no writer of JSON writes, by what stands for it until all else is written."""
TWICE = "__twice__"
ODD = st.one_of(
    st.sampled_from([*RAW]),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 2, 10**19, 2**31, 2**63, -(10**400), 10**400, 10**9, 10**12, 1e308, 5e-324]),
    st.text(max_size=20),
    st.sampled_from(
        ["", ".", "..", "../x", "../../../evil", "/tmp/kdstudio-evil", "a/b", "a\nb", "\0", "\x1b[2J", "<b>&"]
    ),
    st.sampled_from(
        ["nan", "inf", "1e999", "student", "teacher", "test", "seed", "finished", "digits", "%s{0}"]
    ),
    st.lists(st.one_of(st.integers(), st.text(max_size=3), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)
places = st.integers(0, LARGEST_PLACE)


class Damage(NamedTuple):
    """What is done, at which of the places that there are (modulo their number), and with what."""

    what: str
    place: int = 0
    more: Any = None


def _damages(what: str, more: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Damage]:
    return st.builds(Damage, st.just(what), places, st.none() if more is None else more)


STRUCTURAL = st.one_of(
    _damages("value", ODD), _damages("value", ODD), _damages("value", ODD),
    _damages("drop"), _damages("add", ODD), _damages(TWICE, ODD), _damages("swap", places),
)  # fmt: skip
BYTEWISE = st.one_of(
    _damages("flip", st.integers(0, 7)),
    _damages("cut"),
    _damages("insert", st.binary(min_size=1, max_size=8)),
    _damages("zeros", st.integers(1, 5000)),
    _damages("line twice"),
    _damages("line gone"),
    _damages("lines swapped", places),
)
INSTEAD = st.sampled_from(["pipe", "folder", "loop", "device", "nowhere", "gone", "empty", "locked"]).map(
    Damage
)
damages = st.one_of(
    st.lists(STRUCTURAL, min_size=1, max_size=3),
    st.lists(STRUCTURAL, min_size=1, max_size=3),
    st.lists(BYTEWISE, min_size=1, max_size=3),
    st.lists(INSTEAD, min_size=1, max_size=1),
)


def damage(file: Path, wanted: list[Damage]) -> None:
    """Damage ``file`` in one way after the other."""
    for each in wanted:
        if each.what in IN_PLACE:
            content = file.read_bytes()
            file.unlink()
            IN_PLACE[each.what](file, content)
        else:
            file.write_bytes(damaged(file.read_bytes(), file.suffix, each))


IN_PLACE: dict[str, Callable[[Path, bytes], object]] = {
    "pipe": lambda file, _: os.mkfifo(file),
    "folder": lambda file, _: file.mkdir(),
    "loop": lambda file, _: file.symlink_to(file.name),
    "device": lambda file, _: file.symlink_to("/dev/zero"),
    "nowhere": lambda file, _: file.symlink_to("nowhere"),
    "gone": lambda file, _: None,
    "empty": lambda file, _: file.touch(),
    "locked": lambda file, content: (file.write_bytes(content), file.chmod(0)),
}


def damaged(content: bytes, suffix: str, wanted: Damage) -> bytes:
    """Return ``content`` with a damage; with zeros at its end where it is too broken to have this one."""
    if wanted.what in BYTES:
        return BYTES[wanted.what](content, wanted)
    try:
        return SHAPES.get(suffix, _of_no_shape)(content, wanted)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):  # damaged before
        return content + bytes(16)


def _flip(content: bytes, wanted: Damage) -> bytes:
    place = wanted.place % max(len(content), 1)
    return (
        content[:place]
        + bytes([byte ^ 1 << wanted.more for byte in content[place : place + 1]])
        + content[place + 1 :]
    )


def _cut(content: bytes, wanted: Damage) -> bytes:
    return content[: wanted.place % (len(content) + 1)]


def _insert(content: bytes, wanted: Damage) -> bytes:
    place = wanted.place % (len(content) + 1)
    return content[:place] + wanted.more + content[place:]


def _zeros(content: bytes, wanted: Damage) -> bytes:
    place = wanted.place % (len(content) + 1)
    return content[:place] + bytes(wanted.more) + content[place + wanted.more :]


def _lines(content: bytes, wanted: Damage) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    place = wanted.place % len(lines)
    if wanted.what == "line twice":
        lines.insert(place, lines[place])
    elif wanted.what == "line gone":
        del lines[place]
    else:
        other = wanted.more % len(lines)
        lines[place], lines[other] = lines[other], lines[place]
    return b"".join(lines)


BYTES: dict[str, Callable[[bytes, Damage], bytes]] = {
    "flip": _flip,
    "cut": _cut,
    "insert": _insert,
    "zeros": _zeros,
    "line twice": _lines,
    "line gone": _lines,
    "lines swapped": _lines,
}


def _json(content: bytes, wanted: Damage) -> bytes:
    return _written(json.dumps(altered(json.loads(content), wanted)), wanted)


def _jsonl(content: bytes, wanted: Damage) -> bytes:
    lines = content.splitlines()
    place = wanted.place % len(lines)
    lines[place] = _json(lines[place], wanted._replace(place=wanted.place // len(lines)))
    return b"\n".join(lines) + b"\n"


def _toml(content: bytes, wanted: Damage) -> bytes:
    return _written(tomli_w.dumps(altered(tomllib.loads(content.decode()), wanted)), wanted)


def _safetensors(content: bytes, wanted: Damage) -> bytes:
    end = HEADER + int.from_bytes(content[:HEADER], "little")
    header = _json(content[HEADER:end], wanted)
    return len(header).to_bytes(HEADER, "little") + header + content[end:]


def _of_no_shape(content: bytes, wanted: Damage) -> bytes:
    raise ValueError("it has no structure that is known")


SHAPES: dict[str, Callable[[bytes, Damage], bytes]] = {
    ".json": _json,
    ".jsonl": _jsonl,
    ".toml": _toml,
    ".safetensors": _safetensors,
}


def _written(text: str, wanted: Damage) -> bytes:
    for mark, raw in RAW.items():
        text = text.replace(f'"{mark}"', raw)
    if wanted.what == TWICE:
        text = text.replace(TWICE, "name" if wanted.place % 2 else "kind")
    return text.encode("utf-8", "surrogatepass")


def altered(value: Any, wanted: Damage) -> Any:
    """Return a parsed file with one of its values, or keys, another one."""
    found = [*_places(value)]
    path = found[wanted.place % len(found)]
    if wanted.what == "swap":
        other = found[wanted.more % len(found)]
        one, two = _at(value, path), _at(value, other)
        return _with(_with(value, path, two), other, one)
    if wanted.what == "drop":
        return _without(value, path)
    if wanted.what in ("add", TWICE):
        held, key = _at(value, path), TWICE if wanted.what == TWICE else "odd"
        if isinstance(held, list):
            return _with(value, path, [*held, wanted.more])
        return _with(value, path, {**(held if isinstance(held, dict) else {}), key: wanted.more})
    return _with(value, path, wanted.more)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Any:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _with(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = _with(copy[path[0]], path[1:], other)
    return copy


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    if not path:
        return {}
    held = _at(value, path[:-1]).copy()
    del held[path[-1]]
    return _with(value, path[:-1], held)
