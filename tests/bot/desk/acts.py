"""Every operation that the doors share: how each is asked for, who may, and what the history then says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.channels.manual import REASON
from bot.desk import operations
from content_queue.item import Entry, Kind, Post, Reason, Scope, Version
from content_queue.lifecycle import PostEvent
from content_queue.operations import corrections, intake, people
from content_queue.operations.rows import item_by_id
from content_queue.people import Grant, Person, Role, local
from tests.bot.desk.inhabited import ROLES
from tests.bot.desk.samples import NOW, Queue

ROOT = local("setup")
EVERYBODY = set(ROLES)
WHO_PROPOSES, WHO_DECIDES = EVERYBODY - {Role.READER}, {Role.EDITOR, Role.ADMIN}
LATER = "2099-01-01T12:00"
Line = tuple[str, str | None, str | None]
"""What happened, to which item, to which post."""


@dataclass(frozen=True)
class Act:
    """An operation as each door asks for it, who may, and what the history then says."""

    name: str
    allowed: set[Role]
    lines: list[Line]
    web: tuple[str, dict[str, str | list[str]]] | None = None
    cli: tuple[str, ...] = ()
    """() where the command also carries it out, on a network: its own tests have it."""
    api: tuple[str, str, dict[str, object]] | None = None
    prepare: Callable[[Queue], object] = field(default=lambda _queue: None)
    chat: tuple[str, ...] = ()
    """What is done in Telegram, step by step: "/word" is typed, "> Label" pressed, "= text" answered."""


def approved(queue: Queue) -> list[Post]:
    return queue.approve()


def uncertain(queue: Queue) -> None:
    post, *_ = queue.approve()
    queue.publish(post, PostEvent.UNKNOWN)


def by_hand(queue: Queue) -> None:
    post, *_ = queue.approve()
    queue.publish(post, PostEvent.UNKNOWN, REASON, lost=False)


def failed(queue: Queue) -> None:
    post, *_ = queue.approve()
    queue.publish(post, PostEvent.REFUSED, "no")


def published(queue: Queue) -> None:
    for post in queue.approve():
        queue.publish(post)


def rejected(queue: Queue) -> None:
    with queue.store.write() as tx:
        operations.reject(tx, NOW, ROOT, 1, "no")


def held(scope: Scope, target: str = "") -> Callable[[Queue], None]:
    def hold(queue: Queue) -> None:
        with queue.store.write() as tx:
            operations.pause(tx, NOW, ROOT, scope, target)

    return hold


def just_approved(queue: Queue) -> None:
    with queue.store.write() as tx:
        operations.approve(tx, queue.desk, NOW, ROOT, 1)


def announcement_and_pause(queue: Queue) -> None:
    with queue.store.write() as tx:
        draft = operations.Draft(Kind.ANNOUNCEMENT, (Version("fr", "Une annonce"),), channels=("x-fr",))
        operations.approve(tx, queue.desk, NOW, ROOT, operations.add(tx, queue.desk, NOW, ROOT, draft))
    held(Scope.EVERYTHING)(queue)


def changed_upstream(queue: Queue) -> None:
    with queue.store.write() as tx:
        words, why = (Version("fr", "Un autre titre"),), Reason("its words")
        corrections.propose(tx, NOW, item_by_id(tx, 1), "startech", corrections.CHANGE, words, why)


def flooded(queue: Queue) -> None:
    old = [Entry(f"old-{n}", Kind.ARTICLE, (Version("fr", f"Titre {n}"),)) for n in range(21)]
    with queue.store.write() as tx:
        origin = intake.Origin("startech")
        intake.take_in(tx, NOW, origin, old, [None] * 21, first=False, last_good=NOW)


def two_halves(queue: Queue) -> None:
    with queue.store.write() as tx:
        for version in (Version("fr", "Le phare"), Version("en", "The lighthouse")):
            operations.add(tx, queue.desk, NOW, ROOT, operations.Draft(Kind.ANNOUNCEMENT, (version,)))


def somebody(queue: Queue) -> Person:
    with queue.store.write() as tx:
        return people.add(tx, NOW, ROOT, "Fatou", [Grant(Role.EDITOR)])


def somebody_left(queue: Queue) -> None:
    person = somebody(queue)
    with queue.store.write() as tx:
        people.remove(tx, NOW, ROOT, person, None)


WORDS = {"fr.title": "Autre titre", "fr.url": "https://example.org/autre"}
VERSION = {"language": "fr", "title": "Autre titre", "url": "https://example.org/autre"}
ADDED = (
    "add",
    "--kind",
    "article",
    "--lang",
    "fr",
    "--title",
    "Autre titre",
    "--url",
    "https://example.org/autre",
)
EVERY_POST: list[Line] = [("cancel", "i1", f"p{number}") for number in (1, 2, 3)]
EVERY_POST_NOW: list[Line] = [("now", "i1", f"p{number}") for number in (1, 2, 3)]
ACTS = [
    Act("add", WHO_PROPOSES, [("add", "i4", None)],
        ("/add", {"kind": "article", **WORDS}), ADDED,
        ("POST", "items", {"kind": "article", "versions": [VERSION]}),
        chat=("/ajouter https://example.org/autre Autre titre",)),
    Act("edit", WHO_DECIDES, [("change", "i3", None), ("approve", "i3", None)],
        ("/items/i3/edit", {"revision": "1", "then": "approve", **WORDS}),
        ("edit", "i3", "--title", "Autre titre", "--url", "https://example.org/autre"),
        ("PATCH", "items/i3", {"versions": [VERSION], "revision": 1, "approve": True})),
    Act("approve", WHO_DECIDES, [("approve", "i1", None)],
        ("/items/i1/approve", {"revision": "1"}), ("approve", "i1"),
        ("POST", "items/i1/approve", {"revision": 1}),
        chat=("# 1", "> Approuver")),
    Act("reject", WHO_DECIDES, [("reject", "i1", None)],
        ("/items/i1/reject", {"revision": "1", "why": "hors sujet"}), ("reject", "i1", "--why", "hors sujet"),
        ("POST", "items/i1/reject", {"why": "hors sujet"}),
        chat=("# 1", "> Rejeter", "= hors sujet")),
    Act("withdraw", WHO_DECIDES, [("withdraw", "i1", None), *EVERY_POST],
        ("/items/i1/withdraw", {}), ("withdraw", "i1"), ("POST", "items/i1/withdraw", {}), approved),
    Act("reopen", WHO_DECIDES, [("reopen", "i1", None)],
        ("/items/i1/reopen", {}), ("reopen", "i1"), ("POST", "items/i1/reopen", {}), rejected),
    Act("repeat", WHO_DECIDES, [("repeat", "i1", None)],
        ("/items/i1/repeat", {}), ("repeat", "i1"), ("POST", "items/i1/repeat", {}), published),
    Act("move", WHO_DECIDES, [("move", "i1", "p1")],
        ("/posts/p1/move", {"when": LATER}), ("move", "p1", LATER),
        ("POST", "posts/p1/move", {"at": f"{LATER}:00-05:00"}), approved),
    Act("skip", WHO_DECIDES, [("cancel", "i1", "p1")],
        ("/posts/p1/skip", {}), ("skip", "p1"), ("POST", "posts/p1/skip", {}), approved),
    Act("cancel", WHO_DECIDES, [("cancel", "i1", "p1")],
        ("/posts/p1/cancel", {}), ("cancel", "p1"), ("POST", "posts/p1/cancel", {}), approved),
    Act("retry", WHO_DECIDES, [("retry", "i1", "p1")],
        ("/posts/p1/retry", {}), ("retry", "p1"), ("POST", "posts/p1/retry", {}), failed),
    Act("found", WHO_DECIDES, [("found", "i1", "p1")],
        ("/posts/p1/found", {}), ("resolve", "p1", "--found"),
        ("POST", "posts/p1/resolve", {"answer": "found"}), uncertain,
        chat=("! ", "> Elle y est")),
    Act("resend", WHO_DECIDES, [("resend", "i1", "p1")],
        ("/posts/p1/resend", {"sure": "yes"}), ("resolve", "p1", "--resend"),
        ("POST", "posts/p1/resolve", {"answer": "resend"}), uncertain,
        chat=("! ", "> La renvoyer", "> La renvoyer")),
    Act("drop", WHO_DECIDES, [("drop", "i1", "p1")],
        ("/posts/p1/drop", {}), ("resolve", "p1", "--drop"),
        ("POST", "posts/p1/resolve", {"answer": "drop"}), uncertain,
        chat=("! ", "> Laisser tomber")),
    Act("recall", WHO_DECIDES, [("withdraw", "i1", None), ("recall", "i1", "p1")],
        ("/posts/p1/recall", {"why": "une erreur"}), (),
        ("POST", "posts/p1/recall", {"why": "une erreur"}), published,
        chat=("/rappel p1 une erreur", "> *")),
    Act("pause a channel", WHO_DECIDES, [("hold", None, None)],
        ("/pause", {"scope": "channel", "target": "x-fr"}), ("pause", "--channel", "x-fr"),
        ("POST", "holds", {"scope": "channel", "target": "x-fr"}),
        chat=("/pause x-fr",)),
    Act("resume a channel", WHO_DECIDES, [("resume", None, None)],
        ("/resume", {"scope": "channel", "target": "x-fr"}), ("resume", "--channel", "x-fr"),
        ("POST", "holds/release", {"scope": "channel", "target": "x-fr"}), held(Scope.CHANNEL, "x-fr"),
        chat=("/reprendre x-fr", "> *")),
    Act("pause everything", WHO_DECIDES, [("hold", None, None)],
        ("/pause", {"scope": "everything"}), ("pause",), ("POST", "holds", {"scope": "everything"}),
        chat=("/pause",)),
    Act("resume everything", {Role.ADMIN}, [("resume", None, None)],
        ("/resume", {"scope": "everything"}), ("resume",),
        ("POST", "holds/release", {"scope": "everything"}), held(Scope.EVERYTHING),
        chat=("/reprendre", "> *")),
    Act("correct", WHO_DECIDES, [("change", "i3", None)],
        ("/items/i3/edit", {"revision": "1", "then": "keep", **WORDS}),
        api=("PATCH", "items/i3", {"versions": [VERSION], "revision": 1}),
        chat=("# 3", "> Corriger (français)", "= Autre titre")),
    Act("write the other side", WHO_DECIDES, [("change", "i3", None)],
        ("/items/i3/side", {"revision": "1", "language": "en", "en.title": "Other words"})),
    Act("leave the other side out", WHO_DECIDES, [("one language", "i3", None)],
        ("/items/i3/alone", {"alone": "yes"})),
    Act("approve several", WHO_DECIDES, [("approve", "i1", None), ("approve", "i3", None)],
        ("/pending/approve", {"item": ["i1.1", "i3.1"]}), ("approve", "i1", "i3")),
    Act("take an approval back", WHO_DECIDES, [("change", "i1", None)],
        ("/pending/undo", {"item": "i1"}), prepare=just_approved),
    Act("take an approval back at once", WHO_DECIDES, [("change", "i1", None)],
        chat=("# 1", "> Approuver", "> Annuler")),
    Act("approve for one channel", WHO_DECIDES, [("approve", "i1", None)],
        ("/items/i1/approve", {"revision": "1", "channel": "x-fr"}), ("approve", "i1", "--channel", "x-fr"),
        ("POST", "items/i1/approve", {"revision": 1, "channels": ["x-fr"]})),
    Act("pin", WHO_DECIDES, [("pin", "i1", None)], ("/items/i1/pin", {"when": LATER})),
    Act("note", WHO_PROPOSES, [], ("/items/i1/remark", {"text": "Vu."})),
    Act("pair", WHO_DECIDES, [("pair", "i5", None), ("change", "i4", None)],
        None, ("pair", "i4", "i5"), ("POST", "items/i4/pair", {"other": "i5"}), prepare=two_halves),
    Act("publish now", WHO_DECIDES, EVERY_POST_NOW,
        ("/items/i1/publish", {}), (), ("POST", "items/i1/publish", {}), approved),
    Act("publish during a pause", {Role.ADMIN}, [("plan", "i4", "p1"), ("through the pause", "i4", "p1")],
        ("/items/i4/announce", {}), (), ("POST", "items/i4/publish", {"during_pause": True}),
        announcement_and_pause),
    Act("ask again later", WHO_DECIDES, [("resend", "i1", "p1")],
        ("/posts/p1/later", {}), prepare=by_hand, chat=("! ", "> Plus tard")),
    Act("hold an item", WHO_DECIDES, [("hold", "i1", None)],
        ("/pause", {"scope": "item", "target": "1"}), ("pause", "--item", "i1"),
        ("POST", "holds", {"scope": "item", "target": "i1"})),
    Act("hold a post", WHO_DECIDES, [("hold", None, None)],
        ("/pause", {"scope": "post", "target": "1"}), ("pause", "--post", "p1"),
        ("POST", "holds", {"scope": "post", "target": "p1"}), approved),
    Act("hold a source", WHO_DECIDES, [("hold", None, None)],
        ("/pause", {"scope": "source", "target": "startech"}), (),
        ("POST", "holds", {"scope": "source", "target": "startech"})),
    Act("decide on a flood", WHO_DECIDES, [("resume", None, None), ("take a baseline", None, None)],
        ("/sources/startech/release", {"newest": "0", "seen": "21"}),
        ("sources", "release", "startech", "--baseline"),
        ("POST", "sources/startech/release", {"newest": 0, "seen": 21}), flooded),
    Act("hold a topic", WHO_DECIDES, [("hold", None, None)],
        ("/pause", {"scope": "topic", "target": "startech"}), ("pause", "--topic", "startech"),
        ("POST", "holds", {"scope": "topic", "target": "startech"})),
    Act("hold a partner", WHO_DECIDES, [("hold", None, None)],
        ("/pause", {"scope": "partner", "target": "Les Vagues"}), ("pause", "--partner", "Les Vagues"),
        ("POST", "holds", {"scope": "partner", "target": "Les Vagues"})),
    Act("let an item go on", WHO_DECIDES, [("resume", "i1", None)],
        ("/resume", {"scope": "item", "target": "1"}), ("resume", "--item", "i1"),
        ("POST", "holds/release", {"scope": "item", "target": "i1"}), held(Scope.ITEM, "1")),
    Act("answer a source", WHO_DECIDES, [("leave as it is", "i1", None)],
        ("/items/i1/answer", {"chosen": "leave"}), prepare=changed_upstream),
    Act("add from a sheet", WHO_PROPOSES, [("add", "i4", None)],
        ("/add/file", {"text": "langue\ttitre\nfr\tAutre titre\n", "then": "bring"})),
    Act("invite somebody", {Role.ADMIN}, [("add person", None, None), ("invite", None, None)],
        ("/people", {"name": "Fatou", "role": "editor"})),
    Act("give a fresh link", {Role.ADMIN}, [("invite", None, None)], ("/people/m2/link", {})),
    Act("change a role", {Role.ADMIN}, [("change role", None, None)],
        ("/people/m2/role", {"role": "editor"})),
    Act("end somebody's stays", {Role.ADMIN}, [], ("/people/m5/end", {}), prepare=somebody),
    Act("remove somebody", {Role.ADMIN}, [("remove person", None, None)], ("/people/m2/remove", {})),
    Act("forget a name", {Role.ADMIN}, [("erase person", None, None)],
        ("/people/m5/erase", {}), prepare=somebody_left),
]  # fmt: skip
