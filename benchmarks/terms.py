"""Does every matching term train at its default weight? ResNet-20 teaches ResNet-8 on a folder of images.

uv run python benchmarks/terms.py --data FOLDER [--seeds 3] [--jobs 2] [--out terms.md] [--terms fsp hint]

For each seed the preset folder-resnet is run once, for its teacher and its student on the labels alone; then
each registered term is matched, beside the labels, with all its defaults, in a run of its own, from the same
initial weights. The recipe is the preset's, learning rate 0.1, for a few epochs of half of the images. The
table tells the term's mean loss in its first and its last epoch, in how many runs all losses stayed finite,
and the test accuracy after the last epoch. It compares no methods: those need the papers' budgets.
"""

import argparse
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

from kdstudio.engine.events import EpochDone
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.session import new_session

TERM = "strategy.terms.matched"
SLOW = "networks.student.training.optimizer.learning_rate=0.01"
FURTHER = {
    "fsp, learning rate 0.01": ("fsp", SLOW),
    "fsp, weight 50": ("fsp", f"{TERM}.weight=50"),
    "fsp, weight 50, learning rate 0.01": ("fsp", f"{TERM}.weight=50", SLOW),
    "factor-transfer, attention maps": (
        "factor-transfer",
        f"{TERM}.compared='attention maps'",
        f"{TERM}.weight=200",
    ),
}
"""Rows beside the terms at their defaults: a term and settings."""


class Job(NamedTuple):
    """A run of ``row``, called ``name`` in the folder of runs."""

    row: str
    name: str
    settings: tuple[str, ...]


class Found(NamedTuple):
    """The matched term's loss in each epoch, test accuracies by network, and what ended the run early."""

    losses: list[float]
    accuracy: dict[str, float]
    error: str


def run(runs: Path, job: Job) -> Found:
    """Train; called in a process of its own."""
    session = new_session(load_experiment("folder-resnet", job.settings), runs, job.name)
    epochs = [event for event in session.events() if isinstance(event, EpochDone)]
    summary = session.folder.summary()
    accuracy = {name: 100 * found.last_epoch.test.accuracy for name, found in summary.networks.items()}
    return Found([e.losses["matched"] for e in epochs if "matched" in e.losses], accuracy, summary.error)


def job(args: argparse.Namespace, row: str, seed: int, settings: Sequence[str]) -> Job:
    """Add what all runs of a seed have in common."""
    common = (
        f"seed={seed}",
        f"data.source.path={args.data.resolve()}",
        f"data.fraction={args.fraction}",
        "compute.device=cpu",
        "compute.threads=1",
        f"networks.teacher.training.epochs={args.teacher_epochs}",
        f"networks.student.training.epochs={args.epochs}",
    )
    return Job(row, f"{row}, seed {seed}", (*common, *settings))


def matched(term: str, *further: str, seed: int) -> tuple[str, ...]:
    """Settings of a student that learns by the ``term`` from the teacher of the ``seed``."""
    learning = f"baseline=false, initialisation_epochs=2, terms={{matched={{name='{term}'}}}}"
    paraphraser = (f"{TERM}.paraphraser_epochs=2",) if term == "factor-transfer" else ()
    return (
        f"strategy={{name='match', {learning}}}",
        f"networks.teacher.weights={{origin='run', run='first, seed {seed}', network='teacher'}}",
        *paraphraser,
        *further,
    )


def row(name: str, found: Sequence[Found], alone: Sequence[float]) -> str:
    """One line of the table; ``alone`` are the accuracies on labels alone, seed by seed."""
    done = [(f, label) for f, label in zip(found, alone, strict=True) if not f.error]
    losses = [f.losses for f in found if f.losses]
    ends = [f"{mean(values):.4g}" for values in zip(*((each[0], each[-1]) for each in losses), strict=True)]
    accuracies = [f.accuracy["student"] for f, _label in done]
    gains = [f.accuracy["student"] - label for f, label in done]
    counted = f"{len(done)} of {len(found)}"
    return f"| {name} | {' → '.join(ends)} | {counted} | {spread(accuracies)} | {spread(gains, '+')} |"


def spread(values: Sequence[float], sign: str = "") -> str:
    """Mean and standard deviation."""
    if not values:
        return "—"
    deviation = f" ± {stdev(values):.1f}" if len(values) > 1 else ""
    return f"{mean(values):{sign}.1f}{deviation}"


def main() -> None:
    """Run everything and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and test/ of classes")
    parser.add_argument("--terms", nargs="*", default=[*matching_terms, *FURTHER], help="rows; all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=4, help="of the student")
    parser.add_argument("--teacher-epochs", type=int, default=10)
    parser.add_argument("--fraction", type=float, default=0.5, help="of the training images")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once, one thread each")
    parser.add_argument("--runs", type=Path, help="folder of the runs; a temporary one")
    parser.add_argument("--out", type=Path, help="file for the table; else it is printed")
    args = parser.parse_args()
    seeds = range(args.seeds)
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(args.jobs) as pool:
        train = partial(run, args.runs or Path(folder))
        first = [*pool.map(train, [job(args, "first", seed, ()) for seed in seeds])]
        alone = [found.accuracy["baseline"] for found in first]
        jobs = [
            job(args, name, seed, matched(*FURTHER.get(name, (name,)), seed=seed))
            for name in args.terms
            for seed in seeds
        ]
        found = [*zip(jobs, pool.map(train, jobs), strict=True)]
    lines = [
        "| term | its loss, first → last epoch | finite | test accuracy, % | against labels alone |",
        "|---|---|---|---|---|",
        f"| labels alone | | {args.seeds} of {args.seeds} | {spread(alone)} | |",
        *(row(name, [f for j, f in found if j.row == name], alone) for name in args.terms),
    ]
    table = "\n".join([*lines, "", f"Teachers: {spread([f.accuracy['teacher'] for f in first])} %.", ""])
    if args.out:
        args.out.write_text(table, "utf-8")
    else:
        print(table)
    for each, result in found:
        if result.error:
            print(f"{each.name}: {result.error}")


if __name__ == "__main__":
    main()
