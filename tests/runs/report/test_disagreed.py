import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from kdstudio.runs.explaining import Explainer
from kdstudio.runs.report.disagreed import MOST_IMAGES, picture, read_disagreements
from kdstudio.runs.report.page import write_report
from tests.runs.report.test_page import check
from tests.small import run_in, small_experiment


def nobody(_what, _fraction):
    pass


def pictures_in(text):
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
        for content in re.findall(r"data:image/png;base64,([^\"]+)", text)
    ]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_in_the_page_itself_pixel_by_pixel(channels):
    pixels = np.random.default_rng(0).integers(0, 255, (5, 4, channels), dtype=np.uint8)
    (found,) = pictures_in(picture(pixels, 'a "cat"'))
    assert np.array_equal(found.reshape(5, 4, channels), pixels)


def test_the_surest_mistakes_are_shown_and_every_filter_is_counted(runs, tmp_path):
    folder = run_in(runs, small_experiment())
    path = write_report([folder], tmp_path / "asked.html", nobody, ask=True)
    text = path.read_text("utf-8")
    check(text)
    found = Explainer().disagreements(folder)
    wrong = found.images("student-wrong")
    shown = pictures_in(text)
    assert len(shown) == min(MOST_IMAGES, len(wrong)) > 0
    assert all(
        np.array_equal(pixels, found.predictions.picture(number)[..., 0])
        for pixels, number in zip(shown, wrong, strict=False)
    )
    for words in found.filters.values():
        assert words in text
    assert "Disagreements" not in write_report([folder], tmp_path / "plain.html", nobody).read_text("utf-8")


def test_what_cannot_be_asked_is_left_out(runs, monkeypatch):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    folder.network_file("student").write_bytes(b"damaged")
    assert read_disagreements(folder, nobody) is None
