"""Weights on disk: safetensors beside a JSON card that tells how to rebuild the network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from kdstudio.engine.card import NetworkCard
from kdstudio.engine.experiment import REGISTRIES
from kdstudio.errors import KDStudioError
from kdstudio.given import MISSING, why_no_file
from kdstudio.problems import problems
from kdstudio.runs.files import write_atomically
from kdstudio.runs.former_runs import modern_card, modern_state
from kdstudio.runs.reading import MEGABYTE, read_json, reason_of

if TYPE_CHECKING:
    from torch import Tensor, nn

SUFFIX = ".safetensors"
LARGEST_CARD = MEGABYTE
"""Bytes: a hundred times what a card takes."""
WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
"""Under these, training scripts put the state dict into what they save."""


def save_tensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> bytes:
    """Write ``tensors`` as safetensors, atomically; returns the file's content."""
    content = packed(tensors, metadata)
    write_atomically(path, content)
    return content


def packed(tensors: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    """Return what a safetensors file of ``tensors`` holds."""
    from safetensors.torch import save

    content: bytes = save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)
    return content


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
    """Read a safetensors file, half precision as single; KDStudioError when it is missing or damaged."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if (why := why_no_file(path)) == MISSING:
        raise KDStudioError(f"no weights file '{path}'")
    try:
        if why:
            raise OSError(0, why)
        read = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise KDStudioError(
            f"'{path}' is not a readable safetensors file ({reason_of(error)}); "
            "take a copy of it that is whole"
        ) from error
    return {name: found.float() if found.dtype is torch.half else found for name, found in read.items()}


def save_network(state: dict[str, Tensor], card: NetworkCard, path: Path) -> bytes:
    """Write ``path`` (.safetensors) and its card beside it; returns the content of the first."""
    content = save_tensors(state, path, {"kdstudio": card.network})
    write_atomically(path.with_suffix(".json"), card.model_dump_json(indent=2, exclude_none=True))
    return content


def read_card(path: Path) -> NetworkCard:
    """Read the card of the weights file ``path``, of the present or of a former shape."""
    card = path.with_suffix(".json")
    try:
        raw = modern_card(read_json(card, LARGEST_CARD))
        for registry in REGISTRIES:  # a package may register its heads where it registers its strategy
            len(registry)
        return NetworkCard.model_validate(raw)
    except FileNotFoundError as error:
        raise KDStudioError(f"no '{card.name}' beside '{path}'; it tells how to rebuild it") from error
    except ValidationError as error:
        found = "; ".join(dict.fromkeys(map(str, problems(error, raw, NetworkCard))))
        raise KDStudioError(
            f"'{card}' does not describe a network that can be built here: {found}; what a package has "
            "registered needs that package ('kdstudio list heads', 'kdstudio list models')"
        ) from error
    except (OSError, ValueError) as error:
        raise KDStudioError(f"'{card}' does not describe a network: {reason_of(error)}") from error


def check_code(code: str, *, allow_code: bool) -> None:
    """Raise KDStudioError where building a network runs ``code`` and nobody has allowed that."""
    if code and not allow_code:
        raise KDStudioError(
            f"'{code}' runs code from a file; if you trust it, allow that: --allow-code on the "
            "command line, or the question that the window asks"
        )


def load_network(path: Path, *, allow_code: bool = False) -> tuple[nn.Module, NetworkCard]:
    """Rebuild an exported network, in eval mode, with its card.

    It takes normalised images ``(B, C, H, W)`` and gives logits ``(B, K)``. Raises KDStudioError
    when the file is damaged or its card does not fit it, or when rebuilding it would run code of
    somebody's without ``allow_code``.
    """
    from kdstudio.engine.loading import load_state

    card = read_card(path)
    check_code(card.runs_code, allow_code=allow_code)
    module = card.build()
    load_state(module, modern_state(load_tensors(path), card), card.network)
    return module.eval(), card
