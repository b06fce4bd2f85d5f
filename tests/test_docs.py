"""The examples of the documentation run as they stand; its tables are complete."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.strategy import strategies
from kdstudio.runs.presets import load_experiment

DOCS = Path(__file__).parents[1] / "docs"
ON_ITS_PATH = """
import importlib, sys
importlib.import_module(sys.argv[1]).__path__.append(sys.argv[2])
from kdstudio.cli.commands import run_command_line
sys.exit(run_command_line(sys.argv[3:]))
"""
"""The command line, with a folder searched as if its files lay in a package of ours."""


def example(page):
    """The page's file of Python, and the path that it says the file has."""
    text = (DOCS / page).read_text("utf-8")
    ((before, code),) = re.findall(r"((?:(?!```).)*)```python\n(.*?)```", text, re.DOTALL)
    return Path(re.findall(r"`(kdstudio/engine/\w+/\w+\.py)`", before)[-1]), code


@pytest.mark.parametrize(
    ("page", "settings"),
    [
        ("extending.md", ("strategy={name='logit-regression'}",)),
        ("matching.md", ("strategy={name='match', terms={mine={name='reverse-kl'}}}",)),
    ],
)
def test_an_example_in_one_file_is_found_and_runs(page, settings, runs, tmp_path):
    """In a process of its own, so that nothing stays registered."""
    path, code = example(page)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / path.name).write_text(code, "utf-8")
    package = ".".join(path.parent.parts)
    epochs = [f"networks.{role}.training.epochs=2" for role in load_experiment("digits-hinton").networks]
    options = [word for setting in (*settings, *epochs) for word in ("--set", setting)]
    run = ["run", "digits-hinton", *options, "--quiet", "--name", "example"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ON_ITS_PATH, package, str(tmp_path / "mine"), *run],
        capture_output=True, text=True, check=False, env={**os.environ, "KDSTUDIO_RUNS": str(runs)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads((runs / "example" / "summary.json").read_text())
    assert summary["status"] == "finished"
    assert {"teacher", "student"} <= {*summary["networks"]}


def test_the_table_lists_every_matching_term_with_its_default_weight_and_paper():
    rows = re.findall(
        r"^\| `([\w-]+)` \|.* \| ([\d.]+) \| (.*)\|$", (DOCS / "matching.md").read_text("utf-8"), re.M
    )
    listed = {name: (weight, paper.strip()) for name, weight, paper in rows}
    assert list(listed) == list(matching_terms)
    for name, (weight, paper) in listed.items():
        term = matching_terms[name]()
        assert float(weight) == term.weight, name
        assert term.paper.endswith(paper), name


def test_every_strategy_is_explained():
    told = (DOCS / "strategies.md").read_text("utf-8") + (DOCS / "guide.md").read_text("utf-8")
    assert all(f"`{name}`" in told or f"## {name}:" in told for name in strategies)
