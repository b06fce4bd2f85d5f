"""Where presets and resources lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def shipped(folder: str) -> Path:
    """Folder ``presets`` or ``resources``, in a checkout, an editable install and a wheel alike."""
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder
