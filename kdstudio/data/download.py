"""Fetching a published file: progress by the byte, checksum, nothing half-written."""

import gzip
import os
import shutil
import tempfile
import urllib.request
from pathlib import Path

from kdstudio.declaration import ProgressCallback

CHUNK = 1 << 18


def fetch_gzip(url: str, target: Path, md5: str, progress: ProgressCallback) -> None:
    """Download ``url``, check its md5, unpack it to ``target``.

    Raises OSError when it cannot be had or is not what was published; ``target`` is then as
    it was.
    """
    from torchvision.datasets.utils import check_md5

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        packed, unpacked = Path(folder, "packed"), Path(folder, "unpacked")
        with urllib.request.urlopen(url, timeout=30) as answer, packed.open("wb") as file:
            total = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                progress(f"downloading {target.name}", file.tell() / total if total else 0.0)
        if not check_md5(packed, md5):
            raise OSError(f"{url} is not the published file (its md5 differs)")
        with gzip.open(packed) as source, unpacked.open("wb") as file:
            shutil.copyfileobj(source, file)
        os.replace(unpacked, target)
