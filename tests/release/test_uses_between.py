"""What a source allows is asked again when a release is sealed, whatever changed since it was looked at."""

from collections.abc import Callable

import pytest
from builders import Instance
from coded import Coded, a_request, accounts, approve, look

from portal.errors import StaleError
from portal.intake import deciding as decisions
from portal.intake import opening, receivers
from portal.intake import service as intake
from portal.intake.consent import name_of
from portal.intake.models import Use
from portal.intake.receivers import Described
from portal.release import deciding, service
from portal.release.models import Release, ReleaseState
from portal.release.policy import ColumnRole

QUASI = ColumnRole.QUASI
MANY, GONE = 16, 2


def decide(instance: Instance, account: Coded, **answers: str) -> None:
    with instance.database.session(write=True) as session:
        intake.decide(
            session, submission_id=account.submission_id, answers=answers, language="en", day=session.today
        )


def dies(instance: Instance, account: Coded) -> None:
    with instance.database.session(write=True) as session:
        made = opening.load(session, account.submission_id).consents
        decisions.add_death(session, account.submission_id, made, day=session.today)


def ends(instance: Instance, some: list[Coded]) -> Callable[[], object]:
    """Let the yes of some end with this day; the day then passes."""
    for one in some:
        decide(instance, one, research="yes", until=instance.clock().date().isoformat())
    return lambda: instance.clock.advance(days=1)


def refused(instance: Instance, some: list[Coded]) -> Callable[[], object]:
    return lambda: [decide(instance, one, research="no") for one in some]


def unread(instance: Instance, some: list[Coded]) -> Callable[[], object]:
    return lambda: [decide(instance, one, read="ask") for one in some]


def closed_by_death(instance: Instance, some: list[Coded]) -> Callable[[], object]:
    for one in some:
        decide(instance, one, **{"after-death": "no"})
    return lambda: [dies(instance, one) for one in some]


def entrusted(instance: Instance, some: list[Coded]) -> Callable[[], object]:
    for one in some:
        decide(instance, one, **{"after-death": "ask"})
    return lambda: [dies(instance, one) for one in some]


CHANGES = (ends, refused, unread, closed_by_death, entrusted)


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_no_longer_allowed_when_it_is_sealed_does_not_leave(
    sqlite_instance: Instance, change: Callable[[Instance, list[Coded]], Callable[[], object]]
) -> None:
    some = accounts(sqlite_instance, MANY)
    happens = change(sqlite_instance, some[:GONE])
    release_id = a_request(sqlite_instance, relation=QUASI)
    assert look(sqlite_instance, release_id).accounts == MANY
    happens()
    made = approve(sqlite_instance, release_id)
    assert made.state is ReleaseState.APPROVED
    with sqlite_instance.database.session(write=True) as session:
        by = sqlite_instance.actor("maple", session)
        inside = service.show(session, by=by, release_id=release_id, now=sqlite_instance.clock()).inside
    assert inside is not None
    members = set(inside.members)
    assert not members & {one.submission_id for one in some[:GONE]}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_while_it_is_computed_stops_the_approval(
    sqlite_instance: Instance,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Instance, list[Coded]], Callable[[], object]],
) -> None:
    some = accounts(sqlite_instance, MANY)
    happens = change(sqlite_instance, some[:1])
    release_id = a_request(sqlite_instance, relation=QUASI)
    look(sqlite_instance, release_id)
    prepare = deciding.prepare

    def meanwhile(*given: object, **named: object) -> object:
        happens()
        return prepare(*given, **named)  # type: ignore[arg-type] # handed on as they came

    monkeypatch.setattr(deciding, "prepare", meanwhile)
    with pytest.raises(StaleError):
        approve(sqlite_instance, release_id)
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Release, release_id).state is ReleaseState.REQUESTED


def test_a_no_to_one_body_between_looking_and_sealing_keeps_the_account_from_that_body(
    sqlite_instance: Instance,
) -> None:
    told = Described("بایگانی", "An Archive", "بایگانی", "an archive")
    with sqlite_instance.database.session(write=True) as session:
        rowan = sqlite_instance.actor("rowan", session)
        one = receivers.add(session, by=rowan, described=told, now=sqlite_instance.clock()).id
    some = accounts(sqlite_instance, MANY, **{name_of(Use.SHARE, one): "yes"})
    release_id = a_request(sqlite_instance, receiver=one, relation=QUASI)
    assert look(sqlite_instance, release_id).accounts == MANY
    decide(sqlite_instance, some[0], **{name_of(Use.SHARE, one): "no"})
    approve(sqlite_instance, release_id)
    with sqlite_instance.database.session(write=True) as session:
        by = sqlite_instance.actor("maple", session)
        inside = service.show(session, by=by, release_id=release_id, now=sqlite_instance.clock()).inside
    assert inside is not None
    assert some[0].submission_id not in inside.members
