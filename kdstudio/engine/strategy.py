"""What every strategy declares, and the registry of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdstudio.declaration import Declaration, Registry

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.stage import Stage


class Strategy(Declaration):
    """A way to distil, with its hyper-parameters; subclasses are registered under their ``name``."""

    name: str

    def roles(self) -> tuple[str, ...]:
        """Names of the networks that the experiment must describe."""
        raise NotImplementedError

    def formula(self) -> str:
        """Return the literal loss, with the numbers in it."""
        raise NotImplementedError

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """Yield the stages in turn; code after a ``yield`` runs when that stage is trained.

        Deterministic given the run. A plan is also run once untrained, as dry run, so it
        may look at networks but not at their accuracy.
        """
        raise NotImplementedError


strategies = Registry[Strategy]("strategy", "kdstudio.engine.strategies", "kdstudio.strategies")
