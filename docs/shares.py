"""Measure each matching term's share of the first gradient, for matching.md: ``python docs/shares.py``.

Takes minutes. The table stands between ``<!-- measured: shares -->`` and ``<!-- /measured -->``.
"""

from __future__ import annotations

import re
from pathlib import Path
from statistics import mean, stdev

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.engine.context import RunContext
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.stage_run import StageRun
from kdstudio.engine.strategies.match import Match
from kdstudio.engine.weighting import Constant
from kdstudio.packages import OURS
from kdstudio.runs.presets import load_experiment

PAGE = Path(__file__).parent / "matching.md"
BLOCK = re.compile(r"(<!-- measured: shares -->\n).*?(<!-- /measured -->)", re.DOTALL)
PAIRS = {
    "ResNet-56 → 20": "cifar100-match-resnet56-resnet20",
    "WRN-40-2 → 16-2": "cifar100-match-wrn40-2-wrn16-2",
}
SEEDS = 3
CPU = torch.device("cpu")
Shares = dict[str, float]
TERMS = {name: term() for name, term in matching_terms.items() if matching_terms.package_of(name) == OURS}


def noise(seed: int) -> ImageData:
    """As many images as CIFAR-100 has for training, of random pixels and labels."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(256, (50_000, 3, 32, 32), generator=generator, dtype=torch.uint8)
    part = LabelledImages(images, torch.arange(len(images)) % 100)
    names = tuple(f"class {number}" for number in range(100))
    return ImageData(part, part, names, mean=(0.5,) * 3, std=(0.289,) * 3)


@torch.no_grad()
def calibrate(module: torch.nn.Module, images: torch.Tensor) -> None:
    """Make the statistics of batch norm those of ``images``: an untrained network explodes without."""
    for layer in module.modules():
        if isinstance(layer, _BatchNorm):
            layer.reset_running_stats()
            layer.momentum = None
    module.train()(images)
    module.eval()


def shares(preset: str, seed: int) -> Shares:
    """``w·g/(w·g + l·g_l)`` of each term before the first step, as on the Live page; l: label weight."""
    at_once = {"during": "training", "weighting": Constant()}
    terms = {name: term.model_copy(update=at_once) for name, term in TERMS.items()}
    strategy = Match(terms=terms, label_weight=1.0, baseline=False)
    experiment = load_experiment(preset, (f"seed={seed}",)).model_copy(update={"strategy": strategy})
    context = RunContext(experiment, noise(seed), CPU)
    *_before, stage = context.plan()
    batch = next(context.data.training_feed(stage.training_spec).shuffled(0))
    calibrate(stage.networks["teacher"].module, batch.images)
    run = StageRun(stage.train(), CPU, "float32")
    run.take_step(batch, 0.0, run.weights(), measure=True)
    norms = {name: norm.item() for name, norm in run.gradient_norms.items()}
    beside = {name: norms["label loss"] * term.label_weight for name, term in terms.items()}
    return {name: norms[name] / (norms[name] + beside[name]) for name in terms}


def table() -> str:
    """Mean and standard deviation over the seeds, in percent."""
    columns = []
    for preset in PAIRS.values():
        found = [shares(preset, seed) for seed in range(SEEDS)]
        columns.append({name: [100 * share[name] for share in found] for name in TERMS})
    lines = ["| term | " + " | ".join(PAIRS) + " |", "|---" * (1 + len(PAIRS)) + "|"]
    for name in TERMS:
        cells = (f"{mean(column[name]):.1f} ± {stdev(column[name]):.1f}" for column in columns)
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Rewrite the block."""
    text = PAGE.read_text("utf-8")
    PAGE.write_text(BLOCK.sub(lambda block: block[1] + table() + block[2], text), "utf-8")


if __name__ == "__main__":
    main()
