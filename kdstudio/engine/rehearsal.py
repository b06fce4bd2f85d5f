"""A stage tried on a few images as it will be trained and scored, before anything is.

A network may be anybody's code. Where it does otherwise than the loop takes for granted, it is told here,
with its line, not after hours of a teacher's training.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn.modules.dropout import _DropoutNd

from kdstudio.data.feed import Batch
from kdstudio.engine.composition import LOGITS
from kdstudio.engine.context import RunContext
from kdstudio.engine.network import Network
from kdstudio.engine.stage import Stage
from kdstudio.engine.strangers import blaming_strangers, strangers_line
from kdstudio.errors import KDStudioError, speaking_of
from kdstudio.models.modules.torch_settings import settings_kept
from kdstudio.packages import where_written

LEAST = 2
"""Images in the smallest batch that is trained on."""


def ask_networks(stage: Stage, sample: Batch, context: RunContext) -> None:
    """Ask each network in eval mode about one image of ``sample``, as a last batch may have no more.

    Raises KDStudioError where it gives no logits, ``(B, classes)`` in float32, or leaves others changed.
    """
    stage.eval()
    batch = sample.first(1)
    for network in stage.networks.values():
        with _asking(network, "asked about one image", context), torch.no_grad():
            before = batch.images._version
            _check_logits(network, network(batch, (LOGITS,))[LOGITS], batch, context)
            if batch.images._version != before:
                raise KDStudioError(
                    f"{_called(network)} changes its images in place{_forward(network)}; others see the same "
                    "ones, so let it work on a copy: images = images.clone()"
                )


def take_gradients(stage: Stage, sample: Batch, context: RunContext) -> None:
    """Go through each update in training mode, with as few images as it may be given; nothing is changed.

    Raises KDStudioError where a network has nothing to learn, or its gradients cannot be computed.
    """
    before = {name: buffer.clone() for name, buffer in stage.named_buffers()}
    with _training(stage):
        for update in range(len(stage.updates)):
            _check_learns(stage, update, context)
            if stage.learners(update):
                _take_gradients(stage, update, sample.first(LEAST), context)
    for name, buffer in stage.named_buffers():
        buffer.copy_(before[name])


@contextmanager
def _training(stage: Stage) -> Iterator[None]:
    """Put modules into training mode, but for dropout: it draws numbers that are the training thread's.

    The parts themselves stay in eval mode, so that the stage does not seed for them either.
    """
    for part in (*stage.networks.values(), *stage.heads.values()):
        if not part.frozen:
            part.module.train()
    for module in stage.modules():
        if isinstance(module, _DropoutNd):
            module.eval()
    try:
        yield
    finally:
        stage.eval()


def _take_gradients(stage: Stage, update: int, sample: Batch, context: RunContext) -> None:
    learners = stage.learners(update)
    networks = [part for part in learners.values() if isinstance(part, Network)]
    with blaming_strangers(f"stage '{stage.name}', tried in training mode"), torch.enable_grad():
        reads = stage.read_by(update) | {network.logits for network in networks}
        values = stage.values(sample, reads, learning=learners)
        for network in networks:
            with _asking(network, "tried in training mode", context):
                _check_training(network, values[network.logits], sample, context)
        total = torch.stack([*stage.losses(values, update).values()]).sum()
        if not total.requires_grad:
            raise KDStudioError(
                f"stage '{stage.name}': its loss has no gradient, so that {_spoken(learners)} cannot learn; "
                "let the terms compute it from their inputs"
            )
        parameters = [p for part in learners.values() for p in part.parameters() if p.requires_grad]
        try:
            torch.autograd.grad(total, [*dict.fromkeys(parameters)], allow_unused=True)
        except RuntimeError as error:
            written = "".join(map(_forward, networks))
            if strangers_line(error) or not written:
                raise
            raise KDStudioError(
                f"stage '{stage.name}': the gradients of {_spoken(learners)} cannot be computed: "
                f"{str(error).partition('. ')[0]}{written}; mend it there"
            ) from error


def _check_learns(stage: Stage, update: int, context: RunContext) -> None:
    """Raise KDStudioError for a network that is to learn and has nothing that could change."""
    learned = {address for term in stage.updates[update] for address in term.learned}
    parts = {name: part for address in sorted(learned) for name, part in stage.behind(address).items()}
    for network in (part for part in parts.values() if isinstance(part, Network) and not part.frozen):
        if any(parameter.requires_grad for parameter in network.parameters()):
            continue
        count = network.parameter_count()
        has = f"all its {count:,} weights have requires_grad off" if count else "it has no weights"
        with _asking(network, "", context):
            raise KDStudioError(
                f"{_called(network)} cannot learn: {has}{_forward(network)}; "
                f"{'leave it on for what is to learn' if count else 'give it layers'}"
            )


def _check_training(network: Network, logits: Tensor, batch: Batch, context: RunContext) -> None:
    _check_logits(network, logits, batch, context)
    if not logits.requires_grad:
        raise KDStudioError(
            f"{_called(network)} gives logits without a gradient{_forward(network)}; let them be computed "
            "from its weights, without detach, no_grad or rounding"
        )
    if wrong := logits.detach()[~logits.isfinite()].tolist():
        raise KDStudioError(
            f"{_called(network)} gives {wrong[0]} before it is trained{_forward(network)}; mend it there, or "
            "give it smaller first weights"
        )


def _check_logits(network: Network, logits: Tensor, batch: Batch, context: RunContext) -> None:
    entry = context.scorable.get(network.name)
    classes = len(entry.card.class_names) if entry and entry.card else logits.shape[-1:].numel()
    images = batch.images
    wanted, given = (len(batch), classes), tuple(logits.shape)
    if given != wanted:
        images_given = "one image" if len(batch) == 1 else f"{len(batch)} images"
        what, remedy = f"gives {given} for {images_given}", f"logits must be {wanted}"
    elif logits.device != images.device:
        what, remedy = f"gives logits on {logits.device}", f"leave them on {images.device}, with the images"
    elif logits.dtype != images.dtype:
        what, remedy = f"gives logits in {logits.dtype}", f"images are {images.dtype}, and logits must be"
    else:
        return
    raise KDStudioError(f"{_called(network)} {what}{_forward(network)}; {remedy}")


@contextmanager
def _asking(network: Network, how: str, context: RunContext) -> Iterator[None]:
    """Let what goes wrong within name the network, its line and its field."""
    entry = context.scorable.get(network.name)
    field = ("networks", entry.identity.role, "model") if entry else ()
    with speaking_of(*field):
        with settings_kept() as changed, blaming_strangers(f"{_called(network)}, {how}"):
            yield
        if changed:
            raise KDStudioError(
                f"{_called(network)} changes torch's {' and '.join(changed)}{_forward(network)}; that holds "
                "for all networks, so leave it alone"
            )


def _called(network: Network) -> str:
    return f"'{network.name}' ({network.architecture})" if network.architecture else f"'{network.name}'"


def _forward(network: Network) -> str:
    return where_written(type(network.module).forward)


def _spoken(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
