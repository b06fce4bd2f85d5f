"""What a script is asked, and the table that it prints at the end."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch

from kdstudio.runs.script.pieces.images import DEVICE, Data
from kdstudio.runs.script.pieces.training import Result

Results = Mapping[str, Result]


def main(
    load: Callable[[Path], Data],
    compare: Callable[..., Results],
    share: Callable[[Data, int], tuple[Any, ...]] | None,
    *,
    folder: Path,
    seed: int,
    seeds: int,
    threads: int = 0,
) -> None:
    """Train what all seeds share, then what is compared, seed by seed, and print the table of test errors."""
    parser = ArgumentParser(description="Train every network of this experiment and print their test errors.")
    parser.add_argument("--data", type=Path, default=folder, help=f"folder of the images ({folder})")
    parser.add_argument("--seed", type=int, default=seed, help=f"the first seed ({seed})")
    parser.add_argument("--seeds", type=int, default=seeds, help=f"how many seeds ({seeds})")
    chosen = parser.parse_args()
    if threads:  # more would wait for each other in such small steps
        torch.set_num_threads(threads)
    data = load(chosen.data)
    print(f"{len(data.train.labels)} images to learn from, on {DEVICE}")
    found: list[Results] = []
    shared: Sequence[Any] = ()
    if share:
        results, *shared = share(data, chosen.seed)
        found.append(results)
    for number in range(chosen.seed, chosen.seed + chosen.seeds):
        print(f"seed {number}", flush=True)
        found.append(compare(data, number, *shared))
    print_table(found)


def print_table(found: Sequence[Results]) -> None:
    """Print the mean and the deviation over the seeds of each network's test errors, also in per cent."""
    names = dict.fromkeys(name for results in found for name in results)
    width = max(map(len, names))
    print(f"\n{'test errors':{width}}  {'last epoch':>30}  {'best epoch on validation':>30}")
    for name in names:
        several = [results[name] for results in found if name in results]
        images = several[0].images
        columns = (counted([r.last for r in several], images), counted([r.best for r in several], images))
        print(f"{name:{width}}  {columns[0]:>30}  {columns[1]:>30}")


def counted(errors: Sequence[int], images: int) -> str:
    """``12.4 ± 1.1 of 450 (2.76 %)``."""
    spread = f" ± {stdev(errors):.1f}" if len(errors) > 1 else ""
    return f"{mean(errors):.1f}{spread} of {images} ({mean(errors) / images:.2%})"
