"""Where data sets, and what has been made of them, lie on this machine."""

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from kdstudio.given import given_path


def data_folder() -> Path:
    """``KDSTUDIO_DATA`` if it is set, else ``data`` in the user's folder for KD Studio."""
    named = os.environ.get("KDSTUDIO_DATA")
    return given_path(named) if named else user_data_path("kdstudio", appauthor=False) / "data"


def cache_folder() -> Path:
    """``KDSTUDIO_CACHE`` if it is set, else the user's cache folder for KD Studio."""
    named = os.environ.get("KDSTUDIO_CACHE")
    return given_path(named) if named else user_cache_path("kdstudio", appauthor=False)
