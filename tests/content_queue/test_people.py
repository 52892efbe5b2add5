"""Who may do what, and what happens to a person's keys and name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from content_queue.item import Item
from content_queue.operations import access, judgement, people
from content_queue.operations.rows import UnknownError
from content_queue.people import Action, Grant, Person, Place, Role, Token, limited, local, may, within
from content_queue.store.tables import metadata
from tests.content_queue.builders import DAY, HOUR, NOW, pending, plain_item, words

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

ROOT = local("cli:root")
EDITOR = Grant(Role.EDITOR)
X_FR, X_EN, BOTH = Place("x-fr", ("fr",)), Place("x-en", ("en",)), Place("telegram", ("fr", "en"))
EXPECTED = {
    Role.READER: {Action.SEE},
    Role.CONTRIBUTOR: {Action.SEE, Action.NOTE, Action.ADD},
    Role.EDITOR: set(Action)
    - {Action.RESUME_EVERYTHING, Action.PUBLISH_DURING_PAUSE, Action.SOURCES, Action.PEOPLE},
    Role.ADMIN: set(Action),
}


def person(*grants: Grant, number: int = 7, **more: object) -> Person:
    return replace(Person(number, "Anne", grants), **more)  # type: ignore[arg-type]  # a test names fields of it


def added(tx: Connection, name: str = "Anne Tremblay", *grants: Grant) -> Person:
    return people.add(tx, NOW, ROOT, name, grants or (EDITOR,))


@pytest.mark.parametrize("role", Role)
def test_a_role_allows_what_the_table_says(role: Role) -> None:
    assert {action for action in Action if may(person(Grant(role)), action)} == EXPECTED[role]


def test_nobody_and_whoever_left_may_do_nothing() -> None:
    gone = person(Grant(Role.ADMIN), removed_at=NOW)
    for who in (None, person(), gone):
        assert not any(may(who, action) for action in Action)


def test_an_action_that_no_table_knows_is_refused() -> None:
    assert not may(person(Grant(Role.ADMIN)), "burn")  # type: ignore[arg-type]  # what a forged button says


def test_a_role_on_one_channel_reaches_that_channel_alone() -> None:
    who = person(Grant(Role.EDITOR, "x-fr"))
    assert may(who, Action.APPROVE, plain_item(), X_FR)
    assert not may(who, Action.APPROVE, plain_item(), X_EN)
    assert not may(who, Action.REJECT, plain_item())
    assert may(who, Action.REJECT, plain_item(only_channels=("x-fr",)))
    assert not may(who, Action.PAUSE_EVERYTHING)


def test_a_role_in_one_language_reaches_what_speaks_nothing_else() -> None:
    who = person(Grant(Role.EDITOR, language="en"))
    english = plain_item(versions=(words(language="en"),))
    assert may(who, Action.REJECT, english)
    assert not may(who, Action.REJECT, plain_item(versions=(words(), words(language="en"))))
    assert [may(who, Action.MOVE, None, place) for place in (X_FR, X_EN, BOTH)] == [False, True, False]


def test_two_roles_add_up() -> None:
    who = person(Grant(Role.READER), Grant(Role.EDITOR, "x-fr"), Grant(Role.EDITOR, "x-en"))
    both = plain_item(only_channels=("x-fr", "x-en"))
    assert may(who, Action.WITHDRAW, both)
    assert who.role is Role.EDITOR


def test_a_contributor_corrects_a_proposal_of_their_own_until_it_is_judged() -> None:
    who = person(Grant(Role.CONTRIBUTOR))
    own, other = plain_item(added_by="m7"), plain_item(added_by="m8")
    judged: Item = replace(own, state=type(own.state)("approved"))
    for action in (Action.EDIT, Action.WITHDRAW):
        assert [may(who, action, item) for item in (own, other, judged)] == [True, False, False]
    assert not may(who, Action.APPROVE, own)


def test_by_choice_nobody_approves_a_proposal_of_their_own() -> None:
    own = plain_item(added_by="m7")
    assert may(person(EDITOR), Action.APPROVE, own, X_FR)
    strict = person(EDITOR, approves_own=False)
    assert not may(strict, Action.APPROVE, own, X_FR)
    assert may(strict, Action.APPROVE, plain_item(added_by="m8"), X_FR)


def test_a_token_has_no_more_than_its_scope_and_no_more_than_its_person() -> None:
    admin, reader = person(Grant(Role.ADMIN)), person(Grant(Role.READER))
    assert [limited(admin, scope).role for scope in Token] == list(Role)
    assert {limited(reader, scope).role for scope in Token} == {Role.READER}
    assert [within(person(EDITOR), scope) for scope in Token] == [True, True, True, False]


def test_a_person_is_found_by_number_sign_in_name_or_name(tx: Connection) -> None:
    anne, other = added(tx), added(tx, "Élise  Roy")
    assert (anne.who, anne.login, other.login, other.name) == (
        "m1",
        "anne.tremblay",
        "elise.roy",
        "Élise Roy",
    )
    assert [people.find(tx, each).id for each in ("m1", "ANNE.tremblay", "Elise Roy", " M2 ")] == [1, 1, 2, 2]
    with pytest.raises(UnknownError, match="there is no person 'Paul'"):
        people.find(tx, "Paul")
    assert added(tx).login == "anne.tremblay2"
    tx.exec_driver_sql("UPDATE person SET login = 'other' || id")
    with pytest.raises(ValueError, match="is the name of several: say which of m1, m3"):
        people.find(tx, "Anne Tremblay")


@pytest.mark.parametrize("name", ["", "  ", "m12", "x" * 81, "…", "a\u202eb"])
def test_a_name_that_cannot_be_is_refused(tx: Connection, name: str) -> None:
    with pytest.raises(ValueError, match=r"name"):
        added(tx, name)


def test_the_last_admin_stays(tx: Connection) -> None:
    admin = added(tx, "Anne", Grant(Role.ADMIN))
    with pytest.raises(ValueError, match="m1 is the last admin"):
        people.remove(tx, NOW, ROOT, admin)
    with pytest.raises(ValueError, match="m1 is the last admin"):
        people.set_grants(tx, NOW, ROOT, admin, [EDITOR])
    added(tx, "Bea", Grant(Role.ADMIN))
    assert people.set_grants(tx, NOW, ROOT, admin, [EDITOR]).role is Role.EDITOR


def test_a_link_lets_somebody_in_once_and_not_for_long(tx: Connection) -> None:
    anne = added(tx)
    until = access.invite(tx, NOW, ROOT, anne, "first")
    access.invite(tx, NOW, ROOT, anne, "second")
    assert access.use_invitation(tx, NOW, "first") is None  # a fresh one ends those before
    assert access.invited(tx, until, "second") is None
    assert access.use_invitation(tx, NOW + HOUR, "second") == anne.id
    assert access.use_invitation(tx, NOW + HOUR, "second") is None


def test_a_stay_ends_when_idle_and_at_the_latest_after_fourteen_days(tx: Connection) -> None:
    anne = added(tx)
    access.begin_session(tx, NOW, anne.id, "d1", "Firefox")
    assert access.session(tx, NOW + 12 * HOUR - timedelta(seconds=1), "d1") is not None
    assert access.session(tx, NOW + 12 * HOUR, "d1") is None
    moment = NOW
    while (stay := access.session(tx, moment, "d1")) is not None:
        access.touch_session(tx, moment, stay)
        moment += 6 * HOUR
    assert moment == NOW + 14 * DAY


def test_a_new_password_ends_every_stay(tx: Connection) -> None:
    anne = added(tx)
    access.begin_session(tx, NOW, anne.id, "d1", "Firefox")
    people.set_password(tx, NOW, anne, "hash")
    assert access.session(tx, NOW, "d1") is None
    found = people.by_login(tx, "Anne.Tremblay")
    assert found is not None
    assert (found[0].joined_at, found[1]) == (NOW, "hash")


def test_removing_ends_all_at_once_and_gives_what_waits_to_a_successor(tx: Connection) -> None:
    anne, bea = added(tx), added(tx, "Bea")
    item = pending(tx, source="", added_by=anne.who)
    access.begin_session(tx, NOW, anne.id, "d1", "Firefox")
    access.invite(tx, NOW, ROOT, anne, "link")
    token = access.give_token(tx, NOW, anne, anne, "site", Token.READ, "t1", 90 * DAY)
    fell = people.falls(tx, NOW, anne)
    assert (fell.sessions, fell.tokens, fell.invitations, fell.proposals) == (1, ("site",), 1, (item.id,))
    assert token.works(NOW)
    assert people.remove(tx, NOW, ROOT, anne, bea) == fell
    assert access.session(tx, NOW, "d1") is None
    assert access.token(tx, NOW, "t1") is None
    assert access.invited(tx, NOW, "link") is None
    assert people.by_login(tx, anne.login) is None
    assert people.falls(tx, NOW, bea).proposals == (item.id,)
    with pytest.raises(ValueError, match="has been removed already"):
        people.remove(tx, NOW, ROOT, people.by_id(tx, anne.id))


def test_a_successor_is_somebody_else_who_is_there(tx: Connection) -> None:
    anne = added(tx)
    with pytest.raises(ValueError, match="m1 cannot take over from m1"):
        people.remove(tx, NOW, ROOT, anne, anne)


def test_tokens_end_by_time_and_by_hand(tx: Connection) -> None:
    anne = added(tx)
    access.give_token(tx, NOW, anne, anne, "site", Token.READ, "t1", DAY)
    with pytest.raises(ValueError, match="has a token 'site' already"):
        access.give_token(tx, NOW, anne, anne, "site", Token.READ, "t2", DAY)
    assert access.token(tx, NOW + DAY, "t1") is None
    assert access.token(tx, NOW, "t1") is not None
    access.revoke_token(tx, NOW, anne, anne, "site")
    assert access.token(tx, NOW, "t1") is None
    with pytest.raises(UnknownError, match="m1 has no token 'site'"):
        access.revoke_token(tx, NOW, anne, anne, "site")
    with pytest.raises(ValueError, match="a token lasts"):
        access.give_token(tx, NOW, anne, anne, "long", Token.READ, "t3", 367 * DAY)


def test_an_erased_person_is_a_number_everywhere(tx: Connection) -> None:
    anne = added(tx, "Anne Tremblay-Nadeau")
    item = pending(tx)
    judgement.reject(tx, NOW, anne.who, item, "hors sujet")
    access.begin_session(tx, NOW, anne.id, "d1", "Firefox of Tremblay-Nadeau")
    access.give_token(tx, NOW, anne, anne, "Tremblay-Nadeau", Token.READ, "t1", DAY)
    with pytest.raises(ValueError, match="remove them first"):
        people.erase(tx, NOW, ROOT, anne)
    told = people.export(tx, anne)
    assert told["name"] == "Anne Tremblay-Nadeau"
    assert {line["what"] for line in told["history"]} == {"reject", "give token"}
    people.remove(tx, NOW, ROOT, anne)
    people.erase(tx, NOW, ROOT, people.by_id(tx, anne.id))
    rows = [str(tuple(row)) for table in metadata.tables.values() for row in tx.execute(sa.select(table))]
    assert not [row for row in rows if "nadeau" in row.lower()]
    assert [row for row in rows if "'m1', 'reject'" in row]
