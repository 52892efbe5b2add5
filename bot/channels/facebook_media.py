"""Pictures on a Facebook page: each is uploaded unseen, and only then does a post name it.

Source: developers.facebook.com, Page photos. A photo that no post uses is forgotten after a day.
"""

from __future__ import annotations

from hashlib import sha256

from bot.message import Image, Picture

_SIGNS = 32


def place(picture: Picture) -> str:
    """Return under which name the progress knows a picture; its alt text goes with the upload."""
    return f"photo {picture.digest} {sha256(picture.alt.encode()).hexdigest()[:8]}"


def form(image: Image, alt: str) -> tuple[str, bytes]:
    """Return the content type and the bytes of a form that uploads a picture (RFC 7578)."""
    fields = {"published": "false", **({"alt_text_custom": alt} if alt else {})}
    boundary = sha256(b"\0".join([image.content, alt.encode()])).hexdigest()[:_SIGNS]
    parts = [_part(boundary, f'name="{name}"', "", value.encode()) for name, value in fields.items()]
    file = f'name="source"; filename="picture.{image.kind.rpartition("/")[2]}"'
    parts.append(_part(boundary, file, f"Content-Type: {image.kind}\r\n", image.content))
    return f"multipart/form-data; boundary={boundary}", b"".join([*parts, f"--{boundary}--\r\n".encode()])


def _part(boundary: str, about: str, kind: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {about}\r\n{kind}\r\n"
    return head.encode() + content + b"\r\n"
