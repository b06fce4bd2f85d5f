"""What shows runs knows no strategy: it follows what strategies declare."""

import ast
from pathlib import Path

import pytest

import kdstudio
from kdstudio.engine.strategy import strategies

PACKAGE = Path(kdstudio.__file__).parent
FILES = sorted(file for folder in ("gui", "runs", "cli") for file in (PACKAGE / folder).rglob("*.py"))
STRATEGIES = "kdstudio.engine.strategies"
FORMER_NETWORKS = {"runs/former_runs.py": ["mutual"]}
"""What networks of the first version were called, which are no names of strategies."""


every_file = pytest.mark.parametrize("file", [str(file.relative_to(PACKAGE)) for file in FILES])


def parsed(file):
    return ast.parse((PACKAGE / file).read_text("utf-8"))


def imported(tree):
    """Full names of the modules that are imported, and of what is taken from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@every_file
def test_nothing_that_shows_runs_names_a_strategy(file):
    words = [node.value for node in ast.walk(parsed(file)) if isinstance(node, ast.Constant)]
    found = [word for word in words if isinstance(word, str) and word in [*strategies]]
    assert found == FORMER_NETWORKS.get(file, [])


@every_file
def test_nothing_that_shows_runs_imports_a_strategy(file):
    assert [name for name in imported(parsed(file)) if f"{name}.".startswith(f"{STRATEGIES}.")] == []


def test_there_is_something_to_look_at():
    assert len(FILES) > 50
    assert {"hinton", "match"} <= {*strategies}
    source = "from kdstudio.engine import strategies\nimport kdstudio.engine.strategies.hinton\n"
    assert [*imported(ast.parse(source))] == [STRATEGIES, f"{STRATEGIES}.hinton"]
