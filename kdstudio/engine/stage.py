"""Stages: networks, heads and loss terms that are trained together for some epochs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from kdstudio.data.feed import Batch
from kdstudio.engine.composition import LOGITS
from kdstudio.engine.losses.response import MixedLabelsError
from kdstudio.engine.network import Head, Network, Part
from kdstudio.engine.terms import GIVEN, IMAGES, INDEX, LABELS, LossTerm
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from kdstudio.models.modules.drawing import draw_again
from kdstudio.packages import line_outside

AfterEpoch = Callable[[int], None]
"""Called with the number of the epoch, from 1, once its steps are done and before anything is scored."""


class Stage(nn.Module):
    """One span of training; ``forward(batch, update)`` returns the update's losses by name."""

    def __init__(
        self,
        name: str,
        *,
        networks: Sequence[Network],
        updates: Sequence[Sequence[LossTerm]],
        training: TrainingSpec,
        seed: int = 0,
        heads: Sequence[Head] = (),
        scored: Mapping[str, str] | None = None,
        classes: Sequence[int] = (),
        renumber: bool = True,
        after_epoch: AfterEpoch | None = None,
        changes: Sequence[Part] = (),
    ) -> None:
        """One update is one forward, backward and optimiser step over its terms.

        Order, views and draws follow from ``seed``.
        ``scored`` maps names to addresses of logits; by default each network's own logits. It is
        empty where a network has no predictions yet to be scored.
        ``classes`` are the numbers of the only classes that it sees in training, validation and test,
        none meaning all; with ``renumber`` they count from 0 in that order, else they keep their numbers.
        ``after_epoch`` is called between epochs; ``changes`` are the frozen parts whose weights it changes
        (a moving average of the student's, for instance).
        """
        super().__init__()
        self.name = self.title = name
        self.called: Callable[[str], str] = str
        """What its networks are called in the whole run, and ``title`` what it is."""
        self.seed = seed
        self.networks: Mapping[str, Network] = nn.ModuleDict({n.name: n for n in networks})  # type: ignore[assignment]
        self.heads: Mapping[str, Head] = nn.ModuleDict({h.name: h for h in heads})  # type: ignore[assignment]
        self.updates = tuple(tuple(update) for update in updates)
        self.training_spec = training
        self.classes = tuple(classes)
        self.renumber = bool(classes) and renumber
        self.after_epoch = after_epoch
        self.changes = {part.name: part for part in changes}
        self._learners: dict[int, dict[str, Part]] = {}
        self.scored = dict({n.name: f"{n.name}.{LOGITS}" for n in networks} if scored is None else scored)

    @property
    def terms(self) -> tuple[LossTerm, ...]:
        """All terms, update by update."""
        return tuple(term for update in self.updates for term in update)

    def addresses(self) -> tuple[str, ...]:
        """Everything a term may name."""
        taps = (f"{n.name}.{output}" for n in self.networks.values() for output in n.outputs)
        return (*GIVEN, *taps, *self.heads)

    def behind(self, address: str) -> dict[str, Part]:
        """Networks and heads that the value at ``address`` is computed by, by name."""
        return behind(address, self.networks, self.heads)

    def learners(self, update: int) -> dict[str, Part]:
        """Networks and heads that ``update`` changes, by name; heads without state are left out."""
        if update not in self._learners:
            found: dict[str, Part] = {}
            for address in {address for term in self.updates[update] for address in term.learned}:
                found |= self.behind(address)
            with_state = {n: part for n, part in sorted(found.items()) if part.state_dict()}
            self._learners[update] = {n: part for n, part in with_state.items() if not part.frozen}
        return self._learners[update]

    def forward(self, batch: Batch, update: int = 0) -> dict[str, Tensor]:
        """Return each term's loss, computed in float32 or more, a scalar, unweighted, by the term's name."""
        values = self.values(batch, self.read_by(update), learning=self.learners(update))
        with torch.autocast(batch.images.device.type, enabled=False):
            return self.losses(values, update)

    def read_by(self, update: int) -> set[str]:
        """Addresses that the terms of ``update`` name."""
        return {address for term in self.updates[update] for address in term.reads}

    def losses(self, values: Mapping[str, Tensor], update: int) -> dict[str, Tensor]:
        """Return the losses of ``update``, by name, of the ``values`` by address."""
        return {
            term.name: term.loss(
                *(values[a] for a in term.learned), *(values[a].detach() for a in term.targets)
            )
            for term in self.updates[update]
        }

    def values(
        self, batch: Batch, wanted: Iterable[str], learning: Collection[str] = ()
    ) -> dict[str, Tensor]:
        """Return the flat dict of tensors by address; gradient only through those ``learning``.

        Only these move buffers, such as running statistics. Each network in training draws the same random
        numbers, those that it would draw alone: dropout does not depend on who learns beside it.
        """
        pending, wanted = list(wanted), set(wanted)
        while pending:
            address = pending.pop()
            sources = self.heads[address].inputs if address in self.heads else ()
            pending += [source for source in sources if source not in wanted]
            wanted.update(sources)
        if IMAGES in wanted:
            with torch.enable_grad():  # a view: the counter of operations cannot see gradients to leaves
                shown = batch.images.detach()
                images = (batch.share.whole(shown) if batch.share else shown).requires_grad_()
                images = images.view_as(images)
                batch = replace(batch, images=batch.share.own(images) if batch.share else images)
        else:
            images = batch.images
        values = {LABELS: batch.labels, INDEX: batch.index, IMAGES: images}
        for name, network in self.networks.items():
            outputs = [a.partition(".")[2] for a in wanted if a.partition(".")[0] == name and "." in a]
            if outputs:
                if network.training:
                    draw_again(batch.images.device)
                with torch.set_grad_enabled(name in learning or IMAGES in wanted):
                    answers = network.answer(batch, outputs, learning=name in learning)
                values |= {f"{name}.{output}": at_least_float32(value) for output, value in answers.items()}
        for name, head in self.heads.items():
            if name in wanted:
                inputs = (values[source] for source in head.inputs)
                values[name] = at_least_float32(head.answer(*inputs, learning=name in learning))
        return values

    @torch.no_grad()
    def dry_run(self, batch: Batch) -> None:
        """Run every update once on ``batch`` in eval mode, without gradient.

        Nothing is changed but lazy heads, which take their shape. Raises KDStudioError that
        names the stage, the term and the address that does not fit; MixedLabelsError, which names
        them too, where a term cannot do with mixed images.
        """
        self.eval()
        known = self.addresses()
        for what, address in self._named():
            if address not in known and not self._is_submodule(address):
                raise KDStudioError(
                    f"stage '{self.name}', {what}: no address '{address}'; there are {', '.join(known)}"
                )
        for update in range(len(self.updates)):
            self._dry_run_turn(batch, update)

    def _named(self) -> Iterator[tuple[str, str]]:
        """Yield every address that a term, a head or a score names, with what names it."""
        for term in self.terms:
            for address in term.reads:
                yield f"term '{term.name}'", address
        for name, head in self.heads.items():
            for address in head.inputs:
                yield f"head '{name}'", address
        for name, address in self.scored.items():
            yield f"score '{name}'", address

    def _dry_run_heads(self, batch: Batch) -> None:
        """Run the heads one by one; KDStudioError names the first that does not fit."""
        for name, head in self.heads.items():
            values = self.values(batch, head.inputs)
            inputs = {address: values[address] for address in head.inputs}
            try:
                head(*inputs.values())
            except (RuntimeError, ValueError, IndexError) as error:
                raise KDStudioError(
                    f"stage '{self.name}', head '{name}' does not fit {_shapes(inputs)}: {error}"
                    f"{line_outside(error)}"
                ) from error

    def _is_submodule(self, address: str) -> bool:
        name, _, output = address.partition(".")
        return name in self.networks and self.networks[name].has(output)

    def _dry_run_turn(self, batch: Batch, update: int) -> None:
        terms = self.updates[update]
        try:
            values = self.values(batch, self.read_by(update))
        except (RuntimeError, ValueError, IndexError):
            self._dry_run_heads(batch)
            raise
        for term in terms:
            inputs = {address: values[address] for address in term.reads}
            try:
                loss = term.loss(*(values[address] for address in term.reads))
            except MixedLabelsError as error:
                raise MixedLabelsError(f"stage '{self.name}', term '{term.name}': {error}") from error
            except (RuntimeError, ValueError, IndexError) as error:
                raise KDStudioError(
                    f"stage '{self.name}', term '{term.name}' does not fit {_shapes(inputs)}: {error}"
                    f"{line_outside(error)}"
                ) from error
            if loss.shape:
                raise KDStudioError(
                    f"stage '{self.name}', term '{term.name}' gives {tuple(loss.shape)}; "
                    "a loss must be one number"
                )


def at_least_float32(value: Tensor) -> Tensor:
    """Return what autocast has made smaller in float32; float64 stays."""
    return value if value.dtype == torch.float64 else value.float()


def behind(address: str, networks: Mapping[str, Network], heads: Mapping[str, Head]) -> dict[str, Part]:
    """Networks and heads that the value at ``address`` is computed by, by name; sources come first."""
    if address in GIVEN:
        return {}
    if address not in heads:
        name = address.partition(".")[0]
        return {name: networks[name]} if name in networks else {}
    found: dict[str, Part] = {}
    for source in heads[address].inputs:
        found |= behind(source, networks, heads)
    return {**found, address: heads[address]}


def _shapes(values: Mapping[str, Tensor]) -> str:
    return ", ".join(f"{address} {tuple(value.shape)}" for address, value in values.items())
