"""MNIST (LeCun, Cortes, Burges 1998), read by torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from kdstudio.data.declaration import DatasetSpec, ImageData, LabelledImages, datasets
from kdstudio.data.download import fetch_gzip
from kdstudio.data.folders import data_folder
from kdstudio.declaration import ProgressCallback, option
from kdstudio.errors import KDStudioError


@datasets.register
class MNIST(DatasetSpec):
    """Handwritten digits, 60,000 training and 10,000 test images of 28×28 (LeCun 1998)."""

    channels: ClassVar[int] = 1
    size: ClassVar[int] = 28
    classes: ClassVar[int] = 10

    name: Literal["mnist"] = "mnist"
    folder: str = option(
        "",
        "Folder",
        "Folder that holds MNIST/raw; empty means KDSTUDIO_DATA or the user's data folder.",
    )

    def load(self, progress: ProgressCallback) -> ImageData:
        """Read the IDX files, fetching first what is missing."""
        from torchvision.datasets import MNIST as Files  # noqa: N811

        root = Path(self.folder).expanduser() if self.folder else data_folder()
        raw = root / "MNIST" / "raw"
        _fetch_missing(raw, progress)
        progress("reading MNIST", 0.0)
        try:
            train, test = (Files(str(root), train=part, download=False) for part in (True, False))
        except (OSError, RuntimeError, ValueError, AssertionError) as error:
            raise KDStudioError(
                f"the MNIST files in {raw} cannot be read ({error}); "
                "delete them and copy or download them again"
            ) from error
        return ImageData(
            train=LabelledImages(train.data.unsqueeze(1), train.targets.long()),
            test=LabelledImages(test.data.unsqueeze(1), test.targets.long()),
            class_names=tuple("0123456789"),
            mean=(0.1307,),
            std=(0.3081,),
        )


def _fetch_missing(raw: Path, progress: ProgressCallback) -> None:
    """Download the files that ``raw`` lacks; a failure says where to put them by hand."""
    from torchvision.datasets import MNIST as Files  # noqa: N811

    wanted = {packed.removesuffix(".gz"): (packed, md5) for packed, md5 in Files.resources}
    missing = {name: source for name, source in wanted.items() if not (raw / name).exists()}
    for name, (packed, md5) in missing.items():
        failures = []
        for mirror in Files.mirrors:
            try:
                fetch_gzip(mirror + packed, raw / name, md5, progress)
                break
            except OSError as error:
                failures.append(str(error))
        else:
            raise KDStudioError(
                f"MNIST is not complete in {raw} and could not be downloaded "
                f"({failures[-1]}); put {', '.join(wanted)} there, or set KDSTUDIO_DATA to the "
                "folder that holds MNIST/raw"
            )
