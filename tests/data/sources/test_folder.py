import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kdstudio.data import decoding
from kdstudio.data.declaration import datasets
from kdstudio.data.sources.folder import ImageFolder
from kdstudio.engine.events import EpochDone, RunDone
from kdstudio.errors import KDStudioError
from kdstudio.runs.presets import override, validate
from kdstudio.runs.session import new_session
from tests.small import weights_in

SIZE = 8


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A data folder of the test's own, for the cache."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("KDSTUDIO_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("KDSTUDIO_CACHE")
    return tmp_path / "data"


def pixels(number, height=SIZE, width=SIZE):
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)


def fill(folder, counts, first=0):
    """Write so many images of noise for each class; each image is another."""
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for number in range(first, first + count):
            Image.fromarray(pixels(hash_of(name) + number)).save(folder / name / f"{number:03}.png")


def hash_of(name):
    return int.from_bytes(name.encode()) % 10_000 * 100


@pytest.fixture
def whole(tmp_path):
    """Classes without a test split, 10, 20 and 5 images."""
    fill(tmp_path / "images", {"cat": 10, "dog": 20, "owl": 5})
    return tmp_path / "images"


@pytest.fixture
def split(tmp_path):
    """train/ and test/ with two classes."""
    fill(tmp_path / "images" / "train", {"cat": 4, "dog": 6})
    fill(tmp_path / "images" / "test", {"cat": 2, "dog": 3}, first=50)
    return tmp_path / "images"


def load(folder, progress=lambda _what, _fraction: None, **options):
    return ImageFolder(path=str(folder), **{"size": SIZE} | options).load(progress)


def contents(part):
    """Every image's bytes with its label, sorted."""
    return sorted((bytes(i.numpy()), int(y)) for i, y in zip(part.images, part.labels, strict=True))


def on_disk(folder, names):
    """What the part in ``folder`` should hold."""
    found = []
    for label, name in enumerate(names):
        for file in (folder / name).iterdir():
            with Image.open(file) as image:
                found.append((np.asarray(image.convert("RGB")).transpose(2, 0, 1).tobytes(), label))
    return sorted(found)


def test_train_and_test_folders_are_the_parts(split):
    data = load(split)
    assert data.class_names == ("cat", "dog")
    assert data.train.images.dtype == torch.uint8
    assert data.train.labels.dtype == torch.int64
    assert contents(data.train) == on_disk(split / "train", data.class_names)
    assert contents(data.test) == on_disk(split / "test", data.class_names)
    assert data.notes == ()


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_the_test_folder_may_have_another_usual_name(split, name):
    (split / "test").rename(split / name)
    assert len(load(split).test) == 5


def test_a_test_folder_goes_before_a_validation_folder(split):
    fill(split / "val", {"cat": 1, "dog": 1}, first=80)
    assert len(load(split).test) == 5


@pytest.mark.parametrize(("share", "counts"), [(0.2, [2, 4, 1]), (0.4, [4, 8, 2])])
def test_without_a_test_folder_a_share_of_each_class_is_kept_for_the_test(whole, share, counts):
    data = load(whole, test=share)
    assert np.bincount(data.test.labels).tolist() == counts
    assert sorted(contents(data.train) + contents(data.test)) == on_disk(whole, ("cat", "dog", "owl"))
    assert contents(load(whole, test=share).test) == contents(data.test)


def test_mean_and_deviation_are_those_of_the_training_part(split):
    data = load(split)
    expected = data.train.images.numpy() / 255
    assert data.mean == pytest.approx(expected.mean((0, 2, 3)))
    assert data.std == pytest.approx(expected.std((0, 2, 3)))


def test_classes_are_named_after_their_folders_with_spaces_and_in_any_script(tmp_path):
    names = ("Größe 2", "a cat", "ねこ", "кот")
    fill(tmp_path / "my images", dict.fromkeys(names, 3))
    data = load(tmp_path / "my images", test=0.4)
    assert data.class_names == tuple(sorted(names))
    assert sorted(contents(data.train) + contents(data.test)) == on_disk(
        tmp_path / "my images", data.class_names
    )


def test_images_of_any_kind_and_size_are_decoded_alike(tmp_path):
    fill(tmp_path / "images", {"a": 3, "b": 3})
    folder, original = tmp_path / "images" / "a", Image.fromarray(pixels(1, 20, 13))
    turned = Image.Exif()
    turned[0x0112] = 6
    original.convert("L").save(folder / "grey.png")
    original.quantize(8).save(folder / "palette.png")
    original.convert("CMYK").save(folder / "print.jpg")
    original.save(folder / "PHOTO.JPEG", exif=turned)
    original.save(folder / "scan.TIFF")
    original.crop((0, 0, 1, 1)).save(folder / "dot.bmp")
    clear = original.convert("RGBA")
    clear.putalpha(0)
    clear.save(folder / "clear.webp", lossless=True)
    Image.fromarray(np.full((5, 9), 0x1234, np.uint16)).save(folder / "deep.png")
    data = load(tmp_path / "images", test=0.3)
    assert int((torch.cat([data.train.labels, data.test.labels]) == 0).sum()) == 11
    found = {image for part in (data.train, data.test) for image, label in contents(part) if label == 0}
    expected = {bytes(decoding.decode(file, SIZE, grey=False).numpy()) for file in folder.iterdir()}
    assert found == expected
    assert bytes([0x12]) * (3 * SIZE**2) in found
    assert bytes([255]) * (3 * SIZE**2) in found


def test_files_that_are_no_images_by_name_and_hidden_ones_are_ignored(split):
    before = load(split)
    (split / "train" / "cat" / "notes.txt").write_text("no image")
    (split / "train" / "cat" / "Thumbs.db").write_bytes(b"\0")
    (split / "train" / "cat" / "._000.png").write_bytes(b"what a Mac leaves in archives")
    (split / "train" / "README.md").write_text("about")
    for hidden in (".git", ".ipynb_checkpoints"):
        fill(split / "train", {hidden: 2})
    fill(split / "train" / "cat", {".thumbnails": 2})
    (split / "train" / ".DS_Store").write_bytes(b"\0")
    after = load(split)
    assert after.class_names == before.class_names
    assert contents(after.train) == contents(before.train)


def test_folders_within_a_class_are_looked_through(split):
    (split / "train" / "cat" / "more").mkdir()
    (split / "train" / "cat" / "000.png").rename(split / "train" / "cat" / "more" / "000.png")
    assert np.bincount(load(split).train.labels).tolist() == [4, 6]


def test_a_grey_data_set_has_one_channel(split):
    data = load(split, colour="grey")
    assert data.train.images.shape == (10, 1, SIZE, SIZE)
    assert len(data.mean) == len(data.std) == 1
    with Image.open(split / "train" / "cat" / "000.png") as image:
        assert np.array_equal(data.train.images[0, 0], np.asarray(image.convert("L")))


@pytest.mark.parametrize("size", [4, 13])
def test_every_image_is_scaled_to_the_size_asked_for(split, size):
    assert load(split, size=size).test.images.shape == (5, 3, size, size)


@pytest.mark.parametrize("colour", ["rgb", "grey"])
def test_streamed_images_are_the_same_as_resident_ones(split, colour):
    (split / "train" / "dog" / "bad.png").write_text("no image")
    options = {"colour": colour, "unreadable": "skip"}
    resident, streamed = (load(split, memory=memory, **options) for memory in ("resident", "stream"))
    assert (streamed.mean, streamed.std, streamed.notes) == (resident.mean, resident.std, resident.notes)
    for one, other in ((resident.train, streamed.train), (resident.test, streamed.test)):
        assert other.images.shape == one.images.shape
        assert torch.equal(other.images[torch.arange(len(one))], one.images)
        assert torch.equal(other.labels, one.labels)


@pytest.mark.parametrize(("free", "kept"), [(10**9, True), (15 * 3 * SIZE**2, False)])
def test_images_that_would_not_fit_into_memory_are_streamed(split, monkeypatch, free, kept):
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": free}))
    assert torch.is_tensor(load(split).train.images) == kept


def damage(split):
    """A text that is called an image, and half a photograph; in two classes."""
    text, half = split / "train" / "cat" / "text.png", split / "test" / "dog" / "half.jpg"
    text.write_text("no image")
    Image.fromarray(pixels(0, 64, 64)).save(half)
    half.write_bytes(half.read_bytes()[:900])
    return text, half


@pytest.mark.parametrize("memory", ["resident", "stream"])
def test_unreadable_files_stop_it_and_the_first_is_named(split, memory):
    text, _half = damage(split)
    with pytest.raises(KDStudioError) as caught:
        load(split, memory=memory)
    message = str(caught.value)
    assert message.startswith(f"'{text}' is not an image (and 1 more); mend or remove it")
    assert "data.source.unreadable=skip" in message
    text.unlink()
    with pytest.raises(KDStudioError, match=r"half.jpg' is damaged: .*truncated[^;]*; mend or remove it"):
        load(split, memory=memory)


def test_unreadable_files_are_left_out_and_listed_where_that_is_wanted(split):
    text, half = damage(split)
    data = load(split, unreadable="skip")
    assert data.notes == tuple(f"skipped '{f}': it cannot be read as an image" for f in (text, half))
    text.unlink()
    half.unlink()
    clean = load(split)
    for one, other in ((data.train, clean.train), (data.test, clean.test)):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)


@pytest.mark.parametrize("memory", ["resident", "stream"])
def test_the_cache_remembers_which_files_are_unreadable(split, memory):
    text, _half = damage(split)
    for _ in range(2):
        assert len(load(split, unreadable="skip", memory=memory).notes) == 2
        with pytest.raises(KDStudioError, match=text.name):
            load(split, memory=memory)


def test_an_image_too_huge_to_be_true_is_reported(split, monkeypatch):
    Image.fromarray(pixels(0, 40, 40)).save(split / "train" / "cat" / "huge.png")
    monkeypatch.setattr(decoding, "MOST_PIXELS", 1599)
    with pytest.raises(KDStudioError, match=r"huge.png' has 40×40 pixels, more than .* scale it down"):
        load(split)
    assert len(load(split, unreadable="skip").notes) == 1


def test_files_that_cannot_be_opened_are_unreadable(split):
    (split / "train" / "cat" / "folder.png").mkdir()
    (split / "train" / "dog" / "gone.png").symlink_to(split / "nowhere.png")
    assert len(load(split, unreadable="skip").notes) == 2
    with pytest.raises(KDStudioError, match=r"folder.png' cannot be read: .*\(and 1 more\)"):
        load(split)


def test_a_class_with_only_unreadable_files_is_named(split):
    for file in (split / "train" / "dog").iterdir():
        file.write_text("no image")
    with pytest.raises(KDStudioError, match=r"class 'dog' in '.*images' has no readable image; remove it"):
        load(split, unreadable="skip")


def test_a_test_part_with_only_unreadable_files_is_an_error(split):
    for file in (split / "test").rglob("*.png"):
        file.write_text("no image")
    with pytest.raises(KDStudioError, match="has no readable test image"):
        load(split, unreadable="skip")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(
        KDStudioError, match=r"no folder '.*none'; name one that holds a folder for each class"
    ):
        load(tmp_path / "none")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(KDStudioError, match=r"no folder '.*file'"):
        load(tmp_path / "file")


def test_a_folder_without_classes_or_with_one_alone_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(KDStudioError, match=r"'.*empty' holds no folder; there must be .* at least two"):
        load(tmp_path / "empty")
    fill(tmp_path / "one", {"cat": 3})
    with pytest.raises(KDStudioError, match=r"'.*one' holds only 'cat'; there must be .* at least two"):
        load(tmp_path / "one")


@pytest.mark.parametrize("unreadable", ["stop", "skip"])
def test_an_empty_class_folder_is_named(whole, unreadable):
    (whole / "bee").mkdir()
    (whole / "bee" / "notes.txt").write_text("no image")
    with pytest.raises(KDStudioError, match=r"class folder '.*bee' holds no image \(.jpg, .*\); remove it"):
        load(whole, unreadable=unreadable)


def test_classes_that_differ_between_train_and_test_are_named(split):
    (split / "test" / "cat").rename(split / "test" / "owl")
    with pytest.raises(KDStudioError, match=r"'.*train' and '.*test' have different classes: cat, owl"):
        load(split)


def test_training_images_without_a_test_folder_are_refused(split):
    shutil.rmtree(split / "test")
    with pytest.raises(KDStudioError, match=r"has train/ but none of test/, val/, valid/, validation/"):
        load(split)


def test_classes_too_small_for_a_test_share_are_an_error_with_its_remedy(tmp_path):
    fill(tmp_path / "images", {"cat": 9, "dog": 1})
    with pytest.raises(
        KDStudioError, match=r"a test share of 0.2 .* 10 images of 2 classes .*data.source.test"
    ):
        load(tmp_path / "images")


@pytest.fixture
def decodings(monkeypatch):
    """Names of the files that are decoded."""
    seen, decode = [], decoding.decode

    def counted(file, size, *, grey):
        seen.append(file.name)
        return decode(file, size, grey=grey)

    monkeypatch.setattr(decoding, "decode", counted)
    return seen


def test_images_are_decoded_once_and_found_decoded_after(split, decodings):
    first = load(split)
    assert len(decodings) == 15
    decodings.clear()
    second = load(split)
    assert decodings == []
    assert contents(first.train) == contents(second.train)
    assert contents(first.test) == contents(second.test)


def test_other_options_and_changed_files_are_decoded_anew(split, decodings):
    load(split)
    for options in ({"size": 9}, {"colour": "grey"}):
        decodings.clear()
        load(split, **options)
        assert len(decodings) == 15
    changed = split / "train" / "dog" / "003.png"
    before, stamp = load(split), changed.stat()
    Image.fromarray(pixels(77)).save(changed)
    os.utime(changed, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    decodings.clear()
    after = load(split)
    assert len(decodings) == 15
    assert contents(after.train) == on_disk(split / "train", ("cat", "dog")) != contents(before.train)


def test_another_test_share_takes_other_images_from_the_same_files(whole):
    for share in (0.2, 0.4, 0.2):
        data = load(whole, test=share)
        assert len(data.test) == round(35 * share)
        assert sorted(contents(data.train) + contents(data.test)) == on_disk(whole, ("cat", "dog", "owl"))


def test_a_damaged_cache_is_decoded_anew_and_mended(split, place, decodings):
    expected = contents(load(split).train)
    (file,) = (place / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    decodings.clear()
    assert contents(load(split).train) == expected
    assert len(decodings) == 15
    decodings.clear()
    assert contents(load(split).train) == expected
    assert decodings == []


def test_a_cache_that_cannot_be_written_does_no_harm(split, place):
    (place / "cache").write_text("a file where the folder should be")
    for _ in range(2):
        assert contents(load(split).train) == on_disk(split / "train", ("cat", "dog"))


def test_a_streamed_folder_keeps_no_images_in_the_cache(split, place, decodings):
    load(split, memory="stream")
    (file,) = (place / "cache").iterdir()
    assert file.stat().st_size < 15 * 3 * SIZE**2
    decodings.clear()
    load(split, memory="stream")
    assert len(decodings) == 10, "the sample for mean and deviation"


def test_progress_is_told_while_images_are_decoded(tmp_path):
    fill(tmp_path / "images", {"a": 70, "b": 60})
    told = []
    load(tmp_path / "images", lambda what, fraction: told.append((what, fraction)))
    assert told[0] == (f"looking through {tmp_path / 'images'}", 0.0)
    assert told[1:] == [("decoding images", 0.0), ("decoding images", 100 / 130)]


def test_the_users_home_may_be_abbreviated(split, monkeypatch):
    monkeypatch.setenv("HOME", str(split.parent))
    monkeypatch.setenv("USERPROFILE", str(split.parent))
    assert len(load("~/images").train) == 10


def test_the_folder_must_be_named():
    with pytest.raises(ValueError, match="path"):
        ImageFolder(path="")
    assert datasets["folder"] is ImageFolder


def experiment_on(folder, *settings):
    raw = {
        "name": "photographs",
        "data": {"source": {"name": "folder", "path": str(folder)}, "validation": 0.2},
        "strategy": {"name": "supervised"},
        "networks": {
            "student": {
                "model": {"name": "lenet"},
                "training": {"epochs": 2, "batch_size": 32, "default_augmentation": True},
            }
        },
        "compute": {"device": "cpu", "threads": 1},
    }
    return validate(override(raw, settings), "test")


@pytest.fixture(scope="module")
def photographs():
    """Folder of CIFAR-10 photographs; skips where there is none."""
    named = os.environ.get("KDSTUDIO_DATA")
    if not named or not Path(named, "cifar10-small", "train").is_dir():
        pytest.skip("KDSTUDIO_DATA names no folder with cifar10-small")
    return Path(named, "cifar10-small")


@pytest.mark.slow
def test_a_run_on_real_photographs_ends_well(photographs, runs):
    session = new_session(experiment_on(photographs, "data.fraction=0.05"), runs)
    events = list(session.events())
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert isinstance(events[-1], RunDone)
    assert [epoch.epoch for epoch in epochs] == [1, 2]
    assert epochs[-1].losses["label loss"] < np.log(10) + 0.1
    assert weights_in(session.folder)


def test_loaded_photographs_are_pillows(photographs):
    data = load(photographs, size=32)
    assert len(data.class_names) == 10
    assert np.bincount(data.test.labels).min() > 0
    files = sorted((photographs / "test" / "cat").iterdir())[:20]
    first = int((data.test.labels == data.class_names.index("cat")).nonzero()[0])
    for number, file in enumerate(files):
        with Image.open(file) as image:
            found = data.test.images[first + number].permute(1, 2, 0).numpy()
            assert np.array_equal(found, np.asarray(image.convert("RGB")))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_file_is_neither_waited_for_nor_read(split):
    (split / "train" / "cat" / "loop.png").symlink_to("loop.png")
    os.mkfifo(split / "train" / "dog" / "z.png")
    assert load(split, unreadable="skip").notes == tuple(
        f"skipped '{split / 'train' / name}': it cannot be read as an image"
        for name in ("cat/loop.png", "dog/z.png")
    )
    (split / "train" / "cat" / "loop.png").unlink()
    with pytest.raises(KDStudioError, match=r"z.png' cannot be read: it is a pipe; mend or remove it"):
        load(split)


def test_names_that_no_line_can_hold_are_refused_or_written_out(split):
    bad = split / "train" / "dog" / "new\nline.png"
    bad.write_bytes(b"text")
    assert load(split, unreadable="skip").notes[0].startswith(f"skipped '{split}/train/dog/new\\nline.png'")
    bad.unlink()
    for part in ("train", "test"):
        (split / part / "dog").rename(split / part / "d\nog")
    with pytest.raises(KDStudioError, match=r"d\\nog' has a name that cannot be printed; rename it"):
        load(split)
