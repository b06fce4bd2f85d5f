"""Fetching a published file: progress by the byte, checksum, nothing half-written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kdstudio.declaration import ProgressCallback

CHUNK = 1 << 18


def fetch(urls: Sequence[str], target: Path, md5: str, progress: ProgressCallback) -> None:
    """Download ``target`` from the first of ``urls`` that has it as published; keep it if it is there.

    Raises OSError when none has; ``target`` is then as it was.
    """
    from torchvision.datasets.utils import check_integrity

    if check_integrity(target, md5):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    failures: list[OSError] = []
    for url in urls:
        try:
            _fetch(url, target, md5, progress)
        except OSError as error:
            failures.append(error)
        else:
            return
    raise failures[-1]


def _fetch(url: str, target: Path, md5: str, progress: ProgressCallback) -> None:
    import urllib.request

    from torchvision.datasets.utils import check_md5

    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        fetched = Path(folder, target.name)
        with urllib.request.urlopen(url, timeout=30) as answer, fetched.open("wb") as file:
            total = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                progress(f"downloading {target.name}", file.tell() / total if total else 0.0)
        if not check_md5(fetched, md5):
            raise OSError(f"{url} is not the published file (its md5 differs)")
        os.replace(fetched, target)
