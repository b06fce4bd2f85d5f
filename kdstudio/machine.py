"""What computes here: the machine's name, and its processor's."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path

PROCESSORS = Path("/proc/cpuinfo")
"""Where Linux tells the processor's name, which Python does not."""


def host() -> str:
    """Name this machine as others in its network do."""
    return platform.node() or "this machine"


def processor() -> str:
    """Name the processor as the system does."""
    with suppress(OSError):
        for line in PROCESSORS.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
