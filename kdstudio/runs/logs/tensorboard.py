"""TensorBoard: event files that it shows as curves, hyperparameters, texts and images."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from kdstudio.declaration import option
from kdstudio.engine.events import Confusion
from kdstudio.given import given_path
from kdstudio.runs.confusions import read_confusion
from kdstudio.runs.files import make_folder, write_atomically, writing
from kdstudio.runs.logs.declaration import LogTool, log_tools
from kdstudio.runs.logs.logged_run import LoggedRun, Point, settings_of, spoken
from kdstudio.runs.summary import Summary

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary as Shown
    from tensorboard.compat.proto.summary_pb2 import SummaryMetadata

FILES = "events.out.tfevents.*.kdstudio"
"""Files of ours in a run's folder; TensorBoard knows them by the first part."""
TOGETHER = ("validation accuracy", "test accuracy", "validation loss", "loss", "weighted loss")
"""Curves that are drawn in one chart, too, in the tab Custom Scalars."""
PIXELS = 280
"""About the width of an image of a confusion matrix."""


class TensorBoardLog(NamedTuple):
    """A run's event file."""

    path: Path
    begun: float
    """When the run was begun, in seconds after 1970."""

    @property
    def place(self) -> str:
        """The folder, which TensorBoard calls a run."""
        return str(self.path.parent)

    def add(self, points: Iterable[Point]) -> None:
        """Append ``points``."""
        with _writing(self.path.parent), self.path.open("ab") as file:
            file.write(_records(_scalar(point, self.begun) for point in points))


@log_tools.register
class TensorBoard(LogTool):
    """TensorBoard: curves, hyperparameters, settings, outcome and confusion matrices of runs."""

    title: ClassVar[str] = "TensorBoard"
    extra: ClassVar[str] = "tensorboard"
    packages: ClassVar[tuple[str, ...]] = ("tensorboard",)

    name: Literal["tensorboard"] = "tensorboard"
    folder: str = option(
        ..., "Folder", "What 'tensorboard --logdir' is given; each run has a folder in it.", path="folder"
    )

    def write(self, run: LoggedRun) -> TensorBoardLog:
        """Put a whole file in the place of the one before."""
        folder, summary = given_path(self.folder) / run.folder.name, run.summary
        begun = summary.begun.timestamp()
        content = _records(
            [
                _first(begun),
                *_described(run, summary),
                *(_scalar(each, begun) for each in run.points.values()),
            ]
        )
        make_folder(folder, "folder")
        path = folder / FILES.replace("*", str(time.time_ns()))  # TensorBoard goes on with a later one
        with _writing(folder):
            write_atomically(path, content)
            for former in set(folder.glob(FILES)) - {path}:
                former.unlink(missing_ok=True)
        return TensorBoardLog(path, begun)


def _writing(folder: Path) -> AbstractContextManager[None]:
    return writing("folder", folder, "log the run again")


def _records(events: Iterable[Event]) -> bytes:
    from tensorboard.summary.writer.record_writer import RecordWriter

    file = io.BytesIO()
    records = RecordWriter(file)
    for event in events:
        records.write(event.SerializeToString())
    return file.getvalue()


def _first(begun: float) -> Event:
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(wall_time=begun, file_version="brain.Event:2")


def _scalar(point: Point, begun: float) -> Event:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary as Shown

    value = Shown.Value(tag=point.curve, simple_value=point.value)
    return Event(wall_time=begun + point.seconds, step=point.step, summary=Shown(value=[value]))


def _described(run: LoggedRun, summary: Summary) -> Iterator[Event]:
    """What is said of the run beside its curves."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    begun = summary.begun.timestamp()
    settings = {path: _number(value) for path, value in settings_of(summary).items()}
    texts = {
        "outcome": spoken(summary),
        "settings": f"```toml\n{run.settings_text()}\n```",
        "environment": _listed({"device": summary.device, **summary.environment}),
    }
    shown = [
        hparams_pb(settings, start_time_secs=begun),
        _charts(),
        *(_text(tag, text) for tag, text in texts.items()),
        *_confusions(run, summary),
    ]
    for each in shown:
        yield Event(wall_time=begun + summary.seconds, summary=each)


def _number(value: str) -> float | str:
    with suppress(ValueError):
        return float(value)
    return value


def _listed(facts: Mapping[str, str]) -> str:
    """A list in Markdown."""
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _text(tag: str, text: str) -> Shown:
    from tensorboard.plugins.text.metadata import create_summary_metadata

    return _of_bytes(tag, text.encode(), create_summary_metadata(display_name=tag, description=""))


def _charts() -> Shown:
    """The layout of the tab Custom Scalars: all networks or stages in one chart."""
    from tensorboard.plugins.custom_scalar import metadata
    from tensorboard.plugins.custom_scalar.layout_pb2 import Category, Chart, Layout, MultilineChartContent

    charts = [Chart(title=title, multiline=MultilineChartContent(tag=[f"^{title}/"])) for title in TOGETHER]
    layout = Layout(category=[Category(title="all networks and stages", chart=charts)])
    return _of_bytes(
        metadata.CONFIG_SUMMARY_TAG, layout.SerializeToString(), metadata.create_summary_metadata()
    )


def _of_bytes(tag: str, content: bytes, metadata: SummaryMetadata) -> Shown:
    from tensorboard.compat.proto.summary_pb2 import Summary as Shown
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    tensor = TensorProto(dtype=DT_STRING, string_val=[content])
    return Shown(value=[Shown.Value(tag=tag, metadata=metadata, tensor=tensor)])


def _confusions(run: LoggedRun, summary: Summary) -> Iterator[Shown]:
    from tensorboard.compat.proto.summary_pb2 import Summary as Shown

    for network in summary.networks:
        counted = read_confusion(run.folder, network)
        if counted:
            side, encoded = confusion_image(counted.confusion)
            image = Shown.Image(height=side, width=side, colorspace=1, encoded_image_string=encoded)
            tag = f"{counted.part} confusion (row: class, column: answer)/{network}"
            yield Shown(value=[Shown.Value(tag=tag, image=image)])


def confusion_image(confusion: Confusion) -> tuple[int, bytes]:
    """Draw shares of each row's images, black for all; returns pixels of a side and a PNG in grey."""
    import numpy as np
    from PIL import Image

    counts = np.asarray(confusion, float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    pixels = np.uint8(np.round(255 * (1 - shares)))
    scale = max(1, PIXELS // len(counts))
    file = io.BytesIO()
    Image.fromarray(pixels.repeat(scale, axis=0).repeat(scale, axis=1)).save(file, "PNG")
    return scale * len(counts), file.getvalue()
