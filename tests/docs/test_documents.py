import re
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from bot.channels.registry import NETWORKS
from bot.cli.app import build_app
from bot.compose.template import NAMES
from bot.settings.tables import BotTable, ChannelTable, DeskTable, FetchSettings, SourceTable
from tests.surroundings import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("**/*.md"))]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
TABLES: dict[str, type[BaseModel]] = {
    "[bot]": BotTable,
    "[desk]": DeskTable,
    "[fetch]": FetchSettings,
    "[sources.NAME]": SourceTable,
    "[channels.NAME]": ChannelTable,
}


def section(heading: str) -> str:
    return CONFIGURATION.split(f"## {heading}\n")[1].split("\n## ")[0]


def keys_in(text: str) -> set[str]:
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return {key for cell in cells for key in re.findall(r"`([a-z_]+)`", cell)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_of_the_project(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    known = set(typer.main.get_group(build_app()).commands)
    named = set(re.findall(r"technopolys ([a-z][a-z-]+)", code_of(page.read_text(encoding="utf-8"))))
    assert named - known == set()


def code_of(text: str) -> str:
    """What stands in backticks or in a block of code."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


@pytest.mark.parametrize("heading", TABLES)
def test_the_configuration_page_has_every_key_and_no_other(heading: str) -> None:
    assert keys_in(section(heading)) == set(TABLES[heading].model_fields)


def test_the_configuration_page_names_every_network_its_keys_and_its_secrets() -> None:
    secrets = section("Secrets")
    for name, network in NETWORKS.items():
        wanted = ", ".join(f"`{secret}`" for secret in network.secrets) or "none"
        assert f"| `{name}` | {wanted} |" in secrets
        further = ", ".join(f"`{secret}`" for secret in network.further)
        assert not further or f"| `{name}` | {further} |" in secrets
        assert set(network.options.model_fields) <= set(
            re.findall(r"`([a-z_]+)`", section("[channels.NAME]"))
        )


@pytest.mark.parametrize("name", [name for name, network in NETWORKS.items() if network.sign_in is not None])
def test_the_page_of_a_network_says_how_to_sign_in(name: str) -> None:
    page = (ROOT / "docs" / "networks" / f"{name}.md").read_text(encoding="utf-8")
    assert re.search(rf"`technopolys connect {name}-fr( --app [A-Z_]+)?`", page)


def test_the_configuration_page_names_what_templates_know() -> None:
    row = next(line for line in CONFIGURATION.splitlines() if line.startswith("| `template`"))
    assert set(re.findall(r"`\{([a-z]+)\}`", row)) == set(NAMES)
