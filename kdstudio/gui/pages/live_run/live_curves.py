"""The curves of a run, as the live page draws them: seeds as one, and of many trials each family as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from kdstudio.engine.identity import SEED
from kdstudio.gui.plots.curve_parts import Part
from kdstudio.gui.plots.curves import CurvePlot
from kdstudio.runs.colours import LINE, Token
from kdstudio.runs.curves import LossKey, Series
from kdstudio.runs.log import RunFollower
from kdstudio.runs.mean_curves import Family, Key, SeedCurves, in_families, over_seeds
from kdstudio.runs.network_colours import base_of, family_name, series_by_name

ALL = ", all"
"""Tells the key of what stands for a family from those of its members."""


def draw_by_term(
    plot: CurvePlot,
    run: RunFollower,
    of_terms: Mapping[LossKey, Series],
    ending: str,
    first: int,
    factor: float = 1.0,
) -> None:
    """Draw what is known of every term; the terms of a stage differ in their dashes, from ``first`` on."""
    tokens, stages = tokens_of_stages(run), run.state.stages
    plain = {LossKey(s.name, term): LossKey(s.plain_name, term) for s in stages for term in s.terms}
    family = {LossKey(s.plain_name, term): LossKey(s.own_name, term) for s in stages for term in s.terms}
    places = {LossKey(s.plain_name, term): place for s in stages for place, term in enumerate(s.terms)}

    def part(key: LossKey, of: str, found: SeedCurves, token: Token, style: int) -> Part:
        name = f"{key.stage}: {key.term}{ending}"
        return Part((ending + of, key), name, token, style, found if factor == 1 else found.scaled(factor))

    for each in in_families(over_seeds(of_terms, plain), plain, family):
        style = first + places.get(next(iter(each.members)), 0)
        colours = {key: tokens.get(key.stage, LINE) for key in each.members}
        members = [part(key, "", found, colours[key], style) for key, found in each.members.items()]
        head = part(each.head, ALL, each.together, base_of(colours.values()), style)
        _draw(plot, each, head, members)


def draw_accuracies(plot: CurvePlot, run: RunFollower, ending: str, style: int) -> None:
    """Draw the validation accuracy of every network, in percent."""
    networks = run.state.identities
    plain = {name: network.without(SEED).name for name, network in networks.items()}
    family = {plain[name]: family_name(network) for name, network in networks.items()}
    found = over_seeds(run.state.curves.accuracy, plain)
    percents = {name: each.scaled(100) for name, each in found.items()}
    _draw_named(plot, in_families(percents, plain, family), tokens_of(run), ending, style)


def draw_by_stage(
    plot: CurvePlot, run: RunFollower, of_stages: Mapping[str, Series], ending: str, style: int
) -> None:
    """Draw what is known of every stage."""
    stages = run.state.stages
    plain = {s.name: s.plain_name for s in stages}
    family = {s.plain_name: s.own_name for s in stages}
    found = in_families(over_seeds(of_stages, plain), plain, family)
    _draw_named(plot, found, tokens_of_stages(run), ending, style)


def _draw_named(
    plot: CurvePlot, families: Sequence[Family[str]], tokens: Mapping[str, Token], ending: str, style: int
) -> None:
    """Draw curves that are called by their keys; those of one colour differ in their dashes."""
    alike = Counter[Token]()
    for each in families:
        colours = {name: tokens.get(name, LINE) for name in each.members}
        token = base_of(colours.values())
        dash = style + alike[token]
        alike[token] += 1
        members = [
            Part((ending, name), name + ending, colours[name], dash, found)
            for name, found in each.members.items()
        ]
        head = Part((ending + ALL, each.head), each.head + ending, token, dash, each.together)
        _draw(plot, each, head, members)


def _draw(plot: CurvePlot, family: Family[Key], head: Part, members: Sequence[Part]) -> None:
    """Draw what stands for ``members``, or the only one of them."""
    if family.stands_alone:
        plot.show_seeds(*members[0])
    else:
        plot.show_family(head, members)


def epochs_of(run: RunFollower) -> int:
    """How many the longest of the stages has that have begun."""
    return max((stage.epochs for stage in run.state.stages[: run.state.stage + 1]), default=1)


def tokens_of(run: RunFollower) -> dict[str, Token]:
    """Colours of all networks of the run, those that came with weights included; as on the other pages."""
    return series_by_name(run.state.identities | run.state.rows)


def tokens_of_stages(run: RunFollower) -> dict[str, Token]:
    """Colour of each stage, by its name without the seed: that of the first network that learns in it."""
    tokens = tokens_of(run)
    learners = {stage.plain_name: [n for n in stage.trained if n in tokens] for stage in run.state.stages}
    return {stage: tokens[names[0]] for stage, names in learners.items() if names}
