"""From values to places on the paper, and the round values at which an axis is marked."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

ROUND = (1, 2, 5, 10)


@dataclass(frozen=True)
class Scale:
    """One axis: ``low`` lies at ``start``, ``high`` at ``end``."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Where ``value`` lies."""
        low, high, value = (self._along(v) for v in (self.low, self.high, value))
        return self.start + (self.end - self.start) * (value - low) / (high - low)

    def _along(self, value: float) -> float:
        return log10(value) if self.log else value

    def ticks(self, most: int) -> list[float]:
        """Return about ``most`` round values on the axis at most."""
        return log_ticks(self.low, self.high, most) if self.log else ticks(self.low, self.high, most)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round values from ``low`` to ``high``, equally far apart: (0.13, 0.92, 5) gives 0.2, 0.4, 0.6, 0.8."""
    least = (high - low) / most
    power = 10.0 ** floor(log10(least))
    step = next(part * power for part in ROUND if part * power >= least * (1 - 1e-9))
    return [number * step for number in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten between ``low`` and ``high``, both above 0; with 2 and 5 between them where few are."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    whole = [10.0**power for power in powers if low <= 10.0**power <= high]
    if len(whole) > most:
        return whole[:: len(whole) // most + 1]
    finer = [part * 10.0**power for power in powers for part in (1, 2, 5)]
    found = [value for value in finer if low <= value <= high]
    return found if 2 <= len(found) <= most + 1 else whole if len(whole) > 1 else found


def widened(low: float, high: float, *, log: bool, share: float = 0.04) -> tuple[float, float]:
    """Leave ``share`` of the range free at both ends, and make a range of a single value."""
    if log:
        factor = max(high / low, 1.2) ** share
        return low / factor, high * factor
    room = (high - low) * share or abs(high) * share or share
    return low - room, high + room


def written(value: float, step: float = 0.0) -> str:
    """Write a tick as short as neighbours that are ``step`` apart allow."""
    digits = max(0, -floor(log10(step) + 1e-9)) if step else 0
    if not step or digits > 4 or abs(value) >= 1e5:
        return f"{value:g}".replace("-", "−")
    return f"{value:,.{digits}f}".replace("-", "−")
