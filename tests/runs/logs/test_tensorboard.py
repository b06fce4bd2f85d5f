"""What TensorBoard's own reader finds in our files."""

import io
import tomllib

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from kdstudio.errors import KDStudioError
from kdstudio.runs.confusions import read_confusion
from kdstudio.runs.logs.logged_run import LoggedRun, settings_of
from kdstudio.runs.logs.tensorboard import TensorBoard, confusion_image
from tests.runs.logs.recorded import RECORDED, copied, cut_after


def read(folder):
    every = {"scalars": 0, "tensors": 0, "images": 0}
    found = EventAccumulator(str(folder), size_guidance=every)
    found.Reload()
    return found


def curves_in(folder):
    """All points, and where they stand in time."""
    found = read(folder)
    return {
        (tag, scalar.step): (scalar.value, scalar.wall_time)
        for tag in found.Tags()["scalars"]
        for scalar in found.Scalars(tag)
    }


def expected(run):
    begun = run.summary.begun.timestamp()
    return {
        place: (float(np.float32(point.value)), begun + point.seconds) for place, point in run.points.items()
    }


@pytest.fixture
def tool(tmp_path):
    return TensorBoard(folder=str(tmp_path / "logs"))


@pytest.fixture
def whole():
    return LoggedRun(RECORDED)


def test_all_is_read_back(tool, tmp_path, whole):
    log = tool.write(whole)
    assert log.place == str(tmp_path / "logs" / RECORDED.name)
    assert curves_in(log.place) == expected(whole)
    found = read(log.place)

    def text(tag):
        (event,) = found.Tensors(tag)
        return event.tensor_proto.string_val[0].decode()

    settings = text("settings").removeprefix("```toml\n").removesuffix("\n```")
    assert tomllib.loads(settings) == tomllib.loads(RECORDED.experiment_file.read_text())
    assert whole.summary.claim.verdict.capitalize() in text("outcome")
    assert f"- device: {whole.summary.device}" in text("environment")
    layout = Layout.FromString(found.Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0])
    titles = {chart.title for chart in layout.category[0].chart}
    assert titles <= {tag.partition("/")[0] for tag in found.Tags()["scalars"]}


def test_settings_are_hyperparameters(tool, whole):
    content = (
        read(tool.write(whole).place).SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    )
    told = HParamsPluginData.FromString(content).session_start_info.hparams
    settings = settings_of(whole.summary)
    assert set(told) == set(settings)
    assert told["strategy.temperature"].number_value == float(settings["strategy.temperature"])
    assert told["strategy.name"].string_value == settings["strategy.name"]


def test_confusions_are_images(tool, whole):
    found = read(tool.write(whole).place)
    networks = set(whole.summary.networks)
    assert {tag.partition("/")[2] for tag in found.Tags()["images"]} == networks
    for tag in found.Tags()["images"]:
        (event,) = found.Images(tag)
        counted = read_confusion(RECORDED, tag.partition("/")[2])
        assert tag.startswith(counted.part)
        drawn = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))
        assert drawn.shape == (event.height, event.width)
        classes = len(counted.confusion)
        middle = np.arange(classes) * (len(drawn) // classes) + len(drawn) // classes // 2
        counts = np.asarray(counted.confusion, float)
        shares = counts / counts.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(drawn[np.ix_(middle, middle)] / 255, 1 - shares, atol=0.5 / 255)


def test_a_class_without_images_is_white():
    side, encoded = confusion_image(((0, 0), (1, 3)))
    drawn = np.asarray(Image.open(io.BytesIO(encoded)))
    assert side == len(drawn) == 280
    assert [*drawn[[0, 0, -1, -1], [0, -1, 0, -1]]] == [255, 255, 191, 64]


def test_writing_again_doubles_nothing_and_leaves_what_is_not_ours(tool, whole):
    place = tool.write(whole).path.parent
    foreign = place / "events.out.tfevents.0000000001.other.0"
    foreign.write_bytes(b"")
    first = tool.write(whole).path
    assert {*place.iterdir()} == {foreign, first}
    foreign.unlink()
    assert curves_in(place) == expected(whole)


def test_points_are_added(tool, runs):
    folder = copied(runs)
    rest = cut_after(folder, 40)
    run = LoggedRun(folder)
    log = tool.write(run)
    with folder.events_file.open("ab") as file:
        file.writelines(rest)
    log.add(run.poll())
    assert curves_in(log.place) == expected(run)


def test_a_place_that_cannot_be_written_is_named(tmp_path, whole):
    (tmp_path / "file").touch()
    with pytest.raises(KDStudioError, match=r"the folder .*file/digits-no-threes cannot be written"):
        TensorBoard(folder=str(tmp_path / "file")).write(whole)


def test_a_folder_that_is_gone_is_named(tool, whole):
    log = tool.write(whole)
    log.path.unlink()
    log.path.parent.rmdir()
    with pytest.raises(KDStudioError, match=r"cannot be written .*then log the run again"):
        log.add(whole.points.values())
