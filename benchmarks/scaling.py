"""What several processes gain in a step of distillation, and what they send each other.

uv run python benchmarks/scaling.py [--teacher …] [--student …] [--size 32] [--batch 128] [--steps 10]
uv run torchrun --nproc-per-node 2 benchmarks/scaling.py …

A frozen teacher, asked anew in every step, and a student on random images, on the CPU, each process on one
thread. Printed are the medians over the steps of wall-clock and processor time, and the bytes that the first
process gives to each kind of collective in one step: other programs on the machine change the times and not
the bytes.
"""

import argparse
import time
from collections import defaultdict
from contextlib import ExitStack
from itertools import islice
from statistics import median
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, distributed

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.engine.context import RunContext
from kdstudio.engine.stage_run import StageRun
from kdstudio.engine.terms import label_loss, soft_loss
from kdstudio.processes import ALONE
from kdstudio.runs.presets import override, validate
from kdstudio.runs.taking_part import taking_part

COLLECTIVES = {"all_reduce": 0, "all_gather": 1, "broadcast": 0}
"""Those that a step consists of, and which argument is what a process gives."""


def counted(name: str, sent: dict[str, list[int]]) -> Any:
    """Return the collective ``name``, noting the bytes of each call."""
    collective, place = getattr(distributed, name), COLLECTIVES[name]

    def call(*args: Any, **options: Any) -> Any:
        tensor: Tensor = args[place]
        sent[name].append(tensor.nbytes)
        return collective(*args, **options)

    return call


def measure(options: argparse.Namespace) -> None:
    """Take the steps, and print what they took."""
    torch.set_num_threads(1)
    raw: dict[str, Any] = {
        "data": {"source": {"name": "digits"}, "validation": 0.1},
        "strategy": {"name": "hinton"},
        "networks": {role: {"model": {"name": "mlp"}} for role in ("teacher", "student")},
        "compute": {"device": "cpu", "threads": 1, "precision": options.precision},
    }
    settings = [
        f"networks.teacher.model={options.teacher}",
        f"networks.student.model={options.student}",
        f"networks.student.training.batch_size={options.batch}",
    ]
    draw = torch.Generator().manual_seed(0)
    count = 2 * max(options.batch, options.classes)
    images = torch.randint(256, (count, 3, options.size, options.size), generator=draw, dtype=torch.uint8)
    part = LabelledImages(images, torch.arange(count) % options.classes)
    data = ImageData(part, part, tuple(map(str, range(options.classes))), (0.5,) * 3, (0.25,) * 3)
    with taking_part() as found:
        processes = found or ALONE
        raw["data"]["validation"] = options.classes / count
        context = RunContext(
            validate(override(raw, settings), "scaling"), data, torch.device("cpu"), processes=processes
        )
        teacher, student = context.network("teacher").freeze(), context.network("student")
        terms = [label_loss(student, 0.1), soft_loss(student, [teacher.logits], 4.0, 0.9)]
        stage = context.stage("student", terms)
        run = StageRun(stage.train(), context.device, options.precision, processes)
        feed = context.feed(stage)
        walls, works, sent = [], [], defaultdict(list)
        for number in range(options.steps + 1):
            batch = next(islice(feed.shuffled(number, among=processes), 1))
            with ExitStack() as patches:
                sent.clear()
                for name in COLLECTIVES:
                    patches.enter_context(patch.object(distributed, name, counted(name, sent)))
                wall, work = time.perf_counter(), time.process_time()
                run.take_step(batch, 0.01, run.weights())
                walls.append(time.perf_counter() - wall)
                works.append(time.process_time() - work)
        if not processes.rank:
            wall, work = median(walls[1:]), median(works[1:])  # the first step warms up
            weights = f"{student.parameter_count():,} weights"
            print(f"{processes.count} processes, {options.batch} images a step, student of {weights}")
            print(
                f"{wall * 1000:.0f} ms wall clock, {work * 1000:.0f} ms of processor time a step and process"
            )
            for name, sizes in sent.items():
                print(f"{name}: {sum(sizes):,} bytes in {len(sizes)} calls, the largest {max(sizes):,}")


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--teacher", default="{name='resnet', depth=56}")
    parser.add_argument("--student", default="{name='resnet', depth=20}")
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--size", type=int, default=32, help="height and width of the images")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
