"""The model card of a trained network: what it is, how to feed it, how well it answers; in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.runs.presets import validate

if TYPE_CHECKING:
    from kdstudio.engine.card import NetworkCard
    from kdstudio.runs.summary import Summary


def model_card(summary: Summary, network: str, card: NetworkCard) -> str:
    """Write the card of ``network`` of the run in ``summary``."""
    return "\n".join(
        [
            f"# {network} of {summary.name}",
            "",
            f"{card.summary()}, trained by knowledge distillation with KD Studio.",
            "",
            *_scores(summary, network),
            "## Input and output",
            "",
            *_input(card),
            "",
            "## Training",
            "",
            *_training(summary),
        ]
    )


def _scores(summary: Summary, network: str) -> list[str]:
    row = summary.networks.get(network)
    if row is None:
        return []
    work = f"{row.multiply_adds:,}" if row.multiply_adds else "not counted"
    test = row.test
    return [
        "| parameters | multiply-adds of one image | test accuracy | test errors | test images |",
        "|---|---|---|---|---|",
        f"| {row.parameters:,} | {work} | {test.accuracy:.2%} | {test.errors:,} | {test.count:,} |",
        "",
    ]


def _input(card: NetworkCard) -> list[str]:
    channels, height, width = card.image
    colours = {1: "grey", 3: "red, green, blue"}.get(channels, f"{channels} channels")
    return [
        f"Images of {width}×{height} pixels ({colours}), normalised: pixels in 0 to 1, less the mean "
        f"{_numbers(card.mean)}, divided by {_numbers(card.std)}, channel by channel. A larger photograph is "
        "scaled until its shorter side fits, and a centred square is cut out.",
        "",
        f"{len(card.class_names)} classes, in this order: {', '.join(card.class_names)}.",
    ]


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)


def _training(summary: Summary) -> list[str]:
    try:
        experiment: Experiment = validate(summary.experiment, summary.name)
    except KDStudioError:  # a package is missing; the rest of the card stands without
        return [f"Run `{summary.name}`, {summary.started}."]
    return [
        f"Data: {experiment.data.source.summary()}. Strategy: {experiment.strategy.name}.",
        "",
        f"`{experiment.strategy.formula()}`",
        "",
        f"Run `{summary.name}`, {summary.started}, seed {experiment.seed}.",
    ]
