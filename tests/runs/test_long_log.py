"""A log of a million steps is read with bounded work: lines read as events, bytes, points of curves."""

from shutil import copytree

from kdstudio.runs import log
from kdstudio.runs.curves import MOST_POINTS
from kdstudio.runs.folder import STEP, RunFolder
from kdstudio.runs.log import RunFollower
from tests.golden.make import GOLDEN

STEPS = 1_000_000
AN_EPOCH = 1_000


def lengthen(folder: RunFolder) -> int:
    """Give the last stage a million steps, in short lines; returns the number of others."""
    lines = folder.events_file.read_bytes().splitlines(keepends=True)
    (last,) = (number for number, line in enumerate(lines) if line.startswith(STEP) and b'"step":4' in line
               and b'"stage":4' in line)  # fmt: skip
    epoch = lines[last + 1].replace(b'"epoch":2,', b'"epoch":%d,').replace(b'"step":4,', b'"step":%d,')
    step = STEP + (
        b'"stage":4,"epoch":%d,"step":%d,"losses":{"label loss":1.5},"weights":{},"learning_rate":0.1,'
        b'"images_per_second":1.0,"seconds":%d.0}\n'
    )
    with folder.events_file.open("wb") as file:
        planned = b'"epochs":%d,"steps_per_epoch":%d,' % (STEPS // AN_EPOCH, AN_EPOCH)
        file.writelines(line.replace(b'"epochs":2,"steps_per_epoch":2,', planned) for line in lines[:last])
        for done in range(1, STEPS + 1):
            number = -(-done // AN_EPOCH)
            file.write(step % (number, done, done))
            if done % AN_EPOCH == 0:
                file.write(epoch % (number, done))
        file.writelines(lines[last + 2 :])
    return len(lines) + STEPS // AN_EPOCH


def test_a_million_steps_are_read_with_bounded_work(tmp_path, monkeypatch):
    folder = RunFolder(copytree(GOLDEN / "2026-11-29" / "finished", tmp_path / "long"))
    others, size = lengthen(folder), folder.events_file.stat().st_size
    read, read_event = [], RunFolder.read_event

    def counted(line):
        read.append(len(line))
        return read_event(line)

    monkeypatch.setattr(RunFolder, "read_event", staticmethod(counted))
    follower = RunFollower(folder)
    follower.poll()
    assert not follower.is_damaged
    assert len(read) < others + 1.1 * STEPS * log.WHOLE / size
    assert sum(read) < 3 * log.WHOLE
    points = [len(series.x) for kind in vars(follower.state.curves).values() for series in kind.values()]
    assert 5_000 < max(points) <= MOST_POINTS
    before = len(read)
    follower.poll()
    assert len(read) == before
