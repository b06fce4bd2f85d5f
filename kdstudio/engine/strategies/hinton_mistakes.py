"""What went wrong in much-read tutorials of distillation, each mistake beside the right way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from kdstudio.declaration import option
from kdstudio.engine.learning import learn_labels, ready, soft_terms
from kdstudio.engine.losses import response
from kdstudio.engine.strategy import Baseline, LabelShare, SoftTemperature, Strategy, strategies
from kdstudio.engine.terms import Loss, LossTerm, formula_of, label_loss, logits
from kdstudio.engine.views import Comparison, TableView

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import Stage

RIGHT, MISTAKE = "right", "mistake"
"""Kinds of the networks that learn from others."""
ACTIVE = "in training mode"
"""Kind of the teacher's copy that is not frozen; it is scored in eval mode, as every network."""


def without_t_squared(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """``soft_kl`` without its factor: gradients shrink as 1/T². Logits ``(B, K)``."""
    return response.soft_kl(student, teacher, temperature) / temperature**2


def mean_over_classes(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """``soft_kl / K``, which ``kl_div(reduction="mean")`` gives. Logits ``(B, K)``."""
    return response.soft_kl(student, teacher, temperature) / student.shape[1]


def divergence(answer: Tensor, target: Tensor, temperature: float) -> Tensor:
    """``T²·KL(softmax(target/T) ‖ softmax(answer/T))`` whose gradient reaches both, as torch's ``kl_div``.

    Logits ``(B, K)``; in nats, summed over classes, mean over the batch.
    """
    own, wanted = ((z / temperature).log_softmax(1) for z in (answer, target))
    return (wanted.exp() * (wanted - own)).sum(1).mean() * temperature**2


def swapped(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """``T²·KL(softmax(student/T) ‖ softmax(teacher/T))``. Logits ``(B, K)``."""
    return divergence(teacher, student, temperature)


class Wrong(NamedTuple):
    """A soft loss as it should not be."""

    option: str
    """Name of the field that asks for it."""
    way: str
    loss: Loss
    formula: str


WRONG = (
    Wrong("no_t_squared", "no T²", without_t_squared, "KL(softmax(z_t/{t}) ‖ softmax(z_s/{t}))"),
    Wrong("class_mean", "class mean", mean_over_classes, "{t}²·KL(softmax(z_t/{t}) ‖ softmax(z_s/{t}))/K"),
    Wrong("swapped_kl", "KL swapped", swapped, "{t}²·KL(softmax(z_s/{t}) ‖ softmax(z_t/{t}))"),
)


@strategies.register
class HintonMistakes(Strategy):
    """Mistakes: what tutorials got wrong about soft targets and peers, each beside the right way.

    All students start from the same weights, with the same teacher, order of samples and budget. Peers are
    two students of different initial weights that learn from the labels and from each other.
    """

    views: ClassVar = (
        TableView(
            title="What each mistake costs",
            rows=("kind", "method", "way", "peer"),
            figures=("validation.accuracy", "accuracy", "errors"),
        ),
    )
    comparison: ClassVar = Comparison(result=MISTAKE, control=RIGHT)

    name: Literal["hinton-mistakes"] = "hinton-mistakes"
    temperature: SoftTemperature = 4.0
    alpha: LabelShare = 0.1
    no_t_squared: bool = option(
        True, "No T²", "Leave T² out: the soft loss loses its weight as T grows, as 1/T².", term="t-squared"
    )
    class_mean: bool = option(
        True,
        "Mean over classes",
        "Divide the KL divergence by the number of classes K too: the soft loss is K times too weak.",
        term="kl-divergence",
    )
    swapped_kl: bool = option(
        True,
        "KL swapped",
        "Exchange teacher and student in the KL divergence: the student may miss what the teacher thinks "
        "likely, and must not think likely what the teacher does not.",
        term="kl-divergence",
    )
    teacher_in_training: bool = option(
        True,
        "Teacher in training mode",
        "Let the teacher's dropout and batch norm work while it teaches.",
        term="dropout",
    )
    attached_peers: bool = option(
        True,
        "Peers not detached",
        "Let gradient flow into the peer's predictions that a network learns from.",
        term="peer",
    )
    baseline: Baseline = True

    def formula(self) -> str:
        """Return the right loss with its numbers: Hinton's, or where there is no teacher the peers'."""
        if self._mistakes or self.teacher_in_training:
            return formula_of(self._terms("student", "teacher"))
        return formula_of(self._peer_terms("peer-1", "peer-2"))

    @property
    def _mistakes(self) -> list[Wrong]:
        return [wrong for wrong in WRONG if getattr(self, wrong.option)]

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Baseline if wanted, students of a teacher, then peers."""
        if self.baseline:
            yield learn_labels(run, run.control())
        if self._mistakes or self.teacher_in_training:
            yield from self._taught(run)
        for way in ("", "not detached") if self.attached_peers else ():
            yield self._mutual(run, way)

    def _taught(self, run: RunContext) -> Iterator[Stage]:
        """Teacher unless loaded, a student taught in the right way, and one for each of the mistakes."""
        teacher = yield from ready(run, run.network("teacher"))
        yield self._distilled(run, teacher)
        for wrong in self._mistakes:
            yield self._distilled(run, teacher, wrong.way, wrong)
        if self.teacher_in_training:
            # who is not frozen is in training mode, and learns only if a term has it among its inputs
            active = run.network("teacher", ACTIVE, start_from=teacher)
            yield self._distilled(run, active, active.name)

    def _distilled(
        self, run: RunContext, teacher: Network, way: str = "", wrong: Wrong | None = None
    ) -> Stage:
        """Make the stage of a student of ``teacher``; the right ``way`` has no name."""
        student = self._student(run, "distilled", way)
        return run.stage(student.name, self._terms(student.name, teacher.name, wrong))

    def _student(self, run: RunContext, method: str, way: str, draw: int = 0, **peer: int) -> Network:
        told: dict[str, Any] = {"method": method, **({"way": way} if way else {}), **peer}
        return run.network("student", MISTAKE if way else RIGHT, draw=draw, **told)

    def _terms(self, student: str, teacher: str, wrong: Wrong | None = None) -> list[LossTerm]:
        label, soft = soft_terms(student, [teacher], self.temperature, self.alpha)
        if wrong:
            loss = partial(wrong.loss, temperature=self.temperature)
            formula = wrong.formula.format(t=f"{self.temperature:g}")
            soft = LossTerm(soft.name, loss, soft.inputs, soft.targets, soft.weight, formula)
        return [label, soft]

    def _mutual(self, run: RunContext, way: str) -> Stage:
        """Make the stage of two students that teach each other, which step at once."""
        one, other = (self._student(run, "mutual", way, draw, peer=draw + 1) for draw in (0, 1))
        terms = [*self._peer_terms(one.name, other.name, way), *self._peer_terms(other.name, one.name, way)]
        return run.stage(f"mutual {way}".strip(), terms)

    def _peer_terms(self, network: str, peer: str, way: str = "") -> list[LossTerm]:
        own, target, t = logits(network), logits(peer), f"{self.temperature:g}"
        loss, weight = partial(divergence, temperature=self.temperature), 1 - self.alpha
        formula = f"{t}²·KL(softmax(z_l/{t}) ‖ softmax(z_k/{t}))"
        inputs, targets = ((own, target), ()) if way else ((own,), (target,))
        return [
            label_loss(network, self.alpha, name=f"label loss ({network})", sign="k"),
            LossTerm(f"peer loss ({network})", loss, inputs, targets, weight, formula),
        ]
