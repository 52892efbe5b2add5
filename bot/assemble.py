"""The composition root: the only file that names concrete classes, and hands everything in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from bot.channels.accounts import accounts
from bot.channels.configured import rules_of, spoken_styles
from bot.channels.manual import ManualChannel
from bot.channels.network import LateReceipt, LateReceipts, Wiring, forget_late
from bot.channels.registry import NETWORKS
from bot.clock import Clock
from bot.compose.style import Style
from bot.compose.template import check as check_template
from bot.desk.operations import Desk
from bot.desk.words.language import words_in
from bot.http_client import HttpClient
from bot.message import Channel
from bot.runtime.backing import Backing
from bot.runtime.completing import Completing
from bot.runtime.links import Links
from bot.runtime.parts import Intake, Lane, Parts, no_crash
from bot.runtime.picture_maker import PictureMaker
from bot.runtime.pictures_ahead import PicturesAhead
from bot.runtime.premieres import Premieres
from bot.runtime.reading import SourceReader, feed_of
from bot.runtime.sealing import Seal
from bot.runtime.subscribing import Subscribing, Wanted
from bot.runtime.worker import Worker
from bot.settings import ChannelSettings, OnLocked, Settings, SourceSettings, load
from bot.sources.cage import Cage
from bot.sources.link_check import LinkCheck
from bot.sources.sift import Sift
from bot.watch.alerts import Alerts
from bot.watch.facts import status_facts
from bot.watch.outside import Outside
from bot.watch.status import read as read_status
from bot.watch.telling import Teller
from content_queue.operations import pictures, sources
from content_queue.operations.channels import known_accounts, register_accounts
from content_queue.operations.looks import LookRules
from content_queue.operations.pending import WAITS
from content_queue.operations.pictures import Stored
from content_queue.planner import Rules, weekly
from content_queue.store.database import Place, ServerAddress, Store, Transaction
from content_queue.store.epoch import EpochFile
from content_queue.store.schema import upgrade

if TYPE_CHECKING:
    from bot.desk.telegram.opening import Chat
    from bot.sources.story import StoryFinder

CrashPoint = Callable[[str], None]


def settings(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the configuration; raise ``SettingsError`` with every mistake at once."""
    return load(path, os.environ if environ is None else environ, NETWORKS, check_template)


def store(given: Settings) -> Store:
    """Open the database, bring its tables up to date, and make the file's sources known.

    Raises ``StoreError`` when it cannot be opened and ``TwoOwnersError`` when a name has two owners.
    """
    if given.bot.sqlite_path is not None:
        EpochFile(given.bot.sqlite_path).refuse_to_begin_anew()
    opened = Store(place(given))
    try:
        upgrade(opened)
        register(given, opened)
    except BaseException:
        opened.close()
        raise
    return opened


def place(given: Settings) -> Place:
    """Return where the database is."""
    return given.bot.sqlite_path or ServerAddress(given.bot.database, given.bot.password)


def register(given: Settings, opened: Store) -> None:
    """Make the file's sources known; raise ``TwoOwnersError`` when a name has two owners."""
    named = {name: (str(source.kind), feed_of(source)) for name, source in given.sources.items()}
    shared = {name: min(own) for name, own in accounts(given.channels, NETWORKS).items() if len(own) > 1}
    with opened.read() as tx:
        known = sources.registered(tx, named) and known_accounts(tx) == shared
    if not known:
        with opened.write() as tx:
            sources.register(tx, named)
            register_accounts(tx, shared)


def styles(given: Settings) -> dict[str, Style]:
    """Return how each channel speaks."""
    return spoken_styles(given, NETWORKS)


def desk(given: Settings) -> Desk:
    """Return what the doors' operations need of the configuration."""
    late = {name: channel.late for name, channel in given.channels.items()}
    gaps = {name: channel.min_gap for name, channel in given.channels.items()}
    return Desk(styles(given), late, given.bot.grace, gaps, weekly(planning_rules(given).values()))


def http_client(given: Settings) -> HttpClient:
    """Return the guarded door to the web; whoever opens it closes it."""
    private, most = given.fetch.allow_private, int(given.fetch.max_bytes)
    return HttpClient(user_agent=_user_agent(given), allow_private=private, max_bytes=most)


def channels(
    served: Mapping[str, ChannelSettings],
    clock: Clock,
    late: LateReceipt = forget_late,
    backing: Backing | None = None,
) -> dict[str, Channel]:
    """Connect channels; a network's library loads here, for the networks in use.

    Without a ``backing`` they keep nothing and know no picture, as for a look at the account.
    """
    return {name: _channel(channel, clock, late, backing) for name, channel in served.items()}


@dataclass(frozen=True, slots=True)
class Assembled:
    """A worker with what must be closed after it."""

    worker: Worker
    parts: Parts
    pictures: PicturesAhead
    close: Callable[[], Awaitable[None]]
    chat: Callable[[], Awaitable[None]] | None = None  # listens to moderators until it is cancelled


@dataclass(frozen=True, slots=True)
class _Beside:
    """What the moderators' chat stands beside: the way out, and a worker that is made after it."""

    http: HttpClient
    worker: Callable[[], Worker]


def lanes(given: Settings, connected: Mapping[str, Channel]) -> dict[str, Lane]:
    """Return each channel with its rules."""
    spoken = styles(given)
    rules = planning_rules(given)
    return {
        name: _lane(given.channels[name], channel, spoken[name], rules[name])
        for name, channel in connected.items()
    }


def planning_rules(given: Settings) -> dict[str, Rules]:
    """Return the planner's rules of each channel, for a forecast without any connection."""
    return rules_of(given, NETWORKS)


def intakes(of_file: Mapping[str, Intake], tx: Transaction) -> dict[str, Intake]:
    """Return every source with its filters: the file's, and those that people added."""
    added = sources.added(tx)
    return {**of_file, **{name: _intake(added_source(name, values)) for name, values in added.items()}}


def added_source(name: str, values: Mapping[str, object]) -> SourceSettings:
    """Return the settings of a source that people added."""
    return SourceSettings.model_validate({**values, "name": name})


def assemble(
    given: Settings,
    opened: Store,
    clock: Clock,
    *,
    serve: Collection[str] | None = None,
    poll: bool = True,
    crashpoint: CrashPoint = no_crash,
    tellers: Sequence[Teller] | None = None,
) -> Assembled:
    """Put a worker together from the configuration; nothing is begun yet.

    ``serve`` names the channels to connect (None: all), ``poll`` says whether it reads sources. ``tellers``
    are the ways to tell people what is wrong; None takes those of the configuration.
    """
    late, name, spoken = LateReceipts(), token_hex(8), styles(given)
    served = given.channels if serve is None else {one: given.channels[one] for one in serve}
    http, public = http_client(given), HttpClient(user_agent=_user_agent(given))
    ahead = PicturesAhead(opened, clock, spoken, PictureMaker(http, partial(_kept_picture, opened)))
    cage, look = Cage(), LinkCheck(public, clock.now)
    of_file = {one: _intake(source) for one, source in given.sources.items()}
    learn = partial(intakes, of_file) if poll else None
    with opened.read() as tx:
        known = {} if learn is None else learn(tx)
    chat = _chat(given, opened, clock, ahead, _Beside(http, lambda: worker))
    told = _tellers(given, chat) if tellers is None else tellers
    parts = Parts(
        name=name,
        store=opened,
        clock=clock,
        lanes=lanes(given, channels(served, clock, late, Backing(opened, clock, given.bot.key, name))),
        intakes=known,
        learn=learn,
        read=SourceReader(http, cage, clock, given.path.parent, given.bot.language),
        styles=spoken,
        commit_ahead=given.bot.commit_ahead,
        grace=given.bot.grace,
        waits={**WAITS, **given.bot.pending_for},
        crashpoint=crashpoint,
        presence=opened.still_there,
        epoch=None if opened.several else EpochFile(opened.path),
        make_picture=ahead.make,
        links=Links(opened, clock, look, _unchecked(given)),
        premieres=Premieres(opened, clock, look),
        alerts=_alerts(given, opened, told, lambda: worker.database),
        hubs=_hubs(given, opened, clock, http),
        pages=Completing(opened, clock, http, public, ("fr", "en")),
        may_lead=serve is None and poll,
    )
    worker = Worker(parts)
    late.receiver = worker.late_receipt

    async def close() -> None:
        await cage.close()
        await http.close()
        await public.close()

    return Assembled(worker, parts, ahead, close, chat.listen if chat is not None else None)


async def _kept_picture(opened: Store, digest: str) -> Stored | None:
    return await asyncio.wrap_future(opened.ask(pictures.read, digest))


def _hubs(given: Settings, opened: Store, clock: Clock, http: HttpClient) -> Subscribing | None:
    """Return what asks hubs to tell us; None without a key, under which it keeps what they sign with."""
    if given.bot.key is None:
        return None
    wanted = Wanted(given.hub_home, given.fetch.websub)
    # where several work, the desk of another may be the one that hears
    return Subscribing(opened, clock, http, Seal(given.bot.key), wanted, heard=opened.several)


def _tellers(given: Settings, chat: Chat | None) -> list[Teller]:
    urls = given.bot.alerts_url
    made: list[Teller] = [] if urls is None else [Outside(urls)]
    return made if chat is None else [*made, chat.teller]


def _chat(given: Settings, opened: Store, clock: Clock, ahead: PicturesAhead, beside: _Beside) -> Chat | None:
    """Return the moderators' chat; None without a token."""
    if given.desk.telegram is None or given.desk.telegram_token is None:
        return None
    from bot.desk.telegram.opening import ChatNeeds, opened_chat

    facts = status_facts(given, opened, lambda: beside.worker().database)
    needs = ChatNeeds(
        desk=desk(given),
        status=lambda tx, now: read_status(tx, now, facts(tx)),
        store=opened,
        now=clock.now,
        changed=lambda: beside.worker().take_up(),
        leads=lambda: beside.worker().leads,
        picture=ahead,
        http=beside.http,
        find_story=story_finder(given),
    )
    return opened_chat(given, needs)


def _alerts(given: Settings, opened: Store, tellers: Sequence[Teller], database: Callable[[], str]) -> Alerts:
    return Alerts(
        store=opened,
        facts=status_facts(given, opened, database),
        tellers=tellers,
        language=partial(words_in, given.bot.language, given.bot.timezone),
        desk=given.desk.public_url,
    )


def story_finder(given: Settings) -> StoryFinder:
    """Return what reads a page for a person who waits, in the bot's language first."""
    from bot.sources.story import StoryFinder  # what reads pages is not needed before the first poll

    return StoryFinder(partial(http_client, given), sorted(("fr", "en"), key=given.bot.language.__ne__))


def version() -> str:
    """Return the release that runs."""
    return metadata.version("technopolys-bot")


def _unchecked(given: Settings) -> frozenset[str]:
    return frozenset(name for name, source in given.sources.items() if not source.check_links)


def _intake(source: SourceSettings) -> Intake:
    return Intake(source, Sift.from_settings(source.include, source.exclude, source.max_age))


def _lane(channel: ChannelSettings, connected: Channel, style: Style, rules: Rules) -> Lane:
    recovery = NETWORKS[channel.network].recovery
    return Lane(
        channel=connected,
        rules=rules,
        style=style,
        looks=LookRules(
            looks=recovery.looks,
            between=recovery.between if channel.look_again is None else channel.look_again,
            resend=recovery.resend,
            resend_within=recovery.resend_within,
            on_uncertain=channel.on_uncertain.value,
        ),
        look_after=recovery.look_after if channel.look_after is None else channel.look_after,
        deadline=channel.deadline,
        delete_cost=NETWORKS[channel.network].delete_cost(channel.options),
        by_hand=ManualChannel(channel.name) if channel.on_locked is OnLocked.MANUAL else None,
    )


def _user_agent(given: Settings) -> str:
    contact = f"; {given.fetch.contact}" if given.fetch.contact else ""
    return f"technopolys-bot/{version()} (+feed reader{contact})"


def _channel(channel: ChannelSettings, clock: Clock, late: LateReceipt, backing: Backing | None) -> Channel:
    wiring = Wiring(
        name=channel.name,
        options=channel.options,
        secrets=channel.secrets,
        api=channel.api,
        clock_now=clock.now,
        deadline=channel.deadline,
        late_receipt=late,
    )
    if backing is not None:
        wiring = replace(
            wiring,
            kept=backing.kept(channel.name),
            picture=backing.picture,
            spent=partial(backing.spent, channel.name),
        )
    return NETWORKS[channel.network].connect(wiring)
