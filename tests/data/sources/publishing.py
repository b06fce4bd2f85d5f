"""Tiny data sets in the formats in which the real ones are published, at addresses of this machine."""

import gzip
import hashlib
import io
import pickle
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import scipy.io


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def packed(files: dict[str, bytes]) -> bytes:
    """A ``.tar.gz`` of files by name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """A ``.zip`` of files by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def idx(values: np.ndarray) -> bytes:
    """LeCun's format: magic number (bytes, so many dimensions), sizes, values; gzipped."""
    sizes = b"".join(size.to_bytes(4) for size in values.shape)
    return gzip.compress(bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes())


def matlab(images: np.ndarray, labels: np.ndarray) -> bytes:
    """The format of SVHN: ``X`` is ``(32, 32, 3, N)``, ``y`` is ``(N, 1)`` and calls the digit 0 ten."""
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {"X": images.transpose(2, 3, 1, 0), "y": np.where(labels, labels, 10)[:, None]})
    return buffer.getvalue()


def pickled(value: object) -> bytes:
    """As Python 2 wrote CIFAR."""
    return pickle.dumps(value, protocol=2)


def publish(folder: Path, name: str, content: bytes) -> tuple[str, str]:
    """Put a file where it can be fetched; its address and md5."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return (folder / name).as_uri(), md5(content)
