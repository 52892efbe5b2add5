"""What a worker that stumbled left on the wire: claims and requests that no task of it tends any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from content_queue.item import Reason
from content_queue.lifecycle import ON_THE_WIRE, PostEvent, before
from content_queue.operations import publishing
from content_queue.operations.publishing import Outcome
from content_queue.operations.rows import POSTS, post_from
from content_queue.store import tables as t
from content_queue.store.beside import beside_others

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.engine import Connection

_WHY = "its worker stumbled over an error of its own"


@beside_others
def take_back(tx: Connection, now: datetime, worker: str, channel: str, look_after: timedelta) -> int:
    """Free the channel of the posts that ``worker`` left on its wire; return how many.

    A claim goes back into the plan. A request may be out, so it is read back ``look_after`` its beginning.
    """
    wire = [state.value for state in ON_THE_WIRE]
    own = POSTS.where(t.post.c.channel == channel, t.post.c.state.in_(wire), t.post.c.owner == worker)
    posts = [post_from(row) for row in tx.execute(own.with_for_update(of=t.post)).all()]
    for post in posts:
        if post.state.value in before(PostEvent.GIVE_BACK):
            publishing.give_back(tx, now, post, Reason(_WHY), now)
        else:
            publishing.settle(tx, now, post, Outcome(PostEvent.UNKNOWN, _WHY, look_after=look_after))
    return len(posts)
