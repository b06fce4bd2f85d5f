"""Signals that ask the program to end: Ctrl+C, the system's wish, a terminal that closes."""

from __future__ import annotations

import os
import signal

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


def ending_signals() -> list[signal.Signals]:
    """Those that there are here; not a closing terminal's, where ``nohup`` has the program outlive it."""
    found = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    return [one for one in found if one == signal.SIGINT or signal.getsignal(one) != signal.SIG_IGN]


def exit_code(number: int) -> int:
    """What a shell makes of a program that a signal has ended: 130, 143 or 129."""
    return 128 + number


def kill_command() -> str:
    """What ends this process at once, whatever it does."""
    return f"taskkill /F /PID {os.getpid()}" if os.name == "nt" else f"kill -9 {os.getpid()}"
