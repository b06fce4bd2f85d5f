"""Digits and folders of images, read as the data sets read them."""

import shutil

import pytest
import torch
from PIL import Image

from kdstudio.data.sources.folder import ImageFolder
from kdstudio.errors import KDStudioError
from kdstudio.runs.script.pieces.sources import read_digits, read_folder
from kdstudio.shipped import shipped
from tests.small import digits


def test_digits_are_those_of_the_data_set(tmp_path):
    shutil.copy(shipped("resources") / "digits" / "digits.npz", tmp_path)
    for part, own in zip(read_digits(tmp_path), (digits().train, digits().test), strict=True):
        assert torch.equal(part.images, own.images)
        assert torch.equal(part.labels, own.labels)


def fill(folder):
    for number, name in enumerate(("cats", "dogs")):
        (folder / name).mkdir(parents=True)
        for image in range(10):
            Image.new("RGB", (20, 30 + image), (image * 20, number * 90, 7)).save(
                folder / name / f"{image}.png"
            )


@pytest.mark.parametrize("parts", [("",), ("train", "val")])
def test_a_folder_is_read_and_split_as_the_data_set_does(parts, tmp_path):
    for part in parts:
        fill(tmp_path / "images" / part)
    own = ImageFolder(path=str(tmp_path / "images"), size=8, colour="grey", test=0.3).load(
        lambda _w, _f: None
    )
    read = read_folder(tmp_path / "images", 8, grey=True, test=0.3, skip=False)
    for part, same in zip(read, (own.train, own.test), strict=True):
        assert torch.equal(part.images, same.images)
        assert torch.equal(part.labels, same.labels)


def test_files_that_are_no_images_stop_it_or_are_left_out(tmp_path):
    for part in ("train", "test"):
        fill(tmp_path / "images" / part)
    (tmp_path / "images" / "train" / "cats" / "note.png").write_text("no image")
    train, _test = read_folder(tmp_path / "images", 8, grey=False, test=0.2, skip=True)
    assert len(train.labels) == len(train.images) == 20
    with pytest.raises(KDStudioError, match=r"note\.png"):
        read_folder(tmp_path / "images", 8, grey=False, test=0.2, skip=False)
