"""What people post by hand waits on the page of what is to be settled, with its text and three answers."""

from dataclasses import replace
from html import unescape

from starlette.testclient import TestClient

from bot.channels.manual import REASON
from bot.desk.operations import Desk
from bot.desk.web.app import create_app
from content_queue.lifecycle import PostEvent
from tests.bot.desk.conftest import HOST, Moderator, csrf_of
from tests.bot.desk.samples import LATE, SHOWN, STYLES, TOKEN, Queue, parts_of


def test_the_text_the_picture_and_three_answers_are_there_and_each_is_taken(queue: Queue) -> None:
    style = STYLES["x-fr"]
    hand = replace(style, limits=replace(style.limits, by_hand=True))
    by_hand = Queue(queue.store, Desk({**STYLES, "x-fr": hand}, LATE, queue.desk.grace), queue.time)
    post = next(each for each in by_hand.approve(1) if each.channel == "x-fr")
    by_hand.publish(post, PostEvent.UNKNOWN, REASON)
    with TestClient(create_app(parts_of(by_hand)), HOST, follow_redirects=False) as client:
        client.get(f"/?token={TOKEN}")
        client.follow_redirects = True
        moderator = Moderator(client, csrf_of(client.get("/holds").text))
        page = unescape(moderator.get("/settle").text)
        assert "À publier à la main" in page
        assert "Impossible de savoir" not in page
        assert f"{post.message.text}</textarea>" in page
        assert f'<img class="shown" src="/pictures/{SHOWN.digest}"' in page
        assert all(f'action="/posts/p{post.id}/{act}"' in page for act in ("found", "later", "drop"))
        assert moderator.get(f"/pictures/{SHOWN.digest}").headers["content-type"] == "image/png"
        assert moderator.get(f"/pictures/{'00' * 32}").status_code == 404
        said = moderator.post(f"/posts/p{post.id}/later", back="/settle")
        assert "la question vous revient dans une heure" in unescape(said.text)


def test_on_a_channel_that_was_locked_out_one_waits_beside_the_uncertain(queue: Queue) -> None:
    first, second = queue.approve(1)[:2]
    queue.publish(first, PostEvent.UNKNOWN, REASON, lost=False)
    queue.publish(second, PostEvent.UNKNOWN, "the answer was lost")
    with TestClient(create_app(parts_of(queue)), HOST, follow_redirects=False) as client:
        client.get(f"/?token={TOKEN}")
        by_hand, uncertain = unescape(client.get("/settle").text).split("Impossible de savoir")
    assert "À publier à la main" in by_hand
    assert f'action="/posts/p{first.id}/later"' in by_hand
    assert f'action="/posts/p{second.id}/resend"' in uncertain
