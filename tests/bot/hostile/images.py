"""Builders of the cases I: pictures that are bombs, programs, or tell where they were taken."""

import re
import zlib

import pytest
from PIL import Image

from bot.compose.picture_cage import BadPicture, cleaned
from tests.bot.compose.pictures import chunk, encoded, flat_png, many_frames, opened, photo
from tests.bot.hostile.world import Builder, Codes, World, used


async def refused(*files: bytes) -> Codes:
    for data in files:
        with pytest.raises(BadPicture) as refusal:
            await cleaned(data)
        assert "\n" not in str(refusal.value)
    return frozenset({"REFUSED"})


async def too_many_pixels(_world: World) -> Codes:
    before = used()
    codes = await refused(flat_png(14_000, 14_000), flat_png(12_000, 12_000))
    assert used() - before < 20_000_000
    return codes


async def other_formats(_world: World) -> Codes:
    pictures = [encoded(photo(32, 32), form) for form in ("EPS", "TIFF", "ICO", "BMP", "PPM")]
    fits = b"SIMPLE  =                    T" + b" " * 3000
    return await refused(*pictures, fits, zlib.compress(fits), b"8BPS\x00\x01" + b"\0" * 100)


async def programs(_world: World) -> Codes:
    script = b"<script>alert(1)</script>"
    for both in (encoded(photo(), "JPEG") + script, flat_png(9, 9, chunk(b"tEXt", b"a\0" + script))):
        assert b"script" not in (await cleaned(both)).data
    return await refused(
        b"<svg xmlns='http://www.w3.org/2000/svg'>" + script + b"</svg>",
        b"<html>" + script,
        b"GIF89a/*" + script,
    )


async def metadata_and_bombs(_world: World) -> Codes:
    before = used()
    exif = Image.Exif()
    exif[0x010F] = "canary " * 5000
    exif.get_ifd(0x8825)[2] = (45.0, 30.0, 0.0)
    held = encoded(photo(), "JPEG", exif=exif, icc_profile=b"\xff" * 400_000)
    made = await cleaned(held)
    assert b"canary" not in made.data
    assert len(opened(made.data).getexif()) == 0
    assert (await cleaned(many_frames(10_000))).width == 64
    assert (await cleaned(encoded(photo(), "JPEG")[:-10])).width == 300
    bomb = chunk(b"iCCP", b"a\0\0" + zlib.compress(b"\0" * 100_000_000, 9))
    try:
        assert len((await cleaned(flat_png(9, 9, bomb))).data) < 1000
    except BadPicture as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017  either is right
    assert used() - before < 30_000_000
    return frozenset({"OK_CLEAN"})


async def names(_world: World) -> Codes:
    """A picture is known by its digest alone: no name of a file, and none from outside, is ever a path."""
    made = await cleaned(encoded(photo(), "JPEG"))
    assert re.fullmatch("[0-9a-f]{64}", made.digest)
    return frozenset({"DENIED"})


BUILDERS: dict[str, Builder] = {
    "I01": too_many_pixels,
    "I02": other_formats,
    "I03": programs,
    "I04": metadata_and_bombs,
    "I05": names,
}
