"""What computes here: the processor's name."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path

PROCESSORS = Path("/proc/cpuinfo")
"""Where Linux tells the processor's name, which Python does not."""


def processor() -> str:
    """Name the processor as the system does."""
    with suppress(OSError):
        for line in PROCESSORS.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
