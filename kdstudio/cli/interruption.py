"""Ending a command from outside: the first signal stops it with a checkpoint; no later one undoes that."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Group
from rich.text import Text

from kdstudio.runs.signals import ending_signals, exit_code, kill_command

OUTPUTS = (1, 2)


class Interruption:
    """The signal that asked the program to end, once one has; those that follow are only answered."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.number = 0
        self.is_shown = False
        """Whether bars on the terminal tell of it; else each signal is answered by a line on stderr."""
        self._terminals = [output for output in OUTPUTS if os.isatty(output)]

    def __bool__(self) -> bool:
        """Tell whether the program is to end."""
        return bool(self.number)

    @property
    def exit_code(self) -> int:
        """That of a program ended by the signal."""
        return exit_code(self.number or signal.SIGINT)

    @property
    def text(self) -> str:
        """What is going on, and the way out for whoever cannot wait."""
        return (
            "stopping as soon as this is done, with a checkpoint of what has been trained; "
            f"'{kill_command()}' ends at once, without one"
        )

    def __rich__(self) -> Text | Group:
        """Stand below the bars, once there is something to tell."""
        return Text(self.text) if self else Group()

    def note(self, number: int, _frame: object = None) -> None:
        """Handle a signal: it may come within a write to the very files that would tell of it."""
        self.number = self.number or number
        self._let_go_of_closed_terminals()
        if not self.is_shown:
            with suppress(OSError):
                os.write(2, f"kdstudio: {self.text}\n".encode())

    def _let_go_of_closed_terminals(self) -> None:
        """Write into nothing from now on: an error there would be that of a run which is to be kept."""
        for output in self._terminals:
            if not os.isatty(output):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, output)
                os.close(nothing)


@contextmanager
def interruption() -> Iterator[Interruption]:
    """Note what asks the program to end, instead of ending."""
    found = Interruption()
    before = {one: signal.signal(one, found.note) for one in ending_signals()}
    try:
        yield found
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
