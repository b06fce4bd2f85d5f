"""Decoded images on disk, found again by the content of the files that they come from."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.data.folders import cache_folder, data_folder
from kdstudio.given import why_no_file

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "decoded-1"


def content_key(files: Sequence[Path], root: Path, *options: object) -> str:
    """Return the name of the cache for these files' bytes and places, and these options of decoding."""
    digest = hashlib.blake2b(json.dumps([FORMAT, *map(str, options)]).encode(), digest_size=16)
    for file in files:
        digest.update(b"\0" + os.fsencode(file.relative_to(root)) + b"\0")
        digest.update(hashlib.blake2b(_content(file), digest_size=16).digest())
    return digest.hexdigest()


def _content(file: Path) -> bytes:
    """Read ``file``; nothing where it cannot be read, which whoever decodes it will find out."""
    try:
        return b"" if why_no_file(file) else file.read_bytes()
    except OSError:
        return b""


def cache_file(key: str) -> Path:
    """Path of the cache called ``key``."""
    return decoded_folder() / f"{key}.safetensors"


def decoded_folder() -> Path:
    """``cache`` in the data folder; where that cannot be, or a cache folder is named, ``decoded`` in that."""
    named = data_folder()
    if "KDSTUDIO_CACHE" not in os.environ and named.is_dir() and os.access(named, os.W_OK):
        return named / "cache"
    return cache_folder() / "decoded"


def load_cached(key: str) -> dict[str, Tensor] | None:
    """Read the cache, None if there is none or it is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(cache_file(key))
    except (OSError, SafetensorError):
        return None


def save_cached(key: str, tensors: dict[str, Tensor]) -> None:
    """Write the cache, atomically; a disk that is full costs only the time to decode again."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    target = cache_file(key)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            written = Path(folder, target.name)
            save_file(tensors, written)
            os.replace(written, target)
    except (OSError, SafetensorError):
        return
