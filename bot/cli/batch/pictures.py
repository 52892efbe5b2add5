"""What people may name as a picture: a web address, or a file of theirs."""

from __future__ import annotations

from pathlib import Path

from bot.settings.values import read_web_address


def picture_at(text: str, folder: Path) -> str:
    """Return a web address as it is, a file as its absolute path; raise ValueError for anything else."""
    if not text or text.lower().startswith(("http://", "https://")):
        return read_web_address(text)
    path = (folder / text).resolve()
    if not path.is_file():
        raise ValueError(f'there is no picture "{text}"; name a file or a web address')
    return str(path)
