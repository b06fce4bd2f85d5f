"""Weights on disk: safetensors beside a JSON card that tells how to rebuild the network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from kdstudio.declaration import Declaration
from kdstudio.engine.experiment import AnyModel
from kdstudio.errors import KDStudioError
from kdstudio.models.exits import Exit, with_exit
from kdstudio.runs.files import write_atomically

if TYPE_CHECKING:
    from torch import Tensor, nn

    from kdstudio.models.declaration import ModelSpec

SUFFIX = ".safetensors"
WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
"""Under these, training scripts put the state dict into what they save."""


class NetworkCard(Declaration):
    """How to rebuild a network and how to feed it."""

    format: str = "kdstudio-network-1"
    network: str
    model: AnyModel
    image: tuple[int, int, int]
    """Channels, height and width."""
    class_names: tuple[str, ...]
    mean: tuple[float, ...]
    """Subtracted from pixels in 0 to 1, channel by channel."""
    std: tuple[float, ...]
    """The difference is divided by it."""
    epoch: int = 0
    exit: Exit | None = None
    """Where the network ends early, with a head of its own; without it, the whole network."""


def save_tensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write ``tensors`` as safetensors, atomically."""
    from safetensors.torch import save

    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(contiguous, metadata))


def load_weights_file(path: Path, class_names: Sequence[str]) -> dict[str, Tensor]:
    """Read weights from outside: safetensors, or a PyTorch state dict, which runs nothing.

    Where a card lies beside the file, its classes must be ``class_names``. Raises KDStudioError.
    """
    if path.suffix in {".pt", ".pth"}:
        return _load_state_dict(path)
    tensors = load_tensors(path)
    if path.with_suffix(".json").exists():
        check_classes(read_card(path), class_names, str(path))
    return tensors


def check_classes(card: NetworkCard, class_names: Sequence[str], what: str) -> None:
    """Raise KDStudioError where a network was made for other classes."""
    if card.class_names != tuple(class_names):
        raise KDStudioError(
            f"the network in '{what}' was trained for {_spoken(card.class_names)}, but the data has "
            f"{_spoken(class_names)}; choose another one, or the data that it was trained on"
        )


def _spoken(class_names: Sequence[str]) -> str:
    shown = ", ".join(class_names[:6]) + (", …" if len(class_names) > 6 else "")
    return f"{len(class_names)} classes ({shown})"


def _load_state_dict(path: Path) -> dict[str, Tensor]:
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise KDStudioError(f"no weights file '{path}'") from error
    except Exception as error:  # a damaged pickle fails in any way; torch's text advises to run it
        raise KDStudioError(
            f"'{path}' is not a plain PyTorch state dict; nothing in it was run. Save the "
            "model's state_dict() again, best as safetensors"
        ) from error
    for wrapper in WRAPPERS:
        if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    if not isinstance(found, dict) or not all(torch.is_tensor(value) for value in found.values()):
        raise KDStudioError(f"'{path}' holds no state dict of tensors; save the model's state_dict()")
    return {str(name).removeprefix("module."): value for name, value in found.items()}


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; KDStudioError when it is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise KDStudioError(f"no weights file '{path}'") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise KDStudioError(
            f"'{path}' is not a readable safetensors file ({error}); export it again"
        ) from error


def save_network(state: dict[str, Tensor], card: NetworkCard, path: Path) -> None:
    """Write ``path`` (.safetensors) and its card beside it."""
    save_tensors(state, path, {"kdstudio": card.network})
    write_atomically(path.with_suffix(".json"), card.model_dump_json(indent=2, exclude_none=True))


def read_card(path: Path) -> NetworkCard:
    """Read the card of the weights file ``path``."""
    card = path.with_suffix(".json")
    try:
        return NetworkCard.model_validate(json.loads(card.read_text("utf-8")))
    except FileNotFoundError as error:
        raise KDStudioError(f"no '{card.name}' beside '{path}'; it tells how to rebuild it") from error
    except (OSError, ValueError, ValidationError) as error:
        raise KDStudioError(f"'{card}' does not describe a network: {error}") from error


def check_code(model: ModelSpec, *, allow_code: bool) -> None:
    """Raise KDStudioError where building ``model`` runs code and nobody has allowed that."""
    if model.runs_code and not allow_code:
        raise KDStudioError(
            f"'{model.summary()}' runs code from a file; if you trust it, allow that: --allow-code on the "
            "command line, or the question that the window asks"
        )


def load_network(path: Path, *, allow_code: bool = False) -> tuple[nn.Module, NetworkCard]:
    """Rebuild an exported network, in eval mode, with its card.

    It takes normalised images ``(B, C, H, W)`` and gives logits ``(B, K)``. Raises KDStudioError
    when the file is damaged or its card does not fit it, or when rebuilding it would run code of
    somebody's without ``allow_code``.
    """
    from kdstudio.engine.context import load_state

    card = read_card(path)
    check_code(card.model, allow_code=allow_code)
    module = _built(card)
    load_state(module, load_tensors(path), card.network)
    return module.eval(), card


def _built(card: NetworkCard) -> nn.Module:
    from kdstudio.models.declaration import ImageShape

    classes = len(card.class_names)
    module = card.model.build(ImageShape(*card.image, card.mean, card.std), classes)
    if card.exit is None:
        return module
    return with_exit(module, card.model.taps()[card.exit.tap], card.exit, classes)


def early_state(card: NetworkCard, states: Mapping[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """State of the network that ends at the card's exit, from those of the whole one and the exit's heads."""
    assert card.exit is not None
    whole = dict(states[card.exit.of])
    for part in ("features", "classifier"):
        head = states.get(f"{card.network} {part}", {})
        whole |= {f"exit.{part}.{key}": value for key, value in head.items()}
    return {key: whole[key] for key in _built(card).state_dict()}
