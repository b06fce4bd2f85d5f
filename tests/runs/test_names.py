"""Names that a folder, a line and a command can hold, and no others."""

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.names import check_new_name
from tests.small import create_run, small_experiment

GOOD = ["run", "a.b-c_d", "Büro 7", "流", "T=4", "console.1", "x" * 200, "v1.0"]
BAD = {
    "two\nlines": "cannot be printed", "bell\a": "cannot be printed", "\udcff": "cannot be printed",
    "../evil": "holds '/'", "/abs": "holds '/'", "a\\b": "holds '\\'", "c:": "holds ':'", "a*": "holds '*'",
    ".hidden": "begins with a dot", "..": "begins with", "-x": "begins with", " x": "begins with",
    "x.": "ends with", "x ": "ends with", "CON": "a device", "nul.txt": "a device", "com1": "a device",
    "   ": "is blank", "latest": "the newest run", "x" * 201: "201 bytes", "ß" * 101: "202 bytes",
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_is_that_of_the_folder(runs, name):
    check_new_name(name, runs)
    assert create_run(runs, small_experiment(), name).path == runs / name


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_is_refused_in_a_line_that_says_why(runs, name):
    with pytest.raises(KDStudioError) as refused:
        check_new_name(name, runs)
    assert BAD[name] in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 250


def test_a_name_that_is_taken_is_refused_and_none_is_usual(runs):
    create_run(runs, small_experiment(), "run")
    check_new_name("", runs)
    check_new_name("Run 2", runs)
    with pytest.raises(KDStudioError, match="there is a run 'run' in"):
        check_new_name("run", runs)
