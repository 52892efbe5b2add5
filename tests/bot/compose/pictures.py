"""Pictures of our own, friendly and hostile, and what is inside others."""

import io
import struct
import zlib

from PIL import Image


def encoded(image: Image.Image, form: str, **how: object) -> bytes:
    """An image as a file."""
    into = io.BytesIO()
    image.save(into, form, **how)
    return into.getvalue()


def opened(data: bytes) -> Image.Image:
    """A file as an image."""
    return Image.open(io.BytesIO(data))


def photo(width: int = 300, height: int = 200) -> Image.Image:
    """Something with many colours and no blank edge."""
    noise = Image.effect_noise((width, height), 60)
    return Image.merge("RGB", [noise, Image.linear_gradient("L").resize((width, height)), noise])


def chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def flat_png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG of zeros, tiny whatever its size; ``more`` are chunks before its pixels."""
    packer = zlib.compressobj(9)
    line = b"\0" * (1 + (width + 7) // 8)  # one bit a pixel
    pixels = b"".join([packer.compress(line) for _ in range(height)]) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def many_frames(frames: int) -> bytes:
    """An animated GIF; the first frame is white, the others black, none of them worth its bytes."""
    first = encoded(Image.new("P", (64, 64), 255), "GIF")
    trailer = b"\x3b"
    one = first[: first.rindex(trailer)]
    picture = one[one.index(b"\x2c") :]
    return one + picture * (frames - 1) + trailer
