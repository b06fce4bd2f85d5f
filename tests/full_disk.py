"""A disk that is full from one write on, as runs and their queue see it."""

import errno

from kdstudio.runs import files, log, resuming


class FullDisk:
    """Lets the first ``room`` writes through; of the next one half fits, and of all later ones nothing.

    With ``once`` there is room again right after that one.
    """

    def __init__(self, room, *, once=False, reason=errno.ENOSPC):
        self.room, self.once, self.count = room, once, 0
        self.error = OSError(reason, {errno.ENOSPC: "No space left on device"}.get(reason, "Read-only"))
        self._write_all = files.write_all

    def write_all(self, file, content):
        self.count += 1
        if self.count <= self.room or (self.once and self.count > self.room + 1):
            return self._write_all(file, content)
        if self.count == self.room + 1:
            self._write_all(file, content[: len(content) // 2])
        raise self.error

    def mount(self, setattr_=setattr):
        """Let everything go through it from now on."""
        for module in (files, log, resuming):
            setattr_(module, "write_all", self.write_all)
        return self
