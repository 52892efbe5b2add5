"""Makes of any bytes a plain picture of our own, or says in one line why not. Runs in a child process.

    bytes -> header (format, size) -> first frame -> upright, sRGB -> within bounds -> encoded anew -> digest

Nothing of the file itself goes on: no metadata, no place, no second frame, no script behind the end. Call
it through :mod:`bot.compose.picture_cage`: what it decodes was written by strangers.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

JPEG, PNG = "jpeg", "png"
READ = ("JPEG", "PNG", "WEBP", "GIF")
"""What is read at all, decided from the bytes; every other decoder stays shut."""
_QUALITIES = (88, 80, 70, 60)
_LEAST_SIDE = 64
_SHRINK = 0.7
_LOST = 20
"""A JPEG whose end is missing is taken while less than one part in so many of its height is."""


class BadPicture(Exception):  # noqa: N818  named by what it is; nothing of ours failed
    """The bytes are no picture that we take; ``str()`` is one line for people."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a picture must keep to: pixels of what is read, longest side and bytes of what is made."""

    max_pixels: int = 25_000_000
    max_side: int = 2048
    max_bytes: int = 950_000


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture made anew: ``format`` is "jpeg" or "png", ``digest`` the SHA-256 of ``data`` in hex."""

    digest: str
    format: str
    width: int
    height: int
    data: bytes

    @property
    def media_type(self) -> str:
        """Return the type to send it with."""
        return f"image/{self.format}"


def clean(data: bytes, bounds: Bounds) -> CleanPicture:
    """Decode ``data`` and encode it anew within ``bounds``; raise BadPicture with one line."""
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=READ) as opened:
                return _made(_upright(_small(opened, bounds)), bounds)
        except UnidentifiedImageError:
            raise BadPicture("it is no JPEG, PNG, WebP or GIF picture") from None
        except Image.DecompressionBombError:
            raise BadPicture(_too_many(bounds)) from None
        except MemoryError:
            raise BadPicture("decoding it takes too much memory") from None
        except BadPicture:
            raise
        except Exception as error:  # noqa: BLE001  decoders raise what they like: OSError, SyntaxError, struct.error
            raise BadPicture(f"it is damaged ({type(error).__name__})") from None


def _small(opened: Image.Image, bounds: Bounds) -> Image.Image:
    """Decode the first frame, no larger than needed; its size is judged before a pixel is decoded."""
    width, height = opened.size
    if width * height > bounds.max_pixels:
        raise BadPicture(f"{_too_many(bounds)}: it has {width} x {height}")
    opened.draft("RGB", (bounds.max_side, bounds.max_side))  # JPEG alone can decode at a fraction of its size
    _decode(opened)
    frame = _plain(opened)
    frame.thumbnail((bounds.max_side, bounds.max_side))
    return frame


def _too_many(bounds: Bounds) -> str:
    return f"it has more than {bounds.max_pixels // 1_000_000} million pixels"


def _decode(opened: Image.Image) -> None:
    """Decode; where a JPEG ends too early, take it while hardly anything is missing."""
    from PIL import ImageFile

    try:
        opened.load()
    except OSError:
        if opened.format != "JPEG":
            raise BadPicture("it ends too early or is damaged") from None
        ImageFile.LOAD_TRUNCATED_IMAGES = True  # this process decodes one picture and ends
        opened.load()
        if _end_is_blank(opened):
            raise BadPicture("it ends too early: a part of it is missing") from None


def _end_is_blank(opened: Image.Image) -> bool:
    """Tell whether the last rows are one colour, as a decoder fills what it never got."""
    width, height = opened.size
    last = opened.crop((0, height - max(height // _LOST, 1), width, height))
    return last.getcolors(maxcolors=1) is not None


def _plain(opened: Image.Image) -> Image.Image:
    """RGB, or RGBA where something shows through, in the colours that the file means."""
    see_through = opened.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in opened.info
    if opened.mode.startswith("I"):  # 16 bits of grey: the upper eight are the picture
        return opened.point(lambda value: value / 256).convert("L").convert("RGB")
    frame = opened if see_through else _in_srgb(opened)
    frame = frame.convert("RGBA" if see_through else "RGB")
    if see_through and frame.getchannel("A").getextrema() == (255, 255):
        frame = frame.convert("RGB")
    frame.info = {"exif": opened.info.get("exif", b"")}
    return frame


def _in_srgb(opened: Image.Image) -> Image.Image:
    """Turn the colours of a picture's profile into the web's; one that cannot be read counts for nothing."""
    from PIL import ImageCms

    profile = opened.info.get("icc_profile")
    if not profile or opened.mode not in {"RGB", "CMYK", "L"}:
        return opened
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        web = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(opened, own, web, outputMode="RGB") or opened
    except (ImageCms.PyCMSError, OSError, ValueError):
        return opened


def _upright(frame: Image.Image) -> Image.Image:
    """Turn it as its camera was held; what else the camera wrote is dropped."""
    from PIL import Image, ImageOps

    try:
        turned = ImageOps.exif_transpose(frame)
    except Exception:  # noqa: BLE001  what stands in EXIF is anyone's; without it the picture lies as stored
        turned = frame
    bare = Image.new(turned.mode, turned.size)
    bare.paste(turned)
    return bare


def _made(frame: Image.Image, bounds: Bounds) -> CleanPicture:
    """Encode, smaller until it fits: PNG where something shows through or was drawn, else JPEG."""
    while True:
        for form, data in _encodings(frame):
            if len(data) <= bounds.max_bytes:
                return CleanPicture(sha256(data).hexdigest(), form, *frame.size, data)
        if max(frame.size) <= _LEAST_SIDE:
            raise BadPicture(f"it does not fit into {bounds.max_bytes:,} bytes")
        frame = frame.resize([max(round(side * _SHRINK), 1) for side in frame.size])


def _encodings(frame: Image.Image) -> Iterator[tuple[str, bytes]]:
    """Yield the best first; a JPEG has no transparency, what shows through becomes white."""
    from PIL import Image

    flat = frame
    if frame.mode == "RGBA":
        flat = Image.alpha_composite(Image.new("RGBA", frame.size, "white"), frame).convert("RGB")
    if frame.mode == "RGBA" or frame.getcolors(maxcolors=256) is not None:
        yield PNG, _encoded(frame, PNG)
    for quality in _QUALITIES:
        yield JPEG, _encoded(flat, JPEG, quality=quality, optimize=True)


def _encoded(frame: Image.Image, form: str, **how: int) -> bytes:
    into = io.BytesIO()
    frame.save(into, form, **how)
    return into.getvalue()
