"""What came out of a run, in a sentence: the figures, the verdict, and what it does not show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kdstudio.engine.identity import CONTROL_NAME
from kdstudio.runs.differences import Difference, paired
from kdstudio.runs.figures import FIGURES, Spread
from kdstudio.runs.finding_words import spoken_judgement
from kdstudio.runs.groups import Group, best_of, gathered
from kdstudio.runs.log import RunFollower
from kdstudio.runs.results import leading
from kdstudio.runs.summary import Summary, blank, class_name, spoken_warnings

ONE_SEED = "One seed cannot tell a difference from chance; run three or more."


@dataclass(frozen=True)
class Outcome:
    """What people read at the end of a run."""

    sentence: str
    """``teacher 6, baseline 11, student 14 errors of 450: no better than alone (one seed)``."""
    remarks: tuple[str, ...] = ()
    """Whole sentences: what was chosen, what was never seen, what it does not show."""
    doubts: str = ""
    """One more, of the run's warnings."""

    @property
    def text(self) -> str:
        """All of it, in one paragraph."""
        return " ".join(filter(None, (f"{self.sentence}.", *self.remarks, self.doubts)))


def outcome(summary: Summary) -> Outcome:
    """Say what a run that is over shows, by what its strategy has declared of its results alone.

    Of several networks or settings the best on validation stands for all, as everywhere.
    """
    reference, control, result = leading(summary)
    if not (reference or control or result):  # kinds that the strategy's comparison does not name
        result = best_of(gathered(summary.networks.values()), "selection.accuracy")
    # who has no result yet, as a run stopped early, still has what it would learn from
    known = [group for group in (reference, control, result) if group and group.spread("errors")]
    if not known:
        return Outcome(_without_results(summary), doubts=_doubts(summary))
    effect = paired(result, control) if result and control else None
    verdict = _ended_early(summary) or (effect and _spoken(effect)) or _right(result)
    remarks = _remarks(summary, control, result, effect)
    return Outcome(_figures(known) + verdict, tuple(remarks), _doubts(summary))


def outcome_of(run: RunFollower) -> Outcome:
    """Say what the run shows that is read on here, whose page on disk may be a moment behind."""
    return outcome(run.state.summarised(blank(run.folder.title)))


def _without_results(summary: Summary) -> str:
    if summary.error:
        return f"failed: {summary.error}"
    return f"{summary.status} before a network had learned to the end"


def _ended_early(summary: Summary) -> str:
    if summary.status == "finished":
        return ""
    return f"; {summary.status} in stage {summary.stage}, epoch {summary.epoch}"


def _figures(groups: Iterable[Group]) -> str:
    """``teacher 6, baseline 12.3 ± 2.3, student 13.3 ± 2.1 errors of 450``."""
    told = [(group.network.name, _text(group.spread("errors")), _images(group)) for group in groups]
    if len({images for *_, images in told}) > 1:  # of other classes
        return ", ".join(f"{name} {errors} of {images:,}" for name, errors, images in told) + " wrong"
    images = told[0][2]
    return f"{', '.join(f'{name} {errors}' for name, errors, _ in told)} errors of {images:,}"


def _text(errors: Spread | None) -> str:
    return FIGURES["errors"].text(errors)


def _images(group: Group) -> int:
    """How many test images a network was asked."""
    return group.rows[0].test.count  # type: ignore[union-attr]


def _right(result: Group | None) -> str:
    """Say how many are right where there is nothing to compare with."""
    return f"; {result.text('accuracy')} right" if result else ""


def _spoken(effect: Difference) -> str:
    """Say what the result gains on its control; nothing is called better on one seed."""
    control = "alone" if effect.control == CONTROL_NAME else effect.control
    if effect.verdict != "one seed":
        return f"; {effect.text}"
    if effect.difference >= 0:
        return f": no better than {control} (one seed)"
    return f": {-effect.difference:,.0f} fewer than {control} (one seed)"


def _remarks(
    summary: Summary, control: Group | None, result: Group | None, effect: Difference | None
) -> Iterator[str]:
    if summary.error:
        yield f"{summary.error}."
    if result:
        among = [g for g in gathered(summary.networks.values()) if g.network.kind == result.network.kind]
        if len(among) > 1:
            yield f"{result.network.name} is the best of {len(among)} on validation."
    unseen = [text for group in (result, control) if group and (text := _unseen(group))]
    if unseen and result:
        left_out = result.rows[0].unseen  # type: ignore[union-attr]
        names = [class_name(summary.class_names, number) for number in left_out]
        yield f"Of {', '.join(names)}, never seen in training: {', '.join(unseen)}."
    if summary.claim:
        yield spoken_judgement(summary.claim)
    without_statement = summary.claim and summary.claim.verdict == "no statement"
    if effect and effect.verdict == "one seed" and summary.status == "finished" and not without_statement:
        yield ONE_SEED


def _doubts(summary: Summary) -> str:
    if not summary.warnings:
        return ""
    titles = "; ".join(warning.title for warning in summary.warnings)
    return f"Doubtful, {spoken_warnings(len(summary.warnings))}: {titles}."


def _unseen(group: Group) -> str:
    """``student 91.11% right``; empty where it has seen all classes."""
    shares = [share for row in group.rows if (share := getattr(row, "unseen_accuracy", None)) is not None]
    if not shares:
        return ""
    return f"{group.network.name} {FIGURES['accuracy'].text(Spread(tuple(shares)))} right"
