"""Make the runs that come with the package anew: ``python docs/record.py [PRESET …]``.

Trains the lecture's presets on the digits that come with the package, each in a folder of its own so that
nothing is taken over, and writes what pages need of them into ``resources/recorded``: settings, results,
confusions, some points of the curves, and the networks of the first seed in half precision where they answer
as before in it. Other weights, those of best epochs too, are left out. What is there of a preset
as it is now stays, unless it is named.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from kdstudio.engine.events import NetworkResult, RunNotice
from kdstudio.engine.identity import SEED
from kdstudio.runs.exporting.choice import usual_networks
from kdstudio.runs.folder import RECORDED, RunFolder
from kdstudio.runs.lecture import lecture, recording_of
from kdstudio.runs.presets import load_experiment

DATA = "digits"
CURVES = ("step-done", "epoch-done")
"""Events of which some points of a curve are enough."""
POINTS = 600
"""Of all stages' curves, about."""
LARGE = 200_000
"""Bytes from which on a network is kept only as the run's teacher, control or result."""


def main() -> None:
    """Record what is missing, or what is named; what is no longer in the lecture goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("presets", nargs="*", metavar="PRESET", help="record these anew")
    named = parser.parse_args().presets
    shown = [name for name in shown_presets() if load_experiment(name).data.source.name == DATA]
    for folder in RECORDED.glob("*"):
        if folder.name not in shown:
            shutil.rmtree(folder)
    for name in named or [name for name in shown if not is_recorded(name)]:
        print(f"recording {name}", flush=True)
        with TemporaryDirectory() as scratch:
            command = [sys.executable, "-m", "kdstudio", "run", name, "-q", "--name", name]
            subprocess.run([*command, "--runs-dir", scratch], check=True)
            pack(RunFolder(Path(scratch, name)), RECORDED / name)
    size = sum(file.stat().st_size for file in RECORDED.rglob("*") if file.is_file())
    print(f"{len(shown)} runs, {size / 1e6:.1f} MB")


def shown_presets() -> list[str]:
    """Presets of the lecture, each once."""
    return [*dict.fromkeys(variant.name for lesson in lecture().claims for variant in lesson.presets)]


def is_recorded(name: str) -> bool:
    """Tell whether there is a run of a preset, and of the claim that it makes now."""
    experiment = load_experiment(name)
    run = recording_of(experiment)
    return run is not None and run.name == name and run.experiment().claim == experiment.claim


def pack(run: RunFolder, target: Path) -> None:
    """Write what is kept of ``run`` into the folder ``target``, in the place of what is there."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "networks").mkdir(parents=True)
    kept = RunFolder(target)
    shutil.copy(run.path / "experiment.toml", target)
    shutil.copytree(run.path / "confusion", target / "confusion")
    summary = json.loads(run.summary_file.read_bytes())
    summary["environment"]["System"] = platform.system()  # and not the kernel of some machine
    kept.summary_file.write_text(json.dumps(summary) + "\n", "utf-8")
    notice = kept.summary().notes[0]
    told = RunNotice(message=notice).model_dump_json().encode() + b"\n"
    kept.events_file.write_bytes(b"".join(thinned(run.events_file)) + told)
    rows = run.summary().networks
    for name in (name for name in run.networks() if name in rows):
        if rows[name].coordinates.get(SEED, run.experiment().seed) == run.experiment().seed:
            keep_network(run, kept, rows[name])
    usual = usual_networks(kept, kept.summary())
    for name in kept.networks():
        file = kept.network_file(name)
        if name not in usual and file.stat().st_size > LARGE:
            file.unlink()
            file.with_suffix(".json").unlink()


def thinned(log: Path) -> Iterator[bytes]:
    """Yield the lines of a log; of the steps and of the epochs of each stage some, the last among them."""
    lines = log.read_bytes().splitlines(keepends=True)
    alike: dict[tuple[str, int], list[int]] = {}
    for number, line in enumerate(lines):
        event = json.loads(line)
        if event["kind"] in CURVES:
            alike.setdefault((event["kind"], event["stage"]), []).append(number)
    several = {number for numbers in alike.values() for number in numbers}
    most = POINTS // len(alike)
    kept = {
        number for numbers in alike.values() for number in numbers[:: -(-len(numbers) // most)] + numbers[-1:]
    }
    for number, line in enumerate(lines):
        if number not in several:
            yield line
        elif number in kept:
            event = json.loads(line, parse_float=lambda text: float(f"{float(text):.5g}"))
            yield json.dumps(event, separators=(",", ":")).encode() + b"\n"


def keep_network(run: RunFolder, kept: RunFolder, row: NetworkResult) -> None:
    """Keep the last weights, in half precision unless that changes how many of the test images are wrong."""
    import torch

    from kdstudio.runs.predictions import read_predictions
    from kdstudio.runs.weights import load_tensors, read_card, save_network

    file = kept.network_file(row.name)
    tensors, card = load_tensors(run.network_file(row.name)), read_card(run.network_file(row.name))
    half = {name: found.half() if found.dtype is torch.float32 else found for name, found in tensors.items()}
    save_network(half, card, file)
    found = read_predictions(kept).of_network(row.name)
    if (found.logits[row.name].argmax(1) != found.labels).sum().item() != row.test.errors:
        print(f"  {row.name} answers otherwise in half precision: kept in single")
        save_network(tensors, card, file)


if __name__ == "__main__":
    main()
