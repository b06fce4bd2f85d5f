"""What is printed finds no reader, no room, or no sign: a line or nothing, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
COMMANDS = (["list", "presets"], ["list", "presets", "--json"], ["--help"])


def kdstudio(arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "kdstudio", *arguments], stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.skipif(not FULL.is_char_device(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", COMMANDS)
def test_output_that_is_full_is_told_in_a_line(arguments):
    with FULL.open("w") as full, kdstudio(arguments, stdout=full) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err == (
        "kdstudio: standard output takes nothing (No space left on device); write it to another place\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of Unix")
@pytest.mark.parametrize("arguments", COMMANDS)
def test_nobody_who_reads_is_no_fault(arguments):
    read, write = os.pipe()
    os.close(read)
    with kdstudio(arguments, stdout=write) as process:
        os.close(write)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, "")


def test_signs_that_an_encoding_lacks_are_written_out():
    surroundings = {**os.environ, "PYTHONIOENCODING": "ascii"}
    with kdstudio(["list", "glossary"], stdout=subprocess.PIPE, env=surroundings) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "\\u03b1" in out
