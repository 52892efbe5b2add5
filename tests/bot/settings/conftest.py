"""A configuration to write, and pretend networks to read it with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from bot.settings import NetworkShape, Settings, SettingsError, load


class Birdcage(BaseModel):
    """The options of a pretend network."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    colour: str = "blue"


class Post(BaseModel):
    """The options of another, one of which must be set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chat: int | str


@dataclass(frozen=True)
class Shape:
    options: type[BaseModel]
    secrets: tuple[str, ...]
    further: tuple[str, ...] = ()


NETWORKS: Mapping[str, NetworkShape] = {
    "birdcage": Shape(Birdcage, ("API_KEY", "ACCESS_TOKEN")),
    "post": Shape(Post, ("TOKEN",), ("RENEWER", "APP_ID")),
    "manual": Shape(Birdcage, ()),
}


@dataclass
class Desk:
    """Writes a file and reads it back."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    check_template: Callable[[str], list[str]] = lambda _template: []

    def write(self, text: str) -> Path:
        path = self.folder / "technopolys.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, text: str) -> Settings:
        return load(self.write(text), self.environ, NETWORKS, self.check_template)

    def mistakes(self, text: str) -> list[str]:
        """Return what is wrong with ``text``, without the file's name."""
        return self.mistakes_of(self.write(text))

    def mistakes_of(self, path: Path) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            load(path, self.environ, NETWORKS, self.check_template)
        assert all("\n" not in line for line in caught.value.mistakes)
        return [line.removeprefix(f"{path}: ") for line in caught.value.mistakes]


@pytest.fixture(name="desk")
def desk_fixture(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
