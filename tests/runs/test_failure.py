"""Errors are told to a person."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.failure import failure
from kdstudio.runs.session import new_session
from tests.small import small_experiment


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KDStudioError("mend it so"), "mend it so"),
        (MemoryError(), "out of memory: choose a smaller batch size"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory: choose"),
        (ValueError("odd"), "ValueError: odd (this is a mistake in KD Studio"),
    ],
)
def test_failures_are_told_to_a_person(error, message):
    assert failure(error).message.startswith(message)
    assert type(error).__name__ in failure(error).details


WITHOUT_TORCH = """
from kdstudio.runs.failure import failure
try:
    import torch
except ImportError as error:
    print([failure(error).message])
"""


def test_a_torch_that_cannot_be_imported_is_told(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch.so: cannot open shared object file')")
    path = os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.stdout.strip() == (
        "['ImportError: libtorch.so: cannot open shared object file "
        "(something is missing here; install KD Studio anew)']"
    ), done.stderr


def test_a_mistake_in_a_file_of_the_users_is_told_as_theirs(runs, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "class Mine(nn.Module):\n"
        "    def forward(self, images):\n"
        "        return nn.functional.linear(images, images)\n"
        "def build():\n"
        "    return Mine()\n"
    )
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    with pytest.raises(KDStudioError) as caught:
        new_session(small_experiment(model, strategy="supervised"), runs, allow_code=True)
    message = failure(caught.value).message
    assert message.startswith("'student' (python mine.py:build), asked about one image: RuntimeError: ")
    assert message.endswith(f" in {tmp_path}/mine.py, line 4; mend it there")
