"""Packages elsewhere add to every registry by entry points; each test sees them in a process of its own."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tomli_w

from kdstudio.engine.experiment import REGISTRIES
from kdstudio.runs.presets import gallery, load_experiment, to_toml

CHAIN = '''"""A chain of assistants."""

from typing import Literal

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import MatchingTerm, matching_terms
from kdstudio.engine.optimization import Schedule
from kdstudio.engine.strategies.supervised import Supervised
from kdstudio.engine.strategy import strategies


@strategies.register
class Assistants(Supervised):
    """Sizes in between teach and are taught (made up for a test)."""

    name: Literal["assistants"] = "assistants"
    steps: int = option(2, "Steps", "How many.", ge=1)

    def plan(self, run):
        """Fail where it is told to."""
        if self.steps == 3:
            [] + self.steps
        if self.steps == 4:
            from torch import nn, zeros

            nn.functional.cross_entropy(zeros(2, 3), zeros(5).long())
        yield from super().plan(run)


class Saw(Schedule):
    """Teeth, one for each epoch (made up for a test)."""

    name: Literal["saw"] = "saw"

    def factor(self, epoch, epochs):
        """Fall from 1 in every epoch."""
        return 1 - epoch % 1


@matching_terms.register
class Nothing(MatchingTerm):
    """No loss at all (made up for a test)."""

    paper = "On Nothing, Nobody 2026"
    name: Literal["nothing"] = "nothing"
'''
TWICE = '''from typing import Literal

from kdstudio.engine.strategies.hinton import Hinton
from kdstudio.engine.strategy import strategies


@strategies.register
class Hinton(Hinton):
    """Another one of that name."""
'''
BROKEN = (
    TWICE.replace('"""Another one of that name."""', 'name: Literal["half"] = "half"')
    + """
import json
json.loads("{")
"""
)
ENTRY_POINTS = """[kdstudio.strategies]
chain = kd_assistants.chain
broken = kd_assistants.broken
crooked = kd_assistants.crooked
twice = kd_assistants.twice
gone = kd_assistants.gone

[kdstudio.matching_terms]
chain = kd_assistants.chain

[kdstudio.schedules]
saw = kd_assistants.chain:Saw

[kdstudio.presets]
all = kd_assistants.presets
gone = kd_assistants.gone
absent = kd_absent
"""
PACKAGE = {
    "kd_assistants/__init__.py": "",
    "kd_assistants/chain.py": CHAIN,
    "kd_assistants/twice.py": TWICE,
    "kd_assistants/broken.py": BROKEN,
    "kd_assistants/crooked.py": "def f(:\n",
    "kd_assistants/presets/wrong-digits.toml": "seed = -1\n",
    "kd_assistants/presets/digits-hinton.toml": "seed = 1\n",
    "kd_assistants-0.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: kd-assistants\nVersion: 0.1\n",
    "kd_assistants-0.1.dist-info/entry_points.txt": ENTRY_POINTS,
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Folder with a package that is installed for whoever has it on the path."""
    folder = tmp_path_factory.mktemp("installed")
    network = {"model": {"name": "mlp"}, "training": {"epochs": 1, "schedule": {"name": "saw"}}}
    preset = {
        "name": "digits-assistants",
        "data": {"source": {"name": "digits"}},
        "strategy": {"name": "assistants"},
        "networks": {"student": network},
    }
    files = {**PACKAGE, "kd_assistants/presets/digits-assistants.toml": tomli_w.dumps(preset)}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


@pytest.fixture
def kdstudio(installed, runs):
    """The command line where the package is installed, as code, output and errors."""

    def run(*arguments, path=installed):
        ours = str(Path(__file__).parents[1])
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((ours, str(path))),
            "KDSTUDIO_RUNS": str(runs),
        }
        done = subprocess.run(
            [sys.executable, "-m", "kdstudio", *arguments],
            capture_output=True, text=True, check=False, env=environment,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return run


def listed(kdstudio, what):
    code, out, err = kdstudio("list", what, "--json")
    assert code == 0, err
    return {row["name"]: row for row in json.loads(out)}, err.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("strategies", "assistants"),
        ("terms", "nothing"),
        ("schedules", "saw"),
        ("presets", "digits-assistants"),
    ],
)
def test_entries_of_another_package_are_listed_with_its_name(kdstudio, what, name):
    rows, _err = listed(kdstudio, what)
    assert {n: row["package"] for n, row in rows.items() if "package" in row} == {name: "kd-assistants"}
    if what == "terms":
        assert rows[name]["paper"] == "On Nothing, Nobody 2026"
    assert "kd-assistants" in kdstudio("list", what)[1]


def test_what_cannot_be_imported_is_named_and_left_out(kdstudio):
    rows, notes = listed(kdstudio, "strategies")
    assert {"assistants", "hinton"} <= {*rows}
    assert "half" not in rows
    for line in (
        "note: kd_assistants.broken (package kd-assistants) is left out: JSONDecodeError: Expecting property "
        "name enclosed in double quotes: line 1 column 2 (char 1), in kd_assistants/broken.py, line 12",
        "note: kd_assistants.crooked (package kd-assistants) is left out: SyntaxError: invalid syntax "
        "(crooked.py, line 1)",
        "note: kd_assistants.gone (package kd-assistants) is left out: ModuleNotFoundError: No module named "
        "'kd_assistants.gone'",
        "note: kd_assistants.twice.Hinton is left out: the strategy 'hinton' is registered already, by "
        "kdstudio.engine.strategies.hinton.Hinton",
    ):
        assert line in notes
    assert len(notes) == 4


def test_presets_that_are_wrong_or_called_as_ours_are_named_and_left_out(kdstudio):
    rows, notes = listed(kdstudio, "presets")
    assert "wrong-digits" not in rows
    assert "package" not in rows["digits-hinton"]
    assert any(
        "digits-hinton.toml (package kd-assistants) is left out: there is a preset" in n for n in notes
    )
    assert any("wrong-digits.toml (package kd-assistants) is left out: " in note for note in notes)
    for module in ("kd_assistants.gone", "kd_absent"):
        reason = f"No module named '{module}'"
        assert f"note: {module} (package kd-assistants) is left out: {reason}" in notes
    assert len(notes) == 4


@pytest.mark.slow
def test_what_has_been_run_with_a_package_names_it_where_that_is_missing(kdstudio, runs, tmp_path):
    code, out, err = kdstudio("run", "digits-assistants", "--quiet", "--name", "mine")
    assert code == 0, err
    file = runs / "mine" / "experiment.toml"
    assert tomllib.loads(file.read_text())["packages"] == {
        "strategy.assistants": "kd-assistants 0.1", "schedule.saw": "kd-assistants 0.1",
    }  # fmt: skip
    assert kdstudio("run", str(file), "--quiet", "--name", "again")[0] == 0
    code, out, err = kdstudio("run", str(file), path=tmp_path)
    assert (code, out) == (2, "")
    assert (
        "strategy: strategy 'assistants' comes from the package 'kd-assistants 0.1', which is not installed; "
        "pip install kd-assistants"
    ) in err
    assert "networks.student.training.schedule: schedule 'saw' comes from the package" in err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "message", "line"), [(3, "TypeError: ", 22), (4, "ValueError: Expected input batch_size", 26)]
)
def test_a_mistake_in_another_packages_plan_is_told_as_theirs(kdstudio, steps, message, line):
    code, out, err = kdstudio("run", "digits-assistants", "--set", f"strategy.steps={steps}", "--quiet")
    assert (code, out) == (1, "")
    (told,) = (each for each in err.splitlines() if each.startswith("kdstudio: "))
    assert told.startswith(f"kdstudio: {message}")
    assert told.endswith(
        f" in kd_assistants/chain.py, line {line} (package kd-assistants); please tell its authors"
    )


def test_all_of_our_own_can_be_imported():
    for registry in REGISTRIES:
        for name in registry:
            assert registry.package_of(name), name
        assert [source for source in registry.failures if source.startswith("kdstudio.")] == []


def test_what_is_ours_alone_names_no_package():
    ours = [name for name, preset in gallery().presets.items() if preset.package == "kdstudio"]
    assert "[packages]" not in to_toml(load_experiment(ours[0]))
