"""Weights on disk: safetensors beside a JSON card that tells how to rebuild the network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from kdstudio.declaration import Declaration
from kdstudio.engine.experiment import AnyModel
from kdstudio.errors import KDStudioError
from kdstudio.runs.files import write_atomically

if TYPE_CHECKING:
    from torch import Tensor, nn

SUFFIX = ".safetensors"


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


def save_tensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write ``tensors`` as safetensors, atomically."""
    from safetensors.torch import save

    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(contiguous, metadata))


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
    write_atomically(path.with_suffix(".json"), card.model_dump_json(indent=2))


def read_card(path: Path) -> NetworkCard:
    """Read the card of the weights file ``path``."""
    card = path.with_suffix(".json")
    try:
        return NetworkCard.model_validate(json.loads(card.read_text("utf-8")))
    except FileNotFoundError as error:
        raise KDStudioError(f"no '{card.name}' beside '{path}'; it tells how to rebuild it") from error
    except (OSError, ValueError, ValidationError) as error:
        raise KDStudioError(f"'{card}' does not describe a network: {error}") from error


def load_network(path: Path) -> tuple[nn.Module, NetworkCard]:
    """Rebuild an exported network, in eval mode, with its card.

    It takes normalised images ``(B, C, H, W)`` and gives logits ``(B, K)``. Raises KDStudioError
    when the file is damaged or its card does not fit it.
    """
    from kdstudio.engine.bench import load_state
    from kdstudio.models.declaration import ImageShape

    card = read_card(path)
    module = card.model.build(ImageShape(*card.image, card.mean, card.std), len(card.class_names))
    load_state(module, load_tensors(path), card.network)
    return module.eval(), card
