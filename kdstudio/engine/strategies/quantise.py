"""Quantisation-aware distillation: a rounded student learns from what is not (Polino et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.identity import CONTROL, STUDENT
from kdstudio.engine.learning import learn_predictions, ready_teachers
from kdstudio.engine.strategy import LabelShare, SoftTemperature, Strategy, strategies
from kdstudio.engine.terms import LossTerm, formula_of, label_loss, logits, soft_loss
from kdstudio.engine.views import TableView
from kdstudio.models.int8 import Int8

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import Stage
    from kdstudio.engine.training import TrainingSpec

FLOAT = "float"
"""Kind of the student before it is rounded."""


@strategies.register
class Quantise(Strategy):
    """Quantisation-aware distillation: a student, rounded to int8, learns on from its teacher (Polino 2018).

    First the student learns as in Hinton 2015. Rounded to 8-bit integers, with ranges taken from training
    images, it is what tools make of a network afterwards: ``int8 calibrated``. From there it learns on for
    some epochs at a low rate, rounded in every step: ``int8 aware``.
    """

    views: ClassVar = (
        TableView(
            title="Rounded and not, test images",
            rows=("role", "method", "architecture"),
            figures=("accuracy", "errors"),
        ),
    )

    paper: ClassVar[str] = "Model compression via distillation and quantization, Polino et al. 2018"

    name: Literal["quantise"] = "quantise"
    temperature: SoftTemperature = 4.0
    alpha: LabelShare = 0.1
    learns_from: Literal["teacher", "self"] = option(
        "teacher",
        "Learns from",
        "Who teaches the rounded student: the teacher, or its own float self, which it is to become again.",
    )
    epochs: int = option(
        5, "Epochs rounded", "Passes over the training images after rounding.", unit="epochs", ge=1, le=10000
    )
    rate: float = option(0.1, "Rate", "Factor of the student's learning rate for these epochs.", gt=0, le=10)
    bits: int = option(
        8,
        "Bits of a weight",
        "What flows between the layers has always 8.",
        unit="bits",
        ge=2,
        le=8,
        term="quantisation",
    )
    images: int = option(
        512,
        "Calibration",
        "Training images from which the ranges are taken that rounding begins with.",
        unit="images",
        ge=2,
        le=1_000_000,
        advanced=True,
    )
    baseline: bool = option(
        True,
        "Baseline",
        "Also let the rounded student learn on from the labels alone, for as long and as fast.",
        term="baseline",
    )

    def formula(self) -> str:
        """``L = α·CE(y, ŷ_s) + (1 − α)·T²·KL(y_t ‖ y_s)`` with its numbers; z_f are its float self's."""
        target = "z_t" if self.learns_from == "teacher" else "z_f"
        return f"{formula_of(self._terms(STUDENT, '', target))}, at {self.rate:g} of the learning rate"

    def _terms(self, student: str, source: str, target: str = "z_t") -> list[LossTerm]:
        soft = soft_loss(student, [logits(source)], self.temperature, 1 - self.alpha, target=target)
        return [label_loss(student, self.alpha), soft]

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Teacher and float student unless loaded; then the rounded ones."""
        from kdstudio.engine.calibration import calibrate

        whole = run.network(STUDENT, FLOAT, method="float32")
        loaded = run.is_loaded(STUDENT)
        taught = self.learns_from == "teacher" or not loaded
        teachers = (yield from ready_teachers(run)) if taught else []
        if not loaded:
            yield learn_predictions(run, whole, teachers, temperature=self.temperature, alpha=self.alpha)
        source = teachers[0] if self.learns_from == "teacher" else whole
        calibrated = self._rounded(run, CONTROL, "int8 calibrated", whole.freeze())
        calibrate(run, calibrated, self.images)
        yield from self._learning_on(run, source, calibrated.freeze(), [whole, calibrated])

    def _learning_on(
        self, run: RunContext, source: Network, calibrated: Network, before: list[Network]
    ) -> Iterator[Stage]:
        """Yield the stages of the rounded students, both from the ``calibrated`` one on."""
        recipe = self._recipe(run.recipe(STUDENT))
        if self.baseline:
            alone = self._rounded(run, CONTROL, "int8 labels", calibrated)
            yield run.stage(alone.name, [label_loss(alone)], recipe=recipe, scored=[*before, alone])
        aware = self._rounded(run, STUDENT, "int8 aware", calibrated)
        terms = self._terms(aware.name, source.name)
        yield run.stage(aware.name, terms, recipe=recipe, scored=[*before, aware])

    def _rounded(self, run: RunContext, kind: str, method: str, start_from: Network) -> Network:
        model = Int8(of=run.experiment.networks[STUDENT].model, bits=self.bits)
        return run.network(STUDENT, kind, start_from=start_from, model=model, method=method)

    def _recipe(self, recipe: TrainingSpec) -> TrainingSpec:
        """Return the student's recipe, shorter and slower."""
        slower = {"learning_rate": recipe.optimizer.learning_rate * self.rate}
        optimizer = recipe.optimizer.model_copy(update=slower)
        return recipe.model_copy(update={"epochs": self.epochs, "optimizer": optimizer})
