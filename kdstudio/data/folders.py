"""Where data sets lie on this machine."""

import os
from pathlib import Path

from platformdirs import user_data_path


def data_folder() -> Path:
    """``KDSTUDIO_DATA`` if it is set, else ``data`` in the user's folder for KD Studio."""
    named = os.environ.get("KDSTUDIO_DATA")
    return Path(named).expanduser() if named else user_data_path("kdstudio", appauthor=False) / "data"
