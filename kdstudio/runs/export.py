"""Exporting a trained network: files that stand alone, checked by loading them back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kdstudio.errors import KDStudioError
from kdstudio.runs.files import make_folder
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.former_runs import modern_state
from kdstudio.runs.weights import SUFFIX, check_code, load_network, load_tensors, read_card, save_network

FORMATS = ("safetensors",)
SAMPLES = 64
MOST_CLASSES = 12


@dataclass(frozen=True)
class Exported:
    """An exported network and how its outputs compare with the run's."""

    path: Path
    card: Path
    size: int
    """Bytes of the weights file."""
    largest_difference: float
    """Between the logits of the run's network and of the file's, over random images."""
    class_names: tuple[str, ...]
    """What its outputs stand for, in order."""

    def outputs(self) -> str:
        """Say what its outputs stand for: ``5 outputs: 3, 5, 8, 9, 4``."""
        shown = ", ".join(self.class_names[:MOST_CLASSES])
        more = len(self.class_names) - MOST_CLASSES
        return f"{len(self.class_names)} outputs: {shown}" + (f" and {more} more" if more > 0 else "")


def export_network(
    run: RunFolder,
    network: str,
    folder: Path,
    *,
    best: bool = False,
    file_format: str = "safetensors",
    allow_code: bool = False,
) -> Exported:
    """Write ``network`` of ``run`` to ``folder``, once it has been loaded back.

    Existing files of that name are replaced, by whole ones. Raises KDStudioError when the run has no such
    network, the folder cannot be written, or building the network would run code without ``allow_code``.
    """
    if file_format not in FORMATS:
        raise KDStudioError(f"no format '{file_format}'; there are {', '.join(FORMATS)}")
    if network not in run.networks():
        raise KDStudioError(
            f"run '{run.name}' has no network '{network}' to export; "
            f"it has {', '.join(run.networks()) or 'none yet'}"
        )
    source = run.network_file(network, best=best)
    if best and not source.exists():  # the last epoch was the best
        source = run.network_file(network)
    card = read_card(source)
    check_code(card.runs_code, allow_code=allow_code)
    state = modern_state(load_tensors(source), card)
    make_folder(folder, "export folder")
    target = folder / f"{network}{SUFFIX}"
    if folder.resolve() == source.parent.resolve():
        raise KDStudioError(f"'{folder}' is the run's own folder; choose another to export to")
    try:
        with TemporaryDirectory(dir=folder, prefix=".export-") as unchecked:
            written = Path(unchecked) / target.name
            save_network(state, card, written)
            difference = largest_difference(source, written, allow_code=allow_code)
            for suffix in (SUFFIX, ".json"):
                written.with_suffix(suffix).replace(target.with_suffix(suffix))
    except OSError as error:
        raise KDStudioError(f"'{target}' cannot be written: {error.strerror or error}") from error
    return Exported(
        path=target,
        card=target.with_suffix(".json"),
        size=target.stat().st_size,
        largest_difference=difference,
        class_names=card.class_names,
    )


def largest_difference(first: Path, second: Path, *, allow_code: bool = False) -> float:
    """Largest difference of two networks' logits over the same random images."""
    import torch

    one, card = load_network(first, allow_code=allow_code)
    other, _card = load_network(second, allow_code=allow_code)
    images = torch.randn(SAMPLES, *card.image, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return float((one(images) - other(images)).abs().max())
