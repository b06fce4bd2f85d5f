from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from kdstudio.errors import KDStudioError
from kdstudio.gui.pages.learned.given import can_be_given, given_by


def mime(*urls, image=None):
    data = QMimeData()
    if urls:
        data.setUrls([QUrl(url) for url in urls])
    if image is not None:
        data.setImageData(image)
    return data


def test_of_several_files_the_first_is_taken(qapp, tmp_path):
    files = [QUrl.fromLocalFile(str(tmp_path / name)).toString() for name in ("one.png", "two.png")]
    given = given_by(mime(*files), "dropped")
    assert given.content() == tmp_path / "one.png"
    assert given.name == "one.png"


def test_pixels_of_another_program_keep_their_values(qapp):
    image = QImage(3, 2, QImage.Format.Format_RGB888)
    image.fill(0x102030)
    given = given_by(mime(image=image), "pasted")
    with Image.open(BytesIO(given.content())) as read:
        assert read.size == (3, 2)
        assert read.convert("RGB").getpixel((1, 1)) == (0x10, 0x20, 0x30)
    assert given.name == "the pasted picture"


def test_pixels_go_before_an_address_in_the_web_and_that_alone_is_refused(qapp):
    image = QImage(2, 2, QImage.Format.Format_RGB888)
    assert not isinstance(given_by(mime("https://a.b/c.png", image=image), "dropped").content(), Path)
    with pytest.raises(KDStudioError, match=r"'https://a.b/c.png' is not on this machine"):
        given_by(mime("https://a.b/c.png"), "dropped")


def test_nothing_to_paste_is_told(qapp):
    assert not can_be_given(mime())
    with pytest.raises(KDStudioError, match="no picture to paste"):
        given_by(mime(), "pasted")
