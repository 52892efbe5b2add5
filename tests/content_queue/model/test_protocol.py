"""Policies that hold in every world, and shortcuts: each fails, and the model tells its shortest story."""

import pytest

from tests.content_queue.model.check import OUT, STOPPED, TWICE, check
from tests.content_queue.model.world import Bounds, Policy

HOLD = {
    "a network that knows our key gets the same bytes again": Policy(keyed=True, readable=True, resend=True),
    "a network that can only be read is never sent to again": Policy(readable=True),
    "a network that proves nothing is never sent to again": Policy(),
}
FAIL = {
    "absent, so send again": (Policy(readable=True, resend=True), TWICE, "sees nothing and sends it again"),
    "rescue by time": (Policy(rescue=True), TWICE, "rescues it by time"),
    "send again under a key that the network forgot": (
        Policy(keyed=True, readable=True, resend=True, forgets=True),
        TWICE,
        "the network forgets our key",
    ),
    "look at the key's age, then pause, then send": (
        Policy(keyed=True, readable=True, resend=True, forgets=True, minds=True),
        TWICE,
        "the network forgets our key",
    ),
    "believe a refusal of a later request": (
        Policy(keyed=True, readable=True, resend=True, believe_refused=True),
        OUT,
        "writes 'refused'",
    ),
    "believe that a later request was not sent": (
        Policy(keyed=True, readable=True, resend=True, believe_unsent=True),
        TWICE,
        "writes 'not sent'",
    ),
    "believe that a later request was locked out": (
        Policy(keyed=True, readable=True, resend=True, believe_locked=True),
        TWICE,
        "writes 'locked out'",
    ),
    "let an edit leave the claim to its worker": (Policy(unfenced_edit=True), STOPPED, "edit and approve"),
    "let a stale answer count for its successor": (
        Policy(unfenced_answer=True),
        OUT,
        "not there, send again",
    ),
    "ask what stands against it only when claiming": (Policy(ask_once=True), STOPPED, "stop"),
}


@pytest.mark.parametrize(
    "bounds", [Bounds(acts=0), Bounds(kills=1, fences=4, acts=1)], ids=["dying", "acting"]
)
@pytest.mark.parametrize("policy", HOLD.values(), ids=HOLD)
def test_what_must_hold_holds_in_every_world(policy: Policy, bounds: Bounds) -> None:
    verdict = check(policy, bounds)
    assert (verdict.broken, verdict.story) == ("", ())
    assert verdict.stuck == 0
    assert verdict.worlds > 1000


@pytest.mark.parametrize(("policy", "broken", "step"), FAIL.values(), ids=FAIL)
def test_each_shortcut_breaks_a_promise(policy: Policy, broken: str, step: str) -> None:
    verdict = check(policy, Bounds(acts=broken == STOPPED or policy.unfenced_answer))
    assert verdict.broken == broken
    assert any(step in told for told in verdict.story), verdict.story


def test_the_shortest_story_of_absent_so_send_again_is_the_known_one() -> None:
    verdict = check(Policy(readable=True, resend=True), Bounds(acts=0))
    assert verdict.story == (
        "w0 claims",
        "w0 commits its intent",
        "w0 puts it on the wire",
        "the request of w0 lands, its answer is lost",
        "w0 writes 'unknown'",
        "w0 takes a look",
        "w0 sees nothing and sends it again",
        "w0 puts it on the wire",
        "the request of w0 lands, its answer is lost",
    )


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("policy", HOLD.values(), ids=HOLD)
def test_it_holds_with_more_kills_and_takeovers_and_a_second_act(policy: Policy) -> None:
    verdict = check(policy, Bounds(kills=2, fences=6, requests=3, acts=2))
    assert (verdict.broken, verdict.story) == ("", ())
    assert verdict.stuck == 0
