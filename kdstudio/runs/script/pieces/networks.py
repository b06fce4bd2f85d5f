"""Making networks and reading what their layers give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

from kdstudio.data.seeding import derived_seed
from kdstudio.runs.script.pieces.images import DEVICE


def fresh(make: Callable[[], nn.Module], seed: int, *purpose: str | int) -> nn.Module:
    """Make a network; its first weights follow from the seed and what it is for, and from nothing else."""
    torch.manual_seed(derived_seed(seed, "weights", *purpose))
    return make().to(DEVICE)


def begin_as(network: nn.Module, other: nn.Module) -> nn.Module:
    """Give ``network`` the weights of another one, wherever their shapes agree."""
    own = network.state_dict()
    same = {name: value for name, value in other.state_dict().items() if value.shape == own[name].shape}
    network.load_state_dict(own | same)
    return network


def freeze(network: nn.Module) -> nn.Module:
    """Take a network out of training: no gradient, and running statistics that stay."""
    return network.requires_grad_(False).eval()


def read(network: nn.Module, images: Tensor, *paths: str) -> tuple[Tensor, ...]:
    """Return the network's logits, and what its layers at ``paths`` give (with @input: are fed with)."""
    found: dict[str, Tensor] = {}

    def keep(path: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(_layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            found[path] = inputs[0] if path.endswith("@input") else output

        return hook

    with ExitStack() as hooks:
        for path in paths:
            layer = network.get_submodule(path.removesuffix("@input"))
            hooks.callback(layer.register_forward_hook(keep(path)).remove)
        logits = network(images)
    return (logits.float(), *(found[path].float() for path in paths))


@contextmanager
def listening(*networks: nn.Module) -> Iterator[None]:
    """Within it networks answer as in training, but learn nothing: no gradient, running statistics stay."""
    buffers = [buffer for network in networks for buffer in network.buffers()]
    before = [buffer.clone() for buffer in buffers]
    with torch.no_grad():
        yield
        for buffer, value in zip(buffers, before, strict=True):
            buffer.copy_(value)
