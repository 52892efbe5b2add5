"""The files that ``technopolys init`` writes: a commented configuration and a list of secrets to fill in."""

from importlib.resources import files


def example_toml() -> str:
    """Return the commented configuration; it works as it stands."""
    return _read("example.toml")


def example_env() -> str:
    """Return the commented list of secrets."""
    return _read("example.env")


def _read(name: str) -> str:
    return files("bot.settings").joinpath("files", name).read_text(encoding="utf-8")
