"""A configured bot in a folder: two channels with made-up secrets, one source, no network."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from content_queue.item import Reason
from content_queue.lifecycle import PostEvent
from content_queue.operations import looks, planning, publishing
from content_queue.operations.conditions import Pace
from content_queue.operations.looks import LookRules
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import post_by_id
from content_queue.planner import Choice
from content_queue.store.database import Store
from content_queue.store.schema import upgrade
from tests.bot.cli.conftest import Answer, Shell

ZONE = ZoneInfo("America/Toronto")
HOUR = timedelta(hours=1)
TOML = """
[bot]
timezone = "America/Toronto"

[sources.startech]
url = "https://technopolys.example/feed"

[channels.x-fr]
network = "x"
language = "fr"
slots = ["daily 09:00, 12:00"]
monthly_budget = 40.00

[channels.telegram]
network = "telegram"
chat = "@technopolys"
language = ["fr", "en"]
slots = ["daily 09:00"]
"""
ADDED = ("add", "--kind", "article", "--lang", "fr", "--title")
UNPACED = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Bot:
    """Commands of a configured bot, and what its worker would do meanwhile."""

    shell: Shell

    @property
    def database(self) -> Store:
        opened = Store(self.shell.folder / "technopolys.db")
        upgrade(opened)
        return opened

    def run(self, *arguments: str) -> Answer:
        return self.shell.run(*arguments)

    def done(self, *arguments: str) -> Answer:
        """Run a command that must succeed without a word on stderr."""
        answer = self.run(*arguments)
        assert (answer.status, answer.err) == (0, "")
        return answer

    def refused(self, *arguments: str) -> list[str]:
        """Run a command that cannot be carried out now; return its lines."""
        return self._failed(1, *arguments)

    def wrong(self, *arguments: str) -> list[str]:
        """Run a command that is used wrongly; return its lines."""
        return self._failed(2, *arguments)

    def added(self, title: str = "Lire les vagues", *more: str) -> str:
        return str(self.done(*ADDED, title, *more, "--json").json[0]["id"])

    def approved(self, title: str = "Lire les vagues", *more: str) -> str:
        item = self.added(title, *more)
        self.done("approve", item)
        return item

    def post(self, item: str, due: datetime | None = None, channel: str = "x-fr") -> str:
        """Plan a post of an approved item, by default for tomorrow."""
        now = datetime.now(UTC)
        choice = Choice(channel, due or now + 20 * HOUR, int(item[1:]), 1, Reason("its turn"))
        store = self.database
        with store.write() as tx:
            (number,) = planning.write_down(tx, now, [choice], 6 * HOUR, None, 0)
        store.close()
        return f"p{number}"

    def settle(self, post: str, outcome: Outcome) -> None:
        """Send a post as a worker would, with this outcome."""
        store, now = self.database, datetime.now(UTC)
        with store.write() as tx:
            planned = post_by_id(tx, int(post[1:]))
            planning.post_now(tx, now, "worker", planned.item, planned.channel, HOUR)
            pace = Pace(planned.channel, now, UNPACED, UNPACED, UNPACED, HOUR)
            claimed = publishing.claim(tx, now, pace, "worker-1").post
            assert claimed is not None
            sending = publishing.intend(tx, now, claimed, b"{}", "key", pace)
            publishing.settle(tx, now, sending, outcome)
            if outcome.event is PostEvent.UNKNOWN:
                rules = LookRules(looks=0, between=HOUR)
                looks.cannot_tell(tx, now, post_by_id(tx, sending.id), rules)
        store.close()

    def _failed(self, status: int, *arguments: str) -> list[str]:
        answer = self.run(*arguments)
        assert (answer.status, answer.out) == (status, "")
        return answer.err.splitlines()


UNCERTAIN = Outcome(PostEvent.UNKNOWN, "the network did not answer in time")
REFUSED = Outcome(PostEvent.REFUSED, "the text is not allowed")
OUT = Outcome(PostEvent.ACCEPTED, "", "1234", "https://x.example/technopolys/1234")
