"""Factor transfer (Kim et al. 2018)."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import feature
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, connectors, matching_terms
from kdstudio.engine.matching.projected import channels
from kdstudio.engine.terms import LossTerm
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from kdstudio.engine.stage import Stage


@matching_terms.register
class FactorTransfer(TapTerm):
    """FT: a summary of the teacher's last block that an autoencoder has learned first (Kim 2018).

    The paraphraser, a convolutional autoencoder, learns the teacher's features in a stage of its own and
    is frozen; the translator, of the same form as its first half, makes the student's factors. Both have
    batch norm; the authors' code has none, and RepDistiller's has it in the translator alone.
    """

    paper: ClassVar[str] = "Paraphrasing Complex Network: Network Compression via Factor Transfer, Kim 2018"
    needs: ClassVar[tuple[str, ...]] = ("maps",)
    default_taps: ClassVar[DefaultTaps] = "last"
    weight_source: ClassVar[str] = "the authors' code, CIFAR-10"

    name: Literal["factor-transfer"] = "factor-transfer"
    weight: float = option(
        500.0, "Weight", "Weight of the term; RepDistiller has 200 beside its attention maps.", ge=0, le=1e9
    )
    compared: Literal["factors", "attention maps"] = option(
        "factors",
        "Compared",
        "factors: themselves, normalised as a whole, as in the paper and its code; attention maps: their "
        "squares averaged over channels and normalised, as in RepDistiller.",
    )
    rate: float = option(0.5, "Paraphrase rate", "Factors for each of the teacher's channels.", gt=0, le=4)
    paraphraser_epochs: int = option(
        30, "Paraphraser epochs", "How long the autoencoder learns.", unit="epochs", ge=1, le=10000
    )

    def formula(self) -> str:
        """Return the distance of the factors, or of their attention maps."""
        if self.compared == "factors":
            return "mean |f_s/‖f_s‖ − f_t/‖f_t‖|"
        return "mean |Q_s/‖Q_s‖ − Q_t/‖Q_t‖|, Q = mean_c f²"

    def plan(self, pair: Pair) -> Generator[Stage, None, list[LossTerm]]:
        """Train the paraphraser, then match the factors."""
        taps = self.pairs(pair)
        if len(taps) > 1:
            raise KDStudioError(f"term '{pair.name}': it matches one tap and has {len(taps)}; choose one")
        [(own, other)] = taps
        student, teacher = channels(pair, own, other)
        factors = max(1, round(self.rate * teacher))
        target = f"{pair.teacher.name}.{other}"
        encoder = pair.head(
            "paraphraser",
            partial(connectors.factor_encoder, teacher, factors),
            target,
            architecture=f"three 3×3 convolutions {teacher} → {factors} channels",
        )
        decoder = pair.head(
            "paraphrase",
            partial(connectors.factor_decoder, factors, teacher),
            encoder.name,
            architecture=f"three transposed 3×3 convolutions {factors} → {teacher} channels",
        )
        recipe = pair.recipe.model_copy(update={"epochs": self.paraphraser_epochs})
        reconstruction = LossTerm("reconstruction", feature.squared_error, decoder.name, (target,))
        yield pair.run.stage(encoder.name, [reconstruction], recipe=recipe)
        encoder.freeze()
        translator = pair.head(
            "translator",
            partial(connectors.factor_encoder, student, factors),
            f"{pair.student.name}.{own}",
            architecture=f"three 3×3 convolutions {student} → {factors} channels",
        )
        loss = feature.factor if self.compared == "factors" else feature.factor_attention
        return [self.term(pair, loss, translator.name, (encoder.name,))]
