"""Ways in which a run's folder may be damaged: by a kill, a loss of power, a slip, or a stranger."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any

from kdstudio.runs.folder import RunFolder

Damage = Callable[[RunFolder], None]


def summary(**more: Any) -> Damage:
    """Give the summary other values."""

    def damage(run: RunFolder) -> None:
        raw = json.loads(run.summary_file.read_bytes())
        run.summary_file.write_text(json.dumps(raw | more))

    return damage


def row(path: str, value: Any) -> Damage:
    """Give the first network of the summary another value."""

    def damage(run: RunFolder) -> None:
        raw = json.loads(run.summary_file.read_bytes())
        *inside, last = path.split(".")
        here = next(iter(raw["networks"].values()))
        for key in inside:
            here = here[key]
        here[last] = value
        run.summary_file.write_text(json.dumps(raw))

    return damage


def experiment(**more: Any) -> Damage:
    """Give the experiment in the summary other values."""

    def damage(run: RunFolder) -> None:
        raw = json.loads(run.summary_file.read_bytes())
        summary(experiment=raw["experiment"] | more)(run)

    return damage


def written(content: bytes) -> Damage:
    """Write something else into the summary."""
    return lambda run: run.summary_file.write_bytes(content) and None


def replaced(make: Callable[[RunFolder], object]) -> Damage:
    """Put something that is no file in the summary's place."""

    def damage(run: RunFolder) -> None:
        run.summary_file.unlink()
        make(run)

    return damage


def truncated(run: RunFolder) -> None:
    content = run.summary_file.read_bytes()
    run.summary_file.write_bytes(content[: len(content) // 2])


def zeroed(run: RunFolder) -> None:
    run.summary_file.write_bytes(bytes(run.summary_file.stat().st_size))


OF_SUMMARY: Mapping[str, Damage] = {
    "empty": written(b""),
    "no JSON": written(b"{"),
    "half": truncated,
    "zeros": zeroed,
    "no text": written(b'{"name": "\xff\xfe"}'),
    "half a character": written(b'{"name": "\\ud800"}'),
    "a list": written(b"[]"),
    "a number": written(b"3"),
    "nested": written(b"[" * 100_000),
    "NaN": written(b'{"version": 2, "seconds": NaN}'),
    "no experiment": written(b'{"experiment": {}}'),
    "no date": summary(started="yesterday"),
    "an early date": summary(started="0001-01-01T00:00:00"),
    "a late date": summary(started="9999-12-31T23:59:59"),
    "infinite time": summary(seconds=1e400),
    "long time": summary(seconds=1e300),
    "negative time": summary(seconds=-1.0),
    "unknown state": summary(status="odd"),
    "a state that nobody writes": summary(status="damaged"),
    "a later version": summary(version=1_000_000),
    "many seeds": experiment(seeds=100_000_000),
    "no number of seeds": experiment(seeds="many"),
    "no strategy": experiment(strategy=None),
    "a strategy without a name": experiment(strategy={}),
    "no networks": experiment(networks=[3]),
    "a sweep of nothing": experiment(sweep={"strategy.temperature": 4}),
    "odd figures of a paper": experiment(about={"title": "x", "published": [{"value": 3}]}),
    "an infinite option": experiment(odd=float("inf")),
    "a long name of a class": summary(class_names=["x" * 1_000_000]),
    "too few classes": row("classes", [10_000]),
    "a network beyond the folder": summary(planned={"../../x": {"role": "../../x", "kind": "student"}}),
    "a share that is none": row("last_epoch.test.accuracy", 3.0),
    "a score that is no number": row("last_epoch.test.loss", float("nan")),
    "a large coordinate": row("coordinates", {"generation": 10**400}),
    "rows of another shape": summary(networks=[1, 2]),
    "a pipe": replaced(lambda run: os.mkfifo(run.summary_file)),
    "a folder": replaced(lambda run: run.summary_file.mkdir()),
    "a loop of links": replaced(lambda run: run.summary_file.symlink_to(run.summary_file)),
    "a device": replaced(lambda run: run.summary_file.symlink_to("/dev/zero")),
    "a link to nowhere": replaced(lambda run: run.summary_file.symlink_to("nowhere")),
    "none": replaced(lambda run: None),
}
"""After each the run is damaged."""


def in_place_of(name: str, make: Callable[[Any], object]) -> Damage:
    """Put something else in a file's place, or there where none is."""

    def damage(run: RunFolder) -> None:
        path = run.path / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(exist_ok=True)
        make(path)

    return damage


def appended(content: bytes) -> Damage:
    """Lengthen the log."""

    def damage(run: RunFolder) -> None:
        with run.events_file.open("ab") as file:
            file.write(content)

    return damage


def first_file(folder: str, content: bytes) -> Damage:
    """Write something else into one of the files of a folder."""

    def damage(run: RunFolder) -> None:
        file = min((run.path / folder).iterdir())
        file.write_bytes(content)

    return damage


UNPLANNED = b'{"kind":"stage-done","stage":99,"seconds":1,"networks":{}}\n'

BESIDE: Mapping[str, Damage] = {
    "half a line": appended(b'{"kind":"step-done","stage":0'),
    "zeros in the log": appended(bytes(4096)),
    "a bad line": appended(b"nothing\n"),
    "an unknown event": appended(b'{"kind": "odd"}\n'),
    "a stage that was never planned": appended(UNPLANNED),
    "no log": in_place_of("events.jsonl", lambda path: None),
    "a pipe for a log": in_place_of("events.jsonl", os.mkfifo),
    "no experiment": in_place_of("experiment.toml", lambda path: None),
    "a pipe for an experiment": in_place_of("experiment.toml", os.mkfifo),
    "half an experiment": in_place_of("experiment.toml", lambda path: path.write_text('name = "')),
    "no text": in_place_of("experiment.toml", lambda path: path.write_bytes(b"\xff\xfe")),
    "no labels": in_place_of("labels.json", lambda path: path.write_text('{"tags": 3}')),
    "a pipe for labels": in_place_of("labels.json", os.mkfifo),
    "no exports": in_place_of("exports.json", lambda path: path.write_text("[{}]")),
    "no stages": in_place_of("stages.json", lambda path: path.write_text("{")),
    "no counts": first_file("confusion", b"{"),
    "odd counts": first_file("confusion", b'{"part": "test", "confusion": [[1, 2], [3]]}'),
    "no weights": first_file("networks", b""),
    "a folder for a lock": in_place_of(".lock", lambda path: path.mkdir()),
    "a folder for wishes": in_place_of("control", lambda path: path.mkdir()),
}
"""After each the summary is whole, and something else is not."""
