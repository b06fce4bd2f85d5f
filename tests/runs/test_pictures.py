"""Pictures of every awkward kind: answered with a word of what was done, or refused in a sentence."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from kdstudio.data.decoding import UnreadableImageError, decode
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape
from kdstudio.runs.pictures import drawn_picture, is_on_light, read_picture

GREY = ImageShape(1, 28, 28, (0.13,), (0.31,))
COLOUR = ImageShape(3, 32, 32, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))


def noise(*shape):
    return np.random.default_rng(0).integers(0, 100, shape, dtype=np.uint8)


def as_bytes(image, kind="PNG", **how):
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def test_a_picture_is_read_as_training_reads_it(tmp_path):
    for name, image in {
        "wide.jpg": Image.fromarray(noise(50, 90, 3)),
        "clear.png": Image.fromarray(noise(40, 40, 4), "RGBA"),
        "deep.png": Image.fromarray(noise(40, 40).astype(np.uint16) * 256),
    }.items():
        image.save(tmp_path / name)
        for shape in (GREY, COLOUR):
            found = read_picture(tmp_path / name, shape)
            expected = decode(tmp_path / name, shape.height, grey=shape.channels == 1)
            assert torch.equal(found.pixels, expected)


def test_a_picture_of_the_right_kind_needs_no_note():
    pixels = noise(28, 28)
    found = read_picture(as_bytes(Image.fromarray(pixels)), GREY)
    assert found.notes == ()
    assert np.array_equal(found.pixels[0].numpy(), pixels)


FRAMES = [Image.fromarray(np.full((32, 32, 3), shade, dtype=np.uint8)) for shade in (10, 60, 90)]
UPRIGHT = Image.Exif()
UPRIGHT[0x0112] = 6
SEEN = {
    "animated": (as_bytes(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), "Of 3 frames"),
    "pages": (as_bytes(FRAMES[0], "TIFF", save_all=True, append_images=FRAMES[1:]), "Of 3 frames"),
    "16 bit": (as_bytes(Image.fromarray(noise(32, 32).astype(np.uint16))), "the upper eight are read"),
    "transparent": (as_bytes(Image.fromarray(noise(32, 32, 4), "RGBA")), "Transparent parts turn white"),
    "clear colour": (as_bytes(Image.fromarray(noise(32, 32)), transparency=3), "Transparent parts turn"),
    "decimal": (as_bytes(Image.fromarray(noise(32, 32).astype(np.float32)), "TIFF"), "no bytes"),
    "turned": (as_bytes(Image.fromarray(noise(32, 32, 3)), "JPEG", exif=UPRIGHT), "turned upright"),
    "wide": (as_bytes(Image.fromarray(noise(40, 1200, 3))), "1,200×40 pixels were scaled to 32×32, and the"),
    "large": (as_bytes(Image.fromarray(noise(640, 640, 3))), "640×640 pixels were scaled to 32×32."),
}  # fmt: skip


@pytest.mark.parametrize("kind", SEEN)
def test_what_can_be_answered_is_answered_and_told(kind):
    content, told = SEEN[kind]
    found = read_picture(content, COLOUR)
    assert found.pixels.shape == (3, 32, 32)
    assert [note for note in found.notes if told in note], found.notes
    if kind in ("animated", "pages"):
        assert int(found.pixels.max()) <= 12  # the first frame is the dark one


def sixteen_bit_colours():
    """A PNG that Pillow cannot write: 4×4 pixels of three 16-bit channels."""

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(range(24)) for _ in range(4))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


def test_colours_of_sixteen_bits_are_told_too():
    assert "Of 16 bits the upper eight are read." in read_picture(sixteen_bit_colours(), COLOUR).notes


def test_an_opaque_picture_with_an_alpha_channel_is_not_called_transparent():
    opaque = Image.fromarray(noise(32, 32, 3)).convert("RGBA")
    assert read_picture(as_bytes(opaque), COLOUR).notes == ()


def test_colours_turn_grey_where_the_run_is_grey():
    assert "Colours turn grey." in read_picture(as_bytes(Image.fromarray(noise(28, 28, 3))), GREY).notes


def test_dark_ink_on_paper_is_doubted_until_it_is_inverted():
    paper = as_bytes(Image.fromarray(255 - noise(28, 28)))
    (doubt,) = read_picture(paper, GREY).notes
    assert "mostly light" in doubt
    assert "try it inverted" in doubt
    inverted = read_picture(paper, GREY, inverted=True)
    assert inverted.notes == ()
    assert np.array_equal(inverted.pixels[0].numpy(), noise(28, 28))


def huge(side):
    """A PNG of a few bytes that says it has ``side`` × ``side`` pixels."""
    image = bytearray(as_bytes(Image.new("1", (8, 8))))
    image[16:24] = struct.pack(">II", side, side)
    image[29:33] = struct.pack(">I", zlib.crc32(bytes(image[12:29])))
    return bytes(image)


WHOLE = as_bytes(Image.fromarray(noise(64, 64, 3)), "JPEG")
REFUSED = {
    "text": (b"no image at all", "is not an image"),
    "empty": (b"", "is not an image"),
    "half": (WHOLE[: len(WHOLE) // 2], "is damaged"),
    "huge": (huge(8_001), "8,001×8,001 pixels, more than 64 million: scale it down"),
    "beyond what is safe": (huge(60_000), "60,000×60,000 pixels, more than 64 million: scale it down"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(kind):
    content, reason = REFUSED[kind]
    with pytest.raises(UnreadableImageError) as told:
        read_picture(content, COLOUR, "mine.png")
    assert str(told.value).startswith("'mine.png' ")
    assert reason in str(told.value)
    assert "\n" not in str(told.value)


def test_files_that_are_not_there_and_folders_are_refused(tmp_path):
    for file, reason in ((tmp_path / "none.png", "No such file"), (tmp_path, "it is a folder")):
        with pytest.raises(UnreadableImageError, match=f"cannot be read: {reason}"):
            read_picture(file, COLOUR)


@pytest.mark.parametrize("shape", [ImageShape(2, 8, 8, (0,) * 2, (1,) * 2), ImageShape(3, 8, 9)])
def test_runs_whose_images_no_picture_fits_are_told(shape):
    with pytest.raises(KDStudioError, match="only square ones"):
        read_picture(WHOLE, shape)


def test_what_is_drawn_has_the_brightness_of_the_runs_images():
    ink = torch.zeros(100, 100, dtype=torch.uint8)
    ink[20:80, 40:60] = 255
    bright = drawn_picture(ink, GREY, 20 / 28)
    assert int(bright.pixels[0, 0, 0]) == 0
    assert int(bright.pixels[0, 14, 14]) == 255
    paper = GREY._replace(mean=(0.9,))
    assert is_on_light(paper)
    assert torch.equal(drawn_picture(ink, paper, 20 / 28).pixels, 255 - bright.pixels)
    with pytest.raises(KDStudioError, match="in colour"):
        drawn_picture(ink, COLOUR, 1.0)
