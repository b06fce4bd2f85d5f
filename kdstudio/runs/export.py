"""Exporting a trained network: files that stand alone, checked by loading them back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kdstudio.errors import KDStudioError
from kdstudio.runs.files import make_folder
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.former_runs import modern_state
from kdstudio.runs.weights import SUFFIX, load_network, load_tensors, read_card, save_network

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
    run: RunFolder, network: str, folder: Path, *, best: bool = False, file_format: str = "safetensors"
) -> Exported:
    """Write ``network`` of ``run`` to ``folder`` and load it back.

    Existing files of that name are replaced. Raises KDStudioError when the run has no such
    network or the folder cannot be written.
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
    make_folder(folder, "export folder")
    target = folder / f"{network}{SUFFIX}"
    if target.resolve() == source.resolve():
        raise KDStudioError(f"'{folder}' is the run's own folder; choose another to export to")
    try:
        card = read_card(source)
        save_network(modern_state(load_tensors(source), card), card, target)
    except OSError as error:
        raise KDStudioError(f"'{target}' cannot be written: {error.strerror or error}") from error
    return Exported(
        path=target,
        card=target.with_suffix(".json"),
        size=target.stat().st_size,
        largest_difference=largest_difference(source, target),
        class_names=read_card(target).class_names,
    )


def largest_difference(first: Path, second: Path) -> float:
    """Largest difference of two networks' logits over the same random images."""
    import torch

    (one, card), (other, _) = load_network(first), load_network(second)
    images = torch.randn(SAMPLES, *card.image, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return float((one(images) - other(images)).abs().max())
