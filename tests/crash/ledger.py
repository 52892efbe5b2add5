"""What the queue says in the end, held against what the counting server saw."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from content_queue.item import Post
from content_queue.operations import listing
from content_queue.store import tables as t
from content_queue.store.database import Store
from tests.crash.counting import Counting
from tests.crash.program import Program

DECIDED = {"published", "uncertain", "failed"}


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every post, and which create requests were intended and answered."""

    posts: list[Post]
    intended: dict[int, int]
    answered: dict[int, int]

    def states(self) -> dict[str, int]:
        states = [post.state.value for post in self.posts]
        return {state: states.count(state) for state in sorted(set(states))}

    def of(self, state: str) -> list[Post]:
        return [post for post in self.posts if post.state.value == state]

    def complete(self, expected: int) -> bool:
        """Say whether every expected post was made and is decided."""
        return len(self.posts) == expected and all(post.state.value in DECIDED for post in self.posts)


@contextmanager
def opened(program: Program) -> Iterator[Store]:
    store = Store(program.home / "technopolys.db")
    try:
        yield store
    finally:
        store.close()


def read(store: Store) -> Ledger:
    """Read the queue beside whoever writes it; before its tables stand it is empty."""
    with store.read() as tx:
        if not sa.inspect(tx).has_table("attempt"):
            return Ledger([], {}, {})
        steps = sa.select(t.attempt.c.post, sa.func.count()).group_by(t.attempt.c.post)
        intended = tx.execute(steps.where(t.attempt.c.step == "intent")).all()
        answered = tx.execute(
            steps.where(t.attempt.c.step == "create", t.attempt.c.outcome != "unknown")
        ).all()
        return Ledger(
            listing.posts(tx), {row[0]: row[1] for row in intended}, {row[0]: row[1] for row in answered}
        )


def faults(ledger: Ledger, server: Counting, program: Program) -> list[str]:
    """Name everything that breaks "never twice, never lost"."""
    counts = server.counts()
    found = [
        f"{story} stands {often} times on {account}"
        for (account, story), often in counts.items()
        if often > 1
    ]
    expected = {(name, story) for name in program.channels for story in server.stories}
    posts = {(post.channel, post.message.title): post for post in ledger.posts}
    found += [f"{story} was lost on {name}" for name, story in expected - set(posts)]
    found += [f"{name} {story}: two posts" for name, story in posts if _often(ledger, name, story) > 1]
    for (name, story), post in posts.items():
        out = counts[program.channels[name], story]
        found += _faults_of(post, out, ledger)
    return found


def _faults_of(post: Post, out: int, ledger: Ledger) -> Iterator[str]:
    said = f"p{post.id} on {post.channel} is {post.state.value}"
    cut = ledger.intended.get(post.id, 0) > ledger.answered.get(post.id, 0)
    if post.state.value == "published" and out != 1:
        yield f"{said}, and the server has it {out} times"
    if post.state.value == "published" and not post.remote_id:
        yield f"{said} without a receipt"
    if post.state.value == "uncertain" and not cut:
        yield f"{said}, though every request was answered"
    if post.state.value == "uncertain" and post.network == "x" and out:
        yield f"{said}, though reading back would have found it"
    if post.state.value == "uncertain" and post.network == "mastodon":
        yield f"{said}, though the same key can go out again"
    if post.state.value not in DECIDED:
        yield f"{said}: not decided"


def _often(ledger: Ledger, channel: str, story: str) -> int:
    return sum((post.channel, post.message.title) == (channel, story) for post in ledger.posts)
