"""Every command that reads, over damaged files: an exit code, one message, and no traceback."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdstudio.cli import commands
from kdstudio.runs import early_exits
from kdstudio.runs import failure as told_failure
from kdstudio.runs.latency import Latency, Timed
from tests.fuzz.damage import Damage, damage, damages
from tests.fuzz.examples import drawn
from tests.fuzz.world import VICTIMS, World, within_bounds

RUN = "{run}"
OUT = "{out}/report.html"
QUICK = (
    ("list", "runs"), ("list", "runs", "--json"), ("list", "runs", "seed=0"), ("show", RUN),
    ("show", RUN, "--json"), ("show", RUN, "--format", "csv"), ("show", RUN, "whole"), ("show", "latest"),
    ("check", RUN), ("check", RUN, "--mend"), ("check",), ("watch", RUN), ("label", RUN),
    ("label", RUN, "--tag", "new"), ("report", RUN, "whole", "--out", OUT), ("code", RUN),
    ("lecture", "--list"), ("stop", RUN),
)  # fmt: skip
ASKING = (
    ("temperature", RUN), ("bias", RUN), ("explain", RUN), ("report", RUN, "--out", OUT),
    ("preview", "{file}"),
)  # fmt: skip
COMMANDS = {
    "finished": (*QUICK, *ASKING),
    "stopped": (*QUICK, *ASKING, ("resume", RUN, "--quiet"), ("resume", RUN, "--quiet")),
    "mutual": (*QUICK, *ASKING),
    "exits": (*QUICK, *ASKING, ("exits", RUN)),
}
OF_QUEUE = (
    ("queue", "list"), ("queue", "list", "--json"), ("queue", "move", "{key}", "1"),
    ("queue", "cancel", "{key}"), ("queue", "retry", "{key}"),
    ("queue", "duplicate", "{key}"), ("queue", "remove", "{key}"), ("check",),
    ("queue", "pause"), ("check", "--mend"), ("list", "runs"), ("lecture", "--list"),
)  # fmt: skip
FINE, FAILED, BAD = 0, 1, 2


def files_of(victim: str) -> list[str]:
    """Names of all files of a run, the same everywhere; those that say most come several times."""
    found = sorted(
        str(file.relative_to(VICTIMS[victim])) for file in VICTIMS[victim].rglob("*") if file.is_file()
    )
    often = [
        name for name in found if name.startswith(("summary", "events", "checkpoint", "stages", "experiment"))
    ]
    return [*found, *often * 3, "labels.json", "exports.json"]


@pytest.fixture
def world(tmp_path, monkeypatch):
    made = World(tmp_path)
    monkeypatch.setenv("KDSTUDIO_RUNS", str(made.runs))
    return made


@pytest.fixture
def told(world, capfd, monkeypatch):
    """Carries out a command; what nobody expected is raised instead of being told."""

    def unexpected(error: BaseException, *_of: object) -> str:
        raise error

    monkeypatch.chdir(world.out)  # scripts are written where one is
    monkeypatch.setattr(commands, "tell", unexpected)
    monkeypatch.setattr(told_failure, "_blame", unexpected)
    monkeypatch.setattr(early_exits, "measure_latencies", untimed)

    def carry_out(words: list[str]) -> tuple[int, str]:
        with within_bounds():
            code = commands.run_command_line(words)
        out, err = capfd.readouterr()
        check_told(code, out, err)
        world.check_around()
        return code, err

    return carry_out


def untimed(parts, **_options) -> Timed:
    """Stand for the measurement, which takes seconds, and in a process that reads what has been read here."""
    return Timed("none", dict.fromkeys(parts, Latency(*[1e-3] * len(Latency._fields))))


def check_told(code: int, out: str, err: str) -> None:
    """A refusal is one line, and nothing else is printed but remarks."""
    assert code in (FINE, FAILED, BAD)
    assert "Traceback" not in out + err
    refusals = [line for line in err.splitlines() if line.startswith("kdstudio: ")]
    assert len(refusals) == 1 if code == BAD else len(refusals) <= 1
    assert "\x1b[2J" not in out + err


@pytest.mark.slow
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_damaged_run(world: World, told, victim):
    for words in COMMANDS[victim]:  # all is loaded, and works
        run = world.victim(victim)
        told(filled(words, run=run.name, out=world.out, file=run.experiment_file))

    @drawn(0.17)
    @given(st.sampled_from(files_of(victim)), damages, st.sampled_from(COMMANDS[victim]))
    def look(name: str, wanted: list[Damage], words: tuple[str, ...]) -> None:
        run = world.victim(victim)
        damage(run.path / name, wanted)
        told(filled(words, run=run.name, out=world.out, file=run.experiment_file))

    look()


def filled(words: tuple[str, ...], **names: object) -> list[str]:
    return [word.format_map({key: str(name) for key, name in names.items()}) for word in words]


def test_a_damaged_queue_or_guess(world: World, told):
    files = sorted(world.kept)

    @drawn(0.08)
    @given(st.integers(0, len(files) - 1), damages, st.sampled_from(OF_QUEUE))
    def look(number: int, wanted: list[Damage], words: tuple[str, ...]) -> None:
        world.clear()
        damage(files[number], wanted)
        key = files[number].stem if number else world.queued.stem
        told(filled(words, key=key))

    look()
    assert Path(world.runs / "whole").exists()


SOURCES = Path(__file__).parents[2] / "presets"


@pytest.mark.slow
def test_a_damaged_preset(world: World, told):
    presets = sorted(file.name for file in SOURCES.glob("digits-*.toml"))

    @drawn(0.08)
    @given(st.sampled_from(presets), damages, st.sampled_from(["preview", "code", "queue"]))
    def look(name: str, wanted: list[Damage], command: str) -> None:
        world.clear()
        file = world.out / name
        file.write_bytes((SOURCES / name).read_bytes())
        damage(file, wanted)
        told(["queue", "add", str(file)] if command == "queue" else [command, str(file)])

    look()
