"""What born-again networks have found: generation by generation, and the ensembles of the first ones."""

from __future__ import annotations

from dataclasses import dataclass

from kdstudio.engine.strategies.born_again import BASELINE, BornAgain, ensemble_name, generation_name
from kdstudio.runs.summary import NetworkSummary, Summary


@dataclass(frozen=True)
class Generations:
    """The networks of a born-again run, as far as they are trained."""

    generations: dict[int, NetworkSummary]
    """By number; 0 is the teacher."""
    ensembles: dict[int, NetworkSummary]
    """By how many of the first generations answer together."""
    baseline: NetworkSummary | None
    """A student that learned from the labels alone."""


def born_again_generations(summary: Summary) -> Generations | None:
    """Read the generations of a run; None for any other run, and before the teacher is there."""
    strategy, networks = summary.experiment["strategy"], summary.networks
    if strategy["name"] != BornAgain.model_fields["name"].default or generation_name(0) not in networks:
        return None
    numbers = range(strategy["generations"] + 1)
    return Generations(
        generations={n: networks[generation_name(n)] for n in numbers if generation_name(n) in networks},
        ensembles={n: networks[ensemble_name(n)] for n in numbers if ensemble_name(n) in networks},
        baseline=networks.get(BASELINE),
    )
