"""Judging: the cards of what waits, one item with its whole story, and the acts on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.compose.spread import Spread
from bot.desk import from_sources, operations, story
from bot.desk import judging as more
from bot.desk.web.card import cards, slip
from bot.desk.web.door import Door, Values, form_of
from bot.desk.web.form import whole
from bot.desk.web.refusal import RefusalError
from bot.desk.words.catalogue import sentence
from content_queue.item import item_name, parse_reference
from content_queue.lifecycle import ItemState
from content_queue.operations import corrections, listing, pending, remarks
from content_queue.operations.rows import item_by_id
from content_queue.people import Person
from content_queue.store.database import Transaction

CARDS = 20
"""So many cards a page: those judged make room for the next."""
AHEAD = timedelta(days=14)
"""How far a card looks for the time at which its item could go out."""
CONFLICT = 409

_ACTS: Mapping[str, str] = MappingProxyType(
    {
        "withdraw": sentence("%(item)s is withdrawn: nothing more of it goes out."),
        "reopen": sentence("%(item)s waits for judgement again."),
        "repeat": sentence("%(item)s goes out once more on each of its channels."),
        "publish": sentence("%(item)s goes out now."),
        "announce": sentence("%(item)s goes out now, although everything is paused."),
    }
)
"""What is said after each act that needs no more than the item."""
_PLAIN_ACTS: Mapping[str, Callable[[Transaction, datetime, Person, int], object]] = MappingProxyType(
    {"withdraw": operations.withdraw, "reopen": operations.reopen, "repeat": operations.repeat}
)
_AT_ONCE: Mapping[str, Callable[[Transaction, operations.Desk, datetime, Person, int], object]] = (
    MappingProxyType({"publish": operations.publish_now, "announce": operations.announce})
)


def router(door: Door) -> APIRouter:
    """Return the addresses of judgement."""
    pages = _Judging(door)
    made = APIRouter(default_response_class=HTMLResponse)
    made.add_api_route("/pending", pages.pending, methods=["GET"])
    made.add_api_route("/items", pages.items, methods=["GET"])
    made.add_api_route("/items/{ref}", pages.item, methods=["GET"])
    made.add_api_route("/pending/approve", pages.approve_many, methods=["POST"])
    made.add_api_route("/pending/undo", pages.take_back, methods=["POST"])
    made.add_api_route("/items/{ref}/pin", pages.pin, methods=["POST"])
    made.add_api_route("/items/{ref}/remark", pages.remark, methods=["POST"])
    made.add_api_route("/items/{ref}/approve", pages.approve, methods=["POST"])
    made.add_api_route("/items/{ref}/reject", pages.reject, methods=["POST"])
    made.add_api_route("/items/{ref}/answer", pages.answer, methods=["POST"])
    for act in _ACTS:
        made.add_api_route(f"/items/{{ref}}/{act}", partial(pages.act, act), methods=["POST"], name=act)
    made.add_api_route("/why", pages.why, methods=["GET"])
    return made


def item_number(ref: str) -> int:
    """Read an item's id out of an address; raise :class:`RefusalError`."""
    try:
        letter, number = parse_reference(ref)
    except ValueError as error:
        raise RefusalError(404, str(error)) from None
    if letter != "i":
        raise RefusalError(404, f"{ref!r} is no id: an item is written i12, a post p34")
    return number


def _chosen(values: tuple[str, ...]) -> list[tuple[int, int]]:
    """Read what was ticked, ``i12.3`` for item 12 in revision 3; raise :class:`RefusalError`."""
    found = []
    for value in values:
        ref, _, text = value.partition(".")
        revision = whole(text)
        if revision is None:
            raise RefusalError(422, "this form is not complete: load the page again")
        found.append((item_number(ref), revision))
    return found


class _Judging:
    def __init__(self, door: Door) -> None:
        self._door = door
        self._desk = door.parts.desk

    async def pending(self, request: Request) -> Response:
        return await self._door.show(request, "pending.html", self._read_pending)

    async def items(self, request: Request, state: str = "", after: str = "") -> Response:
        below = whole(after, digits=17)  # as an id may have
        chosen = state if state in set(ItemState) else None
        return await self._door.show(request, "items.html", partial(self._read_items, chosen, below))

    async def item(self, request: Request, ref: str) -> Response:
        return await self._door.show(request, "item.html", partial(self._read_item, item_number(ref), ""))

    async def approve(self, request: Request, ref: str) -> Response:
        form, number = form_of(request), item_number(ref)
        chosen, shown = form.all("channel"), form.all("shown")
        if shown and not chosen:
            raise RefusalError(422, "choose at least one channel")
        only = () if set(chosen) == set(shown) else chosen
        try:
            now, revision = self._door.parts.now(), form.number("revision")
            made = await self._door.act(
                request,
                lambda tx, who: operations.approve(
                    tx, self._desk, now, who, number, channels=only, revision=revision
                ),
            )
        except RefusalError as error:
            return await self._changed(request, number, error)
        refusals = () if shown else made.refusals.values()  # a card has shown them already
        said = self._approved(request, number, made, refusals)
        return self._door.done(request, said, "/pending", undo=(item_name(number),))

    async def approve_many(self, request: Request) -> Response:
        now, chosen = self._door.parts.now(), _chosen(form_of(request).all("item"))
        if not chosen:
            line = self._door.words(request).say("Choose at least one item.")
            return self._door.done(request, line, "/pending")
        made = await self._door.act(
            request, lambda tx, who: more.approve_many(tx, self._desk, now, who, chosen)
        )
        words, names = self._door.words(request), tuple(item_name(number) for number in made.approved)
        line = words.count("One item is approved.", "%(n)s items are approved.", len(names))
        said = " ".join([line, *(words.line(each) for each in made.refused)])
        return self._door.done(request, said, "/pending", undo=names)

    async def take_back(self, request: Request) -> Response:
        now, numbers = self._door.parts.now(), [item_number(ref) for ref in form_of(request).all("item")]
        back = await self._door.act(
            request, lambda tx, who: more.take_back(tx, self._desk, now, who, numbers)
        )
        words = self._door.words(request)
        line = words.count("One item waits again.", "%(n)s items wait again.", len(back))
        return self._door.done(request, line, "/pending")

    async def pin(self, request: Request, ref: str) -> Response:
        number, now = item_number(ref), self._door.parts.now()
        when = form_of(request).moment("when", self._door.parts.zone)
        await self._door.act(request, lambda tx, who: more.pin(tx, now, who, number, when))
        words = self._door.words(request)
        name = item_name(number)
        at = (
            words.say(
                "%(item)s goes out on %(when)s once it is approved.", item=name, when=words.moment(when)
            )
            if when
            else ""
        )
        return self._door.done(
            request, at or words.say("%(item)s gets the next fitting slot.", item=name), "/pending"
        )

    async def remark(self, request: Request, ref: str) -> Response:
        number, now, text = item_number(ref), self._door.parts.now(), form_of(request).one("text")
        await self._door.act(request, lambda tx, who: more.remark(tx, now, who, number, text))
        return self._door.done(request, "", f"/items/{item_name(number)}")

    async def reject(self, request: Request, ref: str) -> Response:
        form, number = form_of(request), item_number(ref)
        try:
            now, why, revision = self._door.parts.now(), form.one("why"), form.number("revision")
            await self._door.act(
                request, lambda tx, who: operations.reject(tx, now, who, number, why, revision=revision)
            )
        except RefusalError as error:
            return await self._changed(request, number, error)
        line = self._door.words(request).say("%(item)s is rejected.", item=item_name(number))
        return self._door.done(request, line, "/pending")

    async def act(self, name: str, request: Request, ref: str) -> Response:
        number, now = item_number(ref), self._door.parts.now()
        if name in _AT_ONCE:
            publish = _AT_ONCE[name]
            await self._door.act(request, lambda tx, who: publish(tx, self._desk, now, who, number))
        else:
            await self._door.act(request, lambda tx, who: _PLAIN_ACTS[name](tx, now, who, number))
        line = self._door.words(request).say(_ACTS[name], item=item_name(number))
        return self._door.done(request, line, f"/items/{item_name(number)}")

    async def answer(self, request: Request, ref: str) -> Response:
        """Answer what its source changed or took back."""
        number, now, chosen = item_number(ref), self._door.parts.now(), form_of(request).one("chosen")
        await self._door.act(request, lambda tx, who: from_sources.answer(tx, now, who, number, chosen))
        line = self._door.words(request).say("%(item)s is answered.", item=item_name(number))
        return self._door.done(request, line, f"/items/{item_name(number)}")

    async def why(self, request: Request, of: str = "") -> Response:
        told = await self._door.ask(story.why, self._door.parts.now(), of.strip())
        if len(told.items) == 1:
            return RedirectResponse(f"/items/{item_name(told.items[0].id)}", status_code=303)
        return await self._door.show(request, "why.html", lambda _tx, _now: {"story": told, "asked": of})

    async def _changed(self, request: Request, number: int, error: RefusalError) -> Response:
        """Answer a judgement of words that are not there any more with those that are."""
        if error.status != CONFLICT:
            raise error
        read = partial(self._read_item, number, error.line)
        return await self._door.show(request, "item.html", read, status=CONFLICT)

    def _approved(self, request: Request, number: int, made: Spread, refusals: Iterable[str]) -> str:
        words = self._door.words(request)
        where = ", ".join(dict.fromkeys(message.channel for message in made.messages))
        line = words.say(
            "%(item)s is approved for %(channels)s. Nothing of it leaves before %(time)s.",
            item=item_name(number),
            channels=where,
            time=words.clock(self._door.parts.now() + self._desk.grace),
        )
        return " ".join([line, *(words.line(refusal) + "." for refusal in refusals)])

    def _read_pending(self, tx: Transaction, now: datetime) -> Values:
        found = cards(tx, self._desk, pending.to_judge(tx, CARDS, need=self._desk.need))
        proposals = [(one, item_by_id(tx, one.item)) for one in corrections.waiting(tx)]
        soonest = self._soonest(tx, now)
        return {"cards": found, "now": now, "soonest": soonest, "proposals": proposals}

    def _soonest(self, tx: Transaction, now: datetime) -> Mapping[str, datetime]:
        """Return by channel when something that is approved now could go out, at best."""
        ask = self._door.parts.soonest
        return ask(tx, now + self._desk.grace, now + AHEAD) if ask else {}

    def _read_items(self, state: str | None, after: int | None, tx: Transaction, _now: datetime) -> Values:
        found = listing.items(tx, state, limit=listing.PAGE + 1, after=after)
        states = [each.value for each in ItemState]
        more = found[listing.PAGE - 1].id if len(found) > listing.PAGE else None
        return {"items": found[: listing.PAGE], "states": states, "state": state, "more": more}

    def _read_item(self, number: int, notice: str, tx: Transaction, now: datetime) -> Values:
        told = story.why(tx, now, item_name(number))
        slips = [slip(tx, self._desk, now, post) for post in told.posts]
        shown, *_ = cards(tx, self._desk, told.items)
        proposal = corrections.of_item(tx, number)
        return {
            "card": shown, "story": told, "slips": slips, "notice": notice, "now": now,
            "soonest": self._soonest(tx, now), "proposal": proposal, "remarks": remarks.of_item(tx, number),
        }  # fmt: skip
