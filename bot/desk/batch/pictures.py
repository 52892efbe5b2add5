"""What people may name as a picture: a web address or, on the machine itself, a file of theirs."""

from __future__ import annotations

from pathlib import Path

from bot.settings.values import read_web_address


def picture_at(text: str, folder: Path | None) -> str:
    """Return a web address as it is, a file in ``folder`` as its absolute path; raise ValueError otherwise.

    Without a folder no file can be named: what comes over the web must not reach the machine's own files.
    """
    if not text or text.lower().startswith(("http://", "https://")):
        return read_web_address(text)
    if folder is None:
        raise ValueError("a picture is named by its web address here")
    path = (folder / text).resolve()
    if not path.is_file():
        raise ValueError(f'there is no picture "{text}"; name a file or a web address')
    return str(path)
