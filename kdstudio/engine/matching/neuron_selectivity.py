"""Neuron selectivity transfer (Huang and Wang 2017)."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import feature
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, matching_terms
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class NeuronSelectivity(TapTerm):
    """NST: the distribution of what each block's channels respond to (Huang and Wang 2017)."""

    paper: ClassVar[str] = "Like What You Like: Neuron Selectivity Transfer, Huang and Wang 2017"
    needs: ClassVar[tuple[str, ...]] = ("maps",)
    default_taps: ClassVar[DefaultTaps] = "blocks"
    weight_source: ClassVar[str] = "RepDistiller"

    name: Literal["neuron-selectivity"] = "neuron-selectivity"
    weight: float = option(50.0, "Weight", "Weight of the sum over the taps.", ge=0, le=1e9)

    def formula(self) -> str:
        """Return the discrepancy with its kernel."""
        return "Σ MMD²(f_t, f_s), k(x, y) = (xᵀy)², f = each channel's map, normalised"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Tap by tap."""
        return [self.between(pair, feature.neuron_selectivity)]
