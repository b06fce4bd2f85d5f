"""Networks made elsewhere: their taps, their classifier, and whether they can take the images."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.models.modules.assembly import chain
from kdstudio.models.modules.drawing import OwnGenerator
from kdstudio.models.modules.images import ImageInput
from kdstudio.models.modules.weightless import UnfitError, on_meta, weightless
from kdstudio.packages import where_written

Shape = tuple[int, ...]
Maker = Callable[[], nn.Module]


def unknown(library: str, name: str, known: Iterable[str]) -> KDStudioError:
    """Error for a ``name`` that the ``library`` does not have, with those most like it."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    there_are = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(names[:8])}, …"
    return KDStudioError(f"{library} has no '{name}'; {there_are}")


def with_classes(network: nn.Module, classes: int) -> nn.Module:
    """Replace the last linear layer or convolution by a new one with ``classes`` outputs."""
    path, last = last_layer(network)
    parent, _, name = path.rpartition(".")
    replacement: nn.Module
    if isinstance(last, nn.Linear):
        replacement = nn.Linear(last.in_features, classes, last.bias is not None)
    else:
        kernel = cast("tuple[int, int]", last.kernel_size)
        replacement = nn.Conv2d(last.in_channels, classes, kernel, bias=last.bias is not None)
    setattr(network.get_submodule(parent), name, replacement)
    return network


def last_layer(network: nn.Module) -> tuple[str, nn.Linear | nn.Conv2d]:
    """Find the layer that gives the logits, with its path."""
    layers = [(n, m) for n, m in network.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    return layers[-1]


def behind(images: ImageInput, network: nn.Module) -> nn.Sequential:
    """``input``, then ``network``, in which nothing overwrites what a tap has read."""
    return chain(input=images, network=not_in_place(network))


def not_in_place(network: nn.Module) -> nn.Module:
    """Switch operations in place off, so that a tap keeps what it has read, and return the ``network``."""
    for module in network.modules():
        if getattr(module, "inplace", False) is True:
            module.inplace = False  # type: ignore[assignment]
    return network


def with_shapes(network: nn.Module, image: ImageShape, what: str) -> None:
    """Let lazy layers take their shape from blank images; KDStudioError where none comes to one."""
    if not any(map(is_lazy, network.parameters())):
        return
    training = network.training
    with torch.no_grad():
        network.eval()(torch.zeros(2, image.channels, image.height, image.width))
    network.train(training)
    if left := next((path for path, weights in network.named_parameters() if is_lazy(weights)), ""):
        raise KDStudioError(
            f"'{left}' in the network of {what} has no shape{where_written(type(network).forward)}; no image "
            "comes to this lazy layer: use it, or remove it"
        )


def check_weights(network: nn.Module, what: str) -> None:
    """Raise KDStudioError where a ``network`` has weights of another type than the images that it is fed."""
    for path, weights in network.named_parameters():
        if weights.dtype != torch.float32:
            raise KDStudioError(
                f"'{path}' in the network of {what} is {weights.dtype}; images are torch.float32, so build "
                "it in that: .float()"
            )


def check_fits(network: nn.Module, twin: Maker, image: ImageShape, what: str, natural: int) -> None:
    """Raise :class:`UnfitError` when the ``network`` cannot take such images; ``twin`` makes another like it.

    The twin is tried without numbers, which costs nothing; the network itself only when that fails.
    """
    if on_meta():
        network.to("meta")  # where a part was reckoned with numbers
    else:
        with suppress(Exception), torch.device("meta"):
            run(weightless(twin), image)
            return
    try:
        run(network, image)
    except Exception as error:
        if on_meta() and isinstance(error, NotImplementedError):
            raise  # it may well take them elsewhere
        raise UnfitError(
            f"{what} cannot take images of {image.height}×{image.width} ({error}); "
            f"it was made for {natural}×{natural}: set its size to {natural}"
        ) from error


def run(network: nn.Module, image: ImageShape) -> list[tuple[str, Shape]]:
    """Pass one image through; returns module paths and the shapes of their outputs, in that order."""
    seen: dict[str, Shape] = {}

    def watch(path: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor):
                seen[path] = tuple(output.shape)

        return hook

    handles = [module.register_forward_hook(watch(path)) for path, module in network.named_modules() if path]
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, image.channels, image.height, image.width))
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    return list(seen.items())


def default_taps(make: Maker, image: ImageShape) -> dict[str, str]:
    """Name the outputs of a network's children that hold features: taps and their paths, in order.

    Of the children with maps ``(B, C, H, W)`` it takes the last of each size; of those with vectors
    ``(B, F)`` all; never the one that gives the logits. A chain whose parts give maps of several sizes
    counts as its parts.
    """
    with OwnGenerator(0):
        try:
            network = weightless(make)
            with torch.device("meta"):
                shapes = run(network, image)
        except Exception:
            network = make()
            shapes = run(network, image)
    names = _names(network, dict(shapes))
    found = [(names[path], path, shape) for path, shape in shapes if path in names]
    maps = [entry for entry in found if len(entry[2]) == 4]
    taken = {
        name
        for (name, _, shape), after in zip(maps, [*maps[1:], None], strict=False)
        if after is None or shape[2:] != after[2][2:]
    }
    return {name: path for name, path, shape in found if name in taken or len(shape) == 2}


def _names(network: nn.Module, shapes: dict[str, Shape]) -> dict[str, str]:
    """Paths of the parts that may be taps, with the names of these."""
    logits, _ = last_layer(network)
    names: dict[str, str] = {}
    for child, module in network.named_children():
        if f"{logits}.".startswith(f"{child}."):
            continue
        parts = {f"{child}.{name}": name for name, _ in module.named_children()}
        sizes = {shapes[path][2:] for path in parts if len(shapes.get(path, ())) == 4}
        if isinstance(module, nn.Sequential | nn.ModuleList) and len(sizes) > 1:
            names |= {path: child + name if name.isdigit() else name for path, name in parts.items()}
        else:
            names[child] = child
    return names
