"""The image and its compose file: small rights, one volume, no secrets. Read as text: no daemon is needed."""

import re
from typing import Any

import yaml

from tests.surroundings import ROOT


def instructions(word: str) -> list[str]:
    """What follows an instruction of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(rf"^{word}\s+(.*)$", text, re.MULTILINE)


def service() -> dict[str, Any]:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    (only,) = compose["services"].values()
    return dict(only)


def test_the_image_is_built_in_stages_on_a_slim_base() -> None:
    stages = instructions("FROM")
    assert len(stages) == 2
    assert all("slim" in stage for stage in stages)


def test_packages_are_installed_by_hash() -> None:
    installs = [line for line in instructions("RUN") if "pip install" in line]
    assert any("--require-hashes --requirement requirements.lock" in line for line in installs)
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation" in line for line in installs)


def test_the_bot_runs_without_rights() -> None:
    assert instructions("USER") == ["10001:10001"]


def test_data_lives_in_one_volume() -> None:
    assert instructions("VOLUME") == ["/data"]
    assert instructions("WORKDIR")[-1] == "/data"


def test_docker_sees_whether_the_bot_is_well() -> None:
    (check,) = instructions("HEALTHCHECK")
    assert "http://127.0.0.1:8080/healthz" in check


def test_the_bot_itself_receives_the_signal_to_stop() -> None:
    assert instructions("ENTRYPOINT") == ['["technopolys"]']
    assert instructions("STOPSIGNAL") == ["SIGTERM"]


def test_no_secret_enters_the_image() -> None:
    assert instructions("ADD") == []
    assert not any(
        re.search(r"\.env|TECHNOPOLYS_|TOKEN|SECRET", line) for line in instructions("(?:COPY|ENV|ARG)")
    )


def test_the_build_sees_only_what_it_is_given() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split() if line]
    assert "*" in ignored
    assert not any(line.startswith("!.") for line in ignored)


def test_everything_the_image_copies_is_let_in() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = [word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]]
    assert [word for word in copied if f"!{word}" not in ignored] == []


def test_compose_takes_every_right_away() -> None:
    bot = service()
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert bot["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in bot
    assert "environment" not in bot


def test_compose_opens_the_desk_on_loopback_only() -> None:
    assert [port for port in service()["ports"] if not port.startswith("127.0.0.1:")] == []


def test_compose_gives_the_request_in_flight_time_to_end() -> None:
    assert int(service()["stop_grace_period"].removesuffix("s")) > 25
