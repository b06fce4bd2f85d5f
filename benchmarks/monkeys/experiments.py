"""Tiny experiments, good and bad, as files: they run within a second or two, or fail."""

from __future__ import annotations

from pathlib import Path

TINY = """
name = "{name}"
[data]
source = {source}
validation = 0.2
[strategy]
name = "{strategy}"
[networks.{learner}.model]
{model}
[networks.{learner}.training]
epochs = {epochs}
batch_size = 256
[compute]
device = "cpu"
threads = 1
"""
TEACHER = """
[networks.teacher.model]
name = "mlp"
widths = [8]
[networks.teacher.training]
epochs = 2
batch_size = 256
"""
MLP = 'name = "mlp"\nwidths = [8]'
DIGITS = '{ name = "digits" }'
NETWORKS = {
    "raises": "raise ValueError('as the user wrote it')",
    "exits": "import sys; sys.exit(3)",
    "answers with two": "return images, images",
    "prints": "print('seen', flush=True); return self.layers(images)",
}
"""What a network of the user's does when it is asked."""
CODE = """
from torch import nn

class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, images):
        {does}

def build():
    return Mine()
"""


def write_experiments(folder: Path) -> list[Path]:
    """Write them into ``folder``; also files that are none."""
    written = []

    def write(name: str, teacher: str = "", **parts: object) -> None:
        usual = {"source": DIGITS, "strategy": "supervised", "learner": "student", "model": MLP, "epochs": 2}
        file = folder / f"{name}.toml"
        file.write_text(TINY.format(name=name, **usual | parts) + teacher)
        written.append(file)

    write("tiny")
    write("taught", TEACHER, strategy="hinton")
    write("long", epochs=2000)
    (folder / "no images").mkdir()
    write("no-images", source=f'{{ name = "folder", path = "{folder / "no images"}" }}')
    write("no-folder", source=f'{{ name = "folder", path = "{folder / "nowhere"}" }}')
    for name, does in NETWORKS.items():
        code = folder / f"{name}.py"
        code.write_text(CODE.format(does=does))
        write(name.replace(" ", "-"), model=f'name = "python"\npath = "{code}:build"')
    for name, text in {
        "half.toml": "name = ",
        "other.toml": "[x]\ny = 1",
        "picture.png": "no picture",
    }.items():
        (folder / name).write_text(text)
        written.append(folder / name)
    return written
