"""Every call to Telegram fits the published description of the Bot API: method, parameters, types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bot.channels.network import Wiring
from bot.channels.telegram import NETWORK, TelegramChannel
from bot.message import Frozen, Image, Picture, Progress
from bot.secret import Secret
from tests.bot.channels import contract as c
from tests.bot.channels import server as s
from tests.bot.channels.standins.telegram import STAND_IN

MEMBER = {
    "status": "administrator",
    "user": {"id": 1, "is_bot": True, "first_name": "b"},
    "can_post_messages": True,
}
RIGHTS = (
    "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats "
    "can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories "
    "can_edit_stories can_delete_stories"
)


def good(result: object) -> s.Behaviour:
    return s.answering_json(200, {"ok": True, "result": result})


def sent(request: s.Request) -> dict[str, str | bytes]:
    """The parameters of a call, however they came."""
    kind = next(
        (
            line.partition(":")[2].strip()
            for line in request.head.splitlines()
            if line.lower().startswith("content-type")
        ),
        "",
    )
    if not kind.startswith("multipart/"):
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body, policy=policy.HTTP)
    found: dict[str, str | bytes] = {}
    for part in parts.iter_parts():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found[str(name)] = content if part.get_filename() else content.decode()
    return found


def is_a(kind: str, value: str | bytes, types: Mapping[str, Any]) -> bool:
    """Tell whether a value may stand where the description wants a kind."""
    if kind == "InputFile":
        return isinstance(value, bytes)
    if isinstance(value, bytes):
        return False
    if kind == "String":
        return True
    try:
        read = json.loads(value)
    except ValueError:
        return False
    if kind.startswith("Array of "):
        inner = kind.removeprefix("Array of ")
        return isinstance(read, list) and all(
            is_a(inner, one if isinstance(one, str) else json.dumps(one), types) for one in read
        )
    simple = {"Integer": int, "Boolean": bool}.get(kind)
    return type(read) is simple if simple else fits(read, types[kind]["fields"], types)


def fits(value: object, fields: list[Mapping[str, Any]], types: Mapping[str, Any]) -> bool:
    known = {field["name"]: field["types"] for field in fields}
    return isinstance(value, dict) and all(
        name in known
        and any(
            is_a(kind, json.dumps(one) if not isinstance(one, str) else one, types) for kind in known[name]
        )
        for name, one in value.items()
    )


def complaints(request: s.Request, description: Mapping[str, Any]) -> list[str]:
    """What the description would say of a call."""
    method = description["methods"].get(request.target.rpartition("/")[2])
    if method is None:
        return [f"{request.target} is no method"]
    fields = {field["name"]: field for field in method.get("fields", [])}
    given = sent(request)
    missing = [
        f"{name} is missing" for name, field in fields.items() if field["required"] and name not in given
    ]
    unknown = [f"{name} is unknown" for name in given if name not in fields]
    wrong = [
        f"{name} is no {' or '.join(fields[name]['types'])}"
        for name, value in given.items()
        if name in fields
        and not any(is_a(kind, value, description["types"]) for kind in fields[name]["types"])
    ]
    return missing + unknown + wrong


@pytest.fixture(name="description")
def published_description(corpus: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((corpus / "specs" / "telegram-bot-api.json").read_text())
    return found


async def picture(_digest: str) -> Image:
    return Image(c.PNG, "image/png", 640, 360)


async def every_call() -> list[s.Request]:
    """All that the channel ever asks of Telegram."""
    message = json.loads(STAND_IN.body(7))["result"]
    answers = {
        "/getMe": good({"id": 1, "is_bot": True, "first_name": "b", "username": "b_bot"}),
        "/getChatMember": good({**dict.fromkeys(RIGHTS.split(), True), **MEMBER}),
        "/sendMessage": good(message),
        "/sendPhoto": good(message),
        "/deleteMessage": good(True),
    }
    async with s.misbehaving(s.by_path(answers)) as server:
        channel = TelegramChannel(
            Wiring(
                name="telegram-fr",
                options=NETWORK.options.model_validate(STAND_IN.options),
                secrets={"TOKEN": Secret(STAND_IN.secrets["TOKEN"])},
                api=server.url,
                clock_now=lambda: c.NOW,
                deadline=c.PATIENT,
                pause=timedelta(0),
                picture=picture,
            )
        )
        await channel.check()
        shown = (Picture("", "La nuit", "d1"),)
        for what in (
            c.message("telegram", "<b>Été</b>"),
            c.message("telegram", "Lire", "https://example.org/"),
            replace(c.message("telegram", "Un phare"), pictures=shown),
        ):
            frozen = await channel.prepare(what, Progress("k1"), c.NOW)
            assert isinstance(frozen, Frozen)
            await channel.publish(frozen)
        await channel.delete("7")
        await channel.close()
    return server.requests


async def test_every_call_fits_the_description(description: Mapping[str, Any]) -> None:
    calls = await every_call()
    assert [call.target.rpartition("/")[2] for call in calls] == [
        "getMe",
        "getChatMember",
        "sendMessage",
        "sendMessage",
        "sendPhoto",
        "deleteMessage",
    ]
    assert {
        call.target: complaints(call, description) for call in calls if complaints(call, description)
    } == {}


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/bot1/sendMessages", b"chat_id=1&text=a"),
        ("/bot1/sendMessage", b"chat_id=1"),
        ("/bot1/sendMessage", b"chat_id=1&text=a&stranger=1"),
        ("/bot1/sendMessage", b"chat_id=1&text=a&disable_notification=perhaps"),
        ("/bot1/sendMessage", b"chat_id=1&text=a&link_preview_options=%7B%22is_disabled%22%3A7%7D"),
        ("/bot1/deleteMessage", b"chat_id=1&message_id=seven"),
    ],
)
def test_a_call_that_does_not_fit_is_noticed(
    description: Mapping[str, Any], target: str, body: bytes
) -> None:
    assert complaints(s.Request("POST", target, "", body), description)
