"""Networks made of parts of others: trunks fed by the images, heads fed by what these give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from kdstudio.models.modules.tapping import INPUT, run_with_taps


class Trunk(nn.Module):
    """A network up to what is read of it; layers that come later are left out where they can be."""

    def __init__(self, name: str, module: nn.Module, reads: Mapping[str, str]) -> None:
        """``reads`` maps names to paths, as of taps, in ``module``; an empty path is the output."""
        super().__init__()
        self.name = name
        paths = [path.removesuffix(INPUT) for path in reads.values() if path]
        self.module = module if "" in reads.values() else _up_to(module, paths)
        ending = _last(module, paths) if self.module is not module else ""
        self._output = [name for name, path in reads.items() if path == ending]
        self._taps = {name: path for name, path in reads.items() if path != ending}

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """``(B, C, H, W)`` to the values read, by name."""
        output, captured = run_with_taps(self.module, images, self._taps, self.name)
        return captured | dict.fromkeys(self._output, output)


class ComposedNetwork(nn.Module):
    """``networks.NAME`` and ``heads.NAME``; images in, the value at one address out."""

    def __init__(
        self,
        trunks: Mapping[str, tuple[nn.Module, Mapping[str, str]]],
        heads: Mapping[str, tuple[nn.Module, Sequence[str]]],
        output: str,
    ) -> None:
        """``trunks`` are networks with what is read of them, ``heads`` modules with their inputs."""
        super().__init__()
        self.networks = nn.ModuleDict({n: Trunk(n, module, reads) for n, (module, reads) in trunks.items()})
        self.heads = nn.ModuleDict({name: module for name, (module, _) in heads.items()})
        self._inputs = {name: tuple(inputs) for name, (_, inputs) in heads.items()}
        self._output = output

    def forward(self, images: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, K)``."""
        values: dict[str, Tensor] = {}
        for name, trunk in self.networks.items():
            values |= {f"{name}.{read}": value for read, value in trunk(images).items()}
        for name, head in self.heads.items():
            values[name] = head(*(values[address] for address in self._inputs[name]))
        return values[self._output]


def _last(module: nn.Module, paths: Sequence[str]) -> str:
    """The path whose module ends last; of two that end together, the outer one."""
    order = [path for path, _ in module.named_modules(remove_duplicate=False)]

    def end(path: str) -> int:
        return max(place for place, p in enumerate(order) if p == path or p.startswith(f"{path}."))

    return max(paths, key=lambda path: (end(path), -len(path)))


def _up_to(module: nn.Module, paths: Sequence[str]) -> nn.Module:
    """Return ``module`` up to and with the last of ``paths``, sharing its modules.

    Chains (``nn.Sequential``, or such within such) are cut; any other network is kept whole, and so is one
    that runs a layer in two places: what is read of that layer is what it gives last.
    """
    layers = [layer for _, layer in module.named_modules(remove_duplicate=False)]
    once = len({*map(id, layers)}) == len(layers)
    cut = _cut(module, _last(module, paths)) if once else None
    return module if cut is None else cut


def _cut(module: nn.Module, path: str) -> nn.Sequential | None:
    name, _, rest = path.partition(".")
    children = dict(module.named_children())
    is_chain = isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward
    if not is_chain or name not in children:
        return None
    trunk = nn.Sequential()
    for child, part in children.items():
        if child != name:
            trunk.add_module(child, part)
            continue
        inside = _cut(part, rest) if rest else part
        if inside is None:
            return None
        trunk.add_module(child, inside)
        break
    return trunk
