"""What quantities are read from, given by hand."""

from dataclasses import dataclass, field
from typing import Any

import torch

from kdstudio.engine.quantities.declaration import Answered
from kdstudio.engine.views import Comparison


@dataclass
class Given:
    """A run of three networks: each is the only one of its kind."""

    rows: dict[str, Any] = field(default_factory=dict)
    logits: dict[str, torch.Tensor] = field(default_factory=dict)
    labels: torch.Tensor = field(default_factory=lambda: torch.tensor([0, 1]))
    kept: dict[str, Any] = field(default_factory=dict)
    kinds: Comparison = Comparison()  # noqa: RUF009  # frozen

    def row(self, network):
        return self.rows[network]

    def other(self, network, where):
        return where["kind"]

    def weights(self, network):
        return self.kept[network]

    def answers(self, *networks):
        return Answered(self.labels, tuple(self.logits[name].double() for name in networks))

    def gradient_shares(self, network):
        return self.kept[network]

    def seconds(self, network):
        return self.kept[network]
