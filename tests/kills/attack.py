"""Kills by chance: what a run was before it was killed is what it must be after it has gone on."""

import time
from dataclasses import dataclass, field

from kdstudio.errors import KDStudioError
from tests.kills.harness import Victim, differences, experiment_of, kept
from tests.kills.victim import BEGAN, steps


class Target:
    """A strategy's run left alone: what comes of it, how long that takes, and at which moments it can die."""

    def __init__(self, home, strategy, *settings):
        """Make it in ``home``, after its first trial alone, whose stages are taken over."""
        self._home, self._experiment = home, experiment_of(strategy, *settings)
        first = Victim(home / "first", self._experiment.model_copy(update={"seeds": 1, "sweep": {}}))
        first.finish()
        self._donor = first.folder
        alone = self.victim("alone")
        began = time.monotonic()
        self.points = alone.points()
        self.seconds = time.monotonic() - began
        self._expected = kept(alone.folder)

    def victim(self, name):
        """Make the same run anew, from nothing but the stages that can be taken over."""
        return Victim(self._home / name, self._experiment, self._donor)

    def differences(self, victim):
        """Name what came out otherwise."""
        return differences(self._expected, kept(victim.folder))


@dataclass
class Tally:
    """What has come of some runs that were killed."""

    kills: int = 0
    runs: int = 0
    lost: list[str] = field(default_factory=list)
    """Runs that could not be gone on with, and why."""
    differing: list[str] = field(default_factory=list)
    """What came out otherwise."""
    unreadable: list[str] = field(default_factory=list)
    """What could not be read after a kill."""
    seconds: list[float] = field(default_factory=list)
    """Training since the last checkpoint, of kills by the clock while there was any."""
    steps: list[int] = field(default_factory=list)
    """Steps that were taken again."""

    def __add__(self, other):
        """Take both together."""
        return Tally(*(one + two for one, two in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def is_clean(self):
        """Tell whether nothing was lost but time."""
        return not (self.lost or self.differing or self.unreadable)


def attack(target, name, chance, most):
    """Kill one run up to ``most`` times, by the clock or at a change of a file; let it end; compare."""
    victim, tally = target.victim(name), Tally(runs=1)
    before = None
    """Steps that it had done when it was killed last."""
    try:
        for _ in range(chance.randint(1, most)):
            if not _kill(target, victim, chance, tally):
                break
            _count_steps(victim, before, tally)
            tally.unreadable += [f"{what}: {why}" for what, why in victim.unreadable().items()]
            before = steps(victim.folder) if victim.folder.summary_file.exists() else 0
        victim.finish()
        _count_steps(victim, before, tally)
        tally.differing += target.differences(victim)
    except (AssertionError, KDStudioError, OSError) as error:
        tally.lost.append(str(error))
    return tally


def _kill(target, victim, chance, tally):
    """Start it and kill it; tells whether it came to that before its end."""
    if chance.random() < 0.5:
        died = victim.die_at(chance.randrange(target.points))
    else:
        lost = victim.die_after(chance.uniform(0, target.seconds))
        died = lost is not None
        tally.seconds += [lost] if lost else []
    tally.kills += died
    return died


def _count_steps(victim, before, tally):
    began = victim.home / BEGAN
    if before is not None and began.exists():
        tally.steps.append(before - int(began.read_text()))
