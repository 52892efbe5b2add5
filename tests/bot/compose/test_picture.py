"""A stranger's picture becomes one of ours or one line: hostile cases I01 to I04."""

from datetime import timedelta
from hashlib import sha256

import pytest
from PIL import Image, ImageCms

from bot.compose.picture import READ
from bot.compose.picture_cage import BadPicture, Bounds, CleanPicture, cleaned
from tests.bot.compose.pictures import chunk, encoded, flat_png, many_frames, opened, photo


async def refused(data: bytes) -> str:
    with pytest.raises(BadPicture) as refusal:
        await cleaned(data)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


async def test_a_photo_stays_a_photo() -> None:
    found = await cleaned(encoded(photo(), "JPEG"))
    assert (found.format, found.media_type, found.width, found.height) == ("jpeg", "image/jpeg", 300, 200)
    assert found.digest == sha256(found.data).hexdigest()
    assert opened(found.data).size == (300, 200)


async def test_what_shows_through_and_what_was_drawn_stays_sharp() -> None:
    glass = Image.new("RGBA", (40, 30), (255, 0, 0, 100))
    found = await cleaned(encoded(glass, "PNG"))
    assert (found.format, opened(found.data).getpixel((3, 3))) == ("png", (255, 0, 0, 100))
    drawn = await cleaned(encoded(Image.new("RGB", (40, 30), "teal"), "PNG"))
    assert drawn.format == "png"
    opaque = await cleaned(encoded(photo().convert("RGBA"), "WEBP", quality=80))
    assert opaque.format == "jpeg"


async def test_a_picture_is_made_to_fit() -> None:
    bounds = Bounds(max_side=500, max_bytes=20_000)
    found = await cleaned(encoded(photo(1200, 600), "PNG"), bounds)
    assert max(found.width, found.height) <= 500
    assert len(found.data) <= 20_000
    assert found.width == pytest.approx(2 * found.height, abs=2)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "RGBA", "YCbCr"])
async def test_every_way_of_keeping_pixels_is_read(mode: str) -> None:
    form = "JPEG" if mode in {"CMYK", "YCbCr"} else "PNG"
    image = Image.new("I;16", (30, 20), 40_000) if mode == "I;16" else photo(30, 20).convert(mode)
    assert (await cleaned(encoded(image, form))).width == 30


async def test_grey_of_sixteen_bits_keeps_its_brightness() -> None:
    found = await cleaned(encoded(Image.new("I;16", (30, 20), 40_000), "PNG"))
    assert opened(found.data).convert("L").getpixel((5, 5)) == pytest.approx(156, abs=1)


async def test_a_picture_held_sideways_is_turned_and_its_place_forgotten() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Canary camera"
    exif.get_ifd(0x8825)[2] = (45.0, 30.0, 0.0)
    found = await cleaned(encoded(photo(), "JPEG", exif=exif, comment=b"Canary comment"))
    assert (found.width, found.height) == (200, 300)
    assert len(opened(found.data).getexif()) == 0
    assert b"Canary" not in found.data


async def test_colours_of_another_profile_are_brought_into_the_web_s() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = await cleaned(encoded(photo(), "JPEG", icc_profile=lab))
    assert "icc_profile" not in opened(found.data).info
    broken = await cleaned(encoded(photo(), "JPEG", icc_profile=b"\xff" * 500_000))
    assert broken.width == 300


@pytest.mark.parametrize(("width", "height"), [(14_000, 14_000), (12_000, 12_000), (2**31 - 1, 3)])
async def test_a_picture_of_too_many_pixels_is_refused_undecoded(width: int, height: int) -> None:
    small = flat_png(14_000, 14_000)
    assert len(small) < 40_000
    told = small.replace(small[16:24], width.to_bytes(4) + height.to_bytes(4), 1)
    assert "million pixels" in await refused(_summed(told))


def _summed(png: bytes) -> bytes:
    """Make the sum of a changed header right again."""
    return png[:8] + chunk(b"IHDR", png[16:29]) + png[33:]


@pytest.mark.parametrize("form", ["TIFF", "ICO", "BMP", "PPM", "EPS", "PDF", "TGA", "PCX", "SGI", "JPEG2000"])
async def test_other_formats_are_not_read_at_all(form: str) -> None:
    assert await refused(encoded(photo(32, 32), form)) == "it is no JPEG, PNG, WebP or GIF picture"
    assert form not in READ


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a/*<script>alert(1)</script>*/=1;",
        b"\x1f\x8b\x08\x00SIMPLE  =                    T",
        b"SIMPLE  =                    T" + b" " * 3000,
        b"8BPS\x00\x01" + b"\0" * 100,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"x",
        b"",
    ],
)
async def test_what_is_no_picture_is_refused(data: bytes) -> None:
    await refused(data)


async def test_nothing_behind_a_picture_s_end_goes_on() -> None:
    script = b"<html><script>alert(1)</script></html>"
    found = await cleaned(encoded(photo(), "JPEG") + script)
    assert b"script" not in found.data
    assert b"script" not in (await cleaned(flat_png(9, 9, chunk(b"tEXt", b"a\0" + script)))).data


async def test_ten_thousand_frames_are_one() -> None:
    found = await cleaned(many_frames(10_000))
    assert (found.width, found.height, getattr(opened(found.data), "n_frames", 1)) == (64, 64, 1)


async def test_a_jpeg_may_lack_its_last_bytes_but_no_part_of_the_picture() -> None:
    whole = encoded(photo(600, 400), "JPEG", quality=90)
    assert (await cleaned(whole[:-12])).width == 600
    assert "ends too early" in await refused(whole[: len(whole) // 2])
    assert "ends too early" in await refused(encoded(photo(), "PNG")[:-5000])


async def test_a_bomb_inside_the_metadata_costs_nothing() -> None:
    bomb = chunk(b"zTXt", b"a\0\0" + _packed(100_000_000)) + chunk(b"iCCP", b"a\0\0" + _packed(100_000_000))
    try:
        found: CleanPicture | None = await cleaned(flat_png(9, 9, bomb))
    except BadPicture:
        found = None
    assert found is None or len(found.data) < 1000
    exif = b"Exif\0\0II*\0\x08\0\0\0" + b"\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff\x06\0\0\0" * 4000
    assert (await cleaned(encoded(photo(), "JPEG", exif=exif))).format == "jpeg"


def _packed(size: int) -> bytes:
    import zlib

    return zlib.compress(b"\0" * size, 9)


async def test_a_picture_that_eats_time_dies_alone() -> None:
    glass = photo(2048, 2048)
    glass.putalpha(glass.getchannel("R"))
    slow = encoded(glass, "PNG", compress_level=1)
    with pytest.raises(BadPicture, match="more than 1 s of computing"):
        await cleaned(slow, Bounds(max_bytes=1), cpu=timedelta(seconds=1))


async def test_time_and_memory_are_bounded_and_what_dies_is_one_line() -> None:
    big = encoded(Image.new("RGB", (4900, 4900)), "PNG")
    with pytest.raises(BadPicture):
        await cleaned(big, memory=100 * 1024 * 1024)
    with pytest.raises(BadPicture, match="longer than"):
        await cleaned(big, deadline=timedelta(milliseconds=1))
    assert (await cleaned(big)).width == 2048


async def test_a_file_too_long_is_not_looked_at() -> None:
    assert await refused(b"\xff" * 20_000_001) == "it has more than 20 MB"
