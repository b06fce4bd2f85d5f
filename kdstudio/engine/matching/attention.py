"""Attention maps (Zagoruyko and Komodakis 2017)."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import feature
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, matching_terms
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class Attention(TapTerm):
    """AT: where each block looks, its squared activations summed over channels (Zagoruyko 2017)."""

    paper: ClassVar[str] = "Paying More Attention to Attention, Zagoruyko and Komodakis 2017"
    needs: ClassVar[tuple[str, ...]] = ("maps",)
    default_taps: ClassVar[DefaultTaps] = "blocks"
    weight_source: ClassVar[str] = "RepDistiller"

    name: Literal["attention"] = "attention"
    weight: float = option(1000.0, "Weight", "Weight of the sum over the taps.", ge=0, le=1e9)

    def formula(self) -> str:
        """Return the squared difference of attention maps."""
        return "Σ mean (Q_s/‖Q_s‖ − Q_t/‖Q_t‖)², Q = mean_c F²"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Tap by tap."""
        return [self.between(pair, feature.attention)]
