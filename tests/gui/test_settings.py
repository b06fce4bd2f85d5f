"""The file that Qt keeps the window's settings in."""

import os
import subprocess
import sys

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.gui.settings import clear_the_way

OPENED = """
from PySide6.QtCore import QSettings
from kdstudio.gui.app import make_application
from kdstudio.gui.settings import settings_file
application = make_application()
QSettings().setValue("theme", "dark")
QSettings().sync()
print(QSettings().fileName() == str(settings_file()), settings_file().read_text().split())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Qt keeps them elsewhere")
@pytest.mark.parametrize("stands", ["nothing", "a pipe", "a folder"])
def test_whatever_stands_in_its_place_the_window_opens_and_keeps_them(tmp_path, stands):
    file = tmp_path / "kdstudio" / "kdstudio.conf"
    file.parent.mkdir()
    {"nothing": str, "a pipe": os.mkfifo, "a folder": os.mkdir}[stands](file)
    told = subprocess.run(
        [sys.executable, "-c", OPENED], capture_output=True, text=True, timeout=60,
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert told.stdout.split(maxsplit=1) == ["True", "['[General]', 'theme=dark']\n"], told.stderr
    assert os.path.lexists(file.with_name("kdstudio.conf.damaged")) == (stands != "nothing")


def test_what_cannot_be_looked_at_is_left_to_qt_which_does_without(tmp_path):
    (tmp_path / "loop.conf").symlink_to("loop.conf")
    for name in ("loop.conf", "none.conf"):
        clear_the_way(tmp_path / name)
    assert os.listdir(tmp_path) == ["loop.conf"]


def test_what_cannot_be_moved_out_of_the_way_is_told(tmp_path, monkeypatch):
    def refuse(_from, _to):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "kdstudio.conf").mkdir()
    monkeypatch.setattr("pathlib.Path.rename", refuse)
    with pytest.raises(KDStudioError, match=r"kdstudio.conf' cannot be read: it is a folder; move it away"):
        clear_the_way(tmp_path / "kdstudio.conf")
