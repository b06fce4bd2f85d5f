import itertools
import os
import pickle
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional

from kdstudio.data import decoding
from kdstudio.data.decoding import ImageFiles, UnreadableImageError, decode

WHITE = 255


def noise(*shape, highest=256, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, highest, shape, dtype=dtype)


def smooth(height, width):
    """Slopes of colour, on which two ways of scaling agree."""
    rows, columns = np.linspace(0, 255, height)[:, None], np.linspace(0, 255, width)[None]
    channels = np.broadcast_arrays(rows + 0 * columns, columns + 0 * rows, (rows + columns) / 2)
    return Image.fromarray(np.stack(channels, 2).astype(np.uint8))


def by_pillow(image, size):
    """The centred square of the image, scaled, ``(size, size, C)``; Pillow alone."""
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box))


def decoded(file, size, *, grey=False):
    """Decode to ``(size, size, C)``, or ``(size, size)`` if grey."""
    image = decode(file, size, grey=grey)
    assert image.dtype == torch.uint8
    assert image.is_contiguous()
    assert image.shape == (1 if grey else 3, size, size)
    return image.permute(1, 2, 0).squeeze(2).numpy() if grey else image.permute(1, 2, 0).numpy()


@pytest.fixture
def saved(tmp_path):
    """Saves an image and tells where."""
    numbers = itertools.count()

    def save(image, suffix="png", **how):
        file = tmp_path / f"{next(numbers)}.{suffix}"
        image.save(file, **how)
        return file

    return save


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "webp", "tif"])
def test_an_image_of_the_wanted_size_is_read_as_pillow_reads_it(saved, suffix):
    file = saved(Image.fromarray(noise(9, 9, 3)), suffix)
    with Image.open(file) as image:
        assert np.array_equal(decoded(file, 9), np.asarray(image.convert("RGB")))
        assert np.array_equal(decoded(file, 9, grey=True), np.asarray(image.convert("L")))


@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (8, 8), (5, 31), (1, 1), (1, 9), (300, 7), (33, 32)])
def test_the_centred_square_of_any_shape_is_scaled(saved, shape):
    image = Image.fromarray(noise(*shape, 3))
    file = saved(image)
    for size in (4, 16, 33):
        assert np.array_equal(decoded(file, size), by_pillow(image, size))


@pytest.mark.parametrize("shape", [(64, 96), (90, 60), (50, 50)])
def test_it_is_torchvisions_resize_and_centre_crop(saved, shape):
    image = smooth(*shape)
    expected = functional.center_crop(functional.resize(image, 16), 16)
    found = decoded(saved(image), 16).astype(int)
    assert np.abs(found - np.asarray(expected)).max() <= 4


def test_grey_images_become_three_equal_channels_and_colours_become_grey(saved):
    grey = noise(8, 8)
    file = saved(Image.fromarray(grey))
    assert np.array_equal(decoded(file, 8), np.stack([grey] * 3, 2))
    assert np.array_equal(decoded(file, 8, grey=True), grey)
    colour = noise(8, 8, 3)
    by_hand = colour @ np.array([0.299, 0.587, 0.114])
    found = decoded(saved(Image.fromarray(colour)), 8, grey=True)
    assert np.abs(found - by_hand).max() <= 1


def test_palettes_are_looked_up(saved):
    numbers, palette = noise(8, 8, highest=5), noise(5, 3)
    image = Image.fromarray(numbers)
    image.putpalette(palette.flatten().tolist())
    file = saved(image)
    with Image.open(file) as opened:
        assert opened.mode == "P"
    assert np.array_equal(decoded(file, 8), palette[numbers])


def test_black_and_white_images_are_read(saved):
    bits = noise(8, 8, highest=2).astype(bool)
    assert np.array_equal(decoded(saved(Image.fromarray(bits)), 8, grey=True), bits * WHITE)


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_transparent_parts_turn_white(saved, suffix):
    colours, opacity = noise(8, 8, 3), noise(8, 8, 1)
    opacity[:2], opacity[2:4] = 0, 255
    image = Image.fromarray(np.concatenate([colours, opacity], 2))
    file = saved(image, suffix, **({"lossless": True, "exact": True} if suffix == "webp" else {}))
    found = decoded(file, 8)
    by_hand = (colours * (opacity / 255) + WHITE * (1 - opacity / 255)).astype(float)
    assert (found[:2] == WHITE).all()
    assert np.array_equal(found[2:4], colours[2:4])
    assert np.abs(found - by_hand).max() <= 1


def test_a_transparent_colour_of_a_palette_or_of_plain_pixels_turns_white(saved):
    numbers, palette = noise(8, 8, highest=5), noise(5, 3)
    image = Image.fromarray(numbers)
    image.putpalette(palette.flatten().tolist())
    expected = np.where((numbers == 2)[:, :, None], WHITE, palette[numbers])
    assert np.array_equal(decoded(saved(image, transparency=2), 8), expected)
    grey = noise(8, 8, highest=9)
    found = decoded(saved(Image.fromarray(grey), transparency=3), 8, grey=True)
    assert np.array_equal(found, np.where(grey == 3, WHITE, grey))
    pairs = Image.fromarray(noise(8, 8, 3)).convert("LA")
    pairs.putalpha(0)
    assert (decoded(saved(pairs), 8) == WHITE).all()


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("highest", [2**16, 4000, 200])
def test_sixteen_bit_greys_keep_their_upper_eight_bits(saved, highest, suffix):
    values = noise(8, 8, highest=highest, dtype=np.uint16)
    file = saved(Image.fromarray(values), suffix)
    with Image.open(file) as image:
        assert image.mode == "I;16"
    assert np.array_equal(decoded(file, 8, grey=True), values // 256)
    assert np.array_equal(decoded(file, 8), np.stack([values // 256] * 3, 2))


def test_jpegs_of_four_printing_colours_are_read(saved):
    file = saved(smooth(16, 16).convert("CMYK"), "jpg")
    with Image.open(file) as image:
        assert image.mode == "CMYK"
        expected = np.asarray(image.convert("RGB"))
    assert np.array_equal(decoded(file, 16), expected)
    assert np.abs(expected.astype(int) - np.asarray(smooth(16, 16))).max() < 40


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda pixels: pixels),
        (2, lambda pixels: pixels[:, ::-1]),
        (3, lambda pixels: pixels[::-1, ::-1]),
        (4, lambda pixels: pixels[::-1]),
        (5, lambda pixels: pixels.transpose(1, 0, 2)),
        (6, lambda pixels: np.rot90(pixels, -1)),
        (7, lambda pixels: np.rot90(pixels, 2).transpose(1, 0, 2)),
        (8, lambda pixels: np.rot90(pixels)),
    ],
)
def test_turned_photographs_are_set_upright(saved, suffix, orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = saved(smooth(16, 16), suffix, exif=exif)
    with Image.open(file) as image:
        lying = np.asarray(image)
    assert np.array_equal(decoded(file, 16), upright(lying))


def jpeg(tmp_path, share):
    """A photograph of which only the first part is there."""
    Image.fromarray(noise(64, 64, 3)).save(tmp_path / "whole.jpg")
    content = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(content[: int(len(content) * share)])
    return tmp_path / "half.jpg"


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_image_is_damaged(tmp_path, share):
    file = jpeg(tmp_path, share)
    with pytest.raises(UnreadableImageError, match=rf"'{file}' is damaged: .*truncated"):
        decode(file, 8, grey=False)


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    file = tmp_path / "text.png"
    file.write_bytes(content)
    with pytest.raises(UnreadableImageError, match=rf"'{file}' is (not an image|damaged)"):
        decode(file, 8, grey=False)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    (tmp_path / "folder.png").mkdir()
    for name in ("none.png", "folder.png"):
        with pytest.raises(UnreadableImageError, match=f"{name}' cannot be read: "):
            decode(tmp_path / name, 8, grey=False)


def test_an_image_too_huge_to_be_true_is_reported(saved):
    file = saved(Image.fromarray(noise(9, 9, 3)))
    content = bytearray(file.read_bytes())
    content[16:24] = (50_000).to_bytes(4) * 2  # the header's width and height
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4)
    file.write_bytes(content)
    with pytest.raises(
        UnreadableImageError, match=r"50,000×50,000 pixels, more than 64 million: scale it down"
    ):
        decode(file, 8, grey=False)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "bmp"])
def test_damage_of_any_kind_is_either_read_or_reported(saved, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6
    file = saved(Image.fromarray(noise(12, 17, 3)), suffix, **({} if suffix == "bmp" else {"exif": exif}))
    content, draw = file.read_bytes(), np.random.default_rng(1)
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        for place in draw.integers(0, len(content), 4):
            damaged[place] = draw.integers(256)
        file.write_bytes(damaged[: draw.integers(len(content) // 2, len(content))])
        try:
            decoded(file, 8)
        except UnreadableImageError:
            refused += 1
    assert refused > 20


def test_a_reader_that_stumbles_counts_as_damage_but_lack_of_memory_does_not(saved, monkeypatch):
    file = saved(Image.fromarray(noise(8, 8)))

    def stumble(error):
        def convert(*_args):
            raise error

        monkeypatch.setattr(Image.Image, "convert", convert)

    stumble(IndexError("somewhere"))
    with pytest.raises(UnreadableImageError, match="damaged: somewhere"):
        decode(file, 8, grey=False)
    stumble(MemoryError())
    with pytest.raises(MemoryError):
        decode(file, 8, grey=False)


def test_image_files_are_decoded_by_number_and_travel_to_workers(saved):
    files = [saved(Image.fromarray(noise(8, 8, 3, highest=high))) for high in (9, 90, 200)]
    decoder = pickle.loads(pickle.dumps(ImageFiles(files, 8, grey=True)))
    for number, file in enumerate(files):
        assert torch.equal(decoder(number), decode(file, 8, grey=True))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_file_names_that_are_no_text_are_read(tmp_path):
    file = tmp_path / os.fsdecode(b"\xff\xfe.png")
    Image.fromarray(noise(8, 8, 3)).save(file)
    assert np.array_equal(decoded(file, 8), noise(8, 8, 3))


def test_nothing_is_decoded_of_an_image_that_is_too_large(saved, monkeypatch):
    file = saved(Image.new("RGB", (40, 30)))
    monkeypatch.setattr(decoding, "MOST_PIXELS", 1199)
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    with pytest.raises(UnreadableImageError, match="40×30 pixels"):
        decode(file, 8, grey=False)


def test_large_images_are_decoded_one_at_a_time_and_alike(saved, monkeypatch):
    files = [saved(Image.fromarray(noise(40, 30, 3))) for _ in range(8)]
    alone = decode(files[0], 8, grey=False)
    at_once, most = [], []

    def squared(*arguments, **options):
        at_once.append(1)
        most.append(len(at_once))
        try:
            return original(*arguments, **options)
        finally:
            at_once.pop()

    original = decoding.squared
    monkeypatch.setattr(decoding, "squared", squared)
    monkeypatch.setattr(decoding, "MANY_PIXELS", 1199)
    with ThreadPoolExecutor(4) as threads:
        found = [*threads.map(lambda file: decode(file, 8, grey=False), files)]
    assert max(most) == 1
    assert all(torch.equal(each, alone) for each in found)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "P", "1", "I;16"])
def test_every_kind_of_pixel_is_read_as_pillow_converts_it(saved, mode):
    deep = Image.fromarray(noise(9, 9, highest=60_000, dtype=np.uint16))
    file = saved(deep if mode == "I;16" else Image.fromarray(noise(9, 9, 3)).convert(mode), "tif")
    with Image.open(file) as opened:
        wanted = np.asarray(opened) >> 8 if mode == "I;16" else np.asarray(opened.convert("L"))
        assert np.array_equal(decoded(file, 9, grey=True), wanted)
