"""Fifty at once: a release is approved once, declined or approved, never both."""

from threading import Thread
from uuid import UUID

import pytest
from builders import NOON, Instance
from coded import a_release, a_request, accounts, approve, fetched, look
from sqlalchemy import func, select
from together import all_at_once

from portal.casework.coding import Pattern
from portal.errors import StaleError
from portal.ledger.tags import read_key
from portal.release import deciding, publishing, recalling, service
from portal.release.models import Release, ReleaseFile, ReleaseKey, ReleaseState
from portal.release.plans import Plan, Protection, Side
from portal.release.policy import ColumnRole

PATTERNS = Plan(Side.PROVINCE, Side.MONTH, None, Protection.NOISE, 50, (Pattern.REPRISALS,))


def decline(instance: Instance, release_id: UUID, revision: int) -> Release:
    with instance.database.session(write=True) as session:
        by = instance.actor("willow", session)
        return deciding.decline(
            session, by=by, release_id=release_id, revision=revision, reason="no", now=NOON
        )


def test_of_fifty_approvals_at_once_exactly_one_wins(instance: Instance) -> None:
    accounts(instance, 12)
    release_id = a_request(instance, relation=ColumnRole.QUASI)
    look(instance, release_id)
    leads = ("maple", "willow")
    got = all_at_once(lambda number: approve(instance, release_id, by=leads[number % 2], revision=2))
    assert sum(isinstance(one, Release) for one in got) == 1
    with instance.database.session(write=False) as session:
        assert session.scalar(select(func.count()).select_from(ReleaseFile)) == 1
        assert session.scalar(select(func.count()).select_from(ReleaseKey)) == 2


def test_a_release_is_either_approved_or_declined(instance: Instance) -> None:
    accounts(instance, 12)
    release_id = a_request(instance, relation=ColumnRole.QUASI)
    look(instance, release_id)
    got = all_at_once(
        lambda number: (
            approve(instance, release_id, revision=2) if number % 2 else decline(instance, release_id, 2)
        ),
        count=10,
    )
    assert sum(isinstance(one, Release) for one in got) == 1
    with instance.database.session(write=False) as session:
        row = session.get_one(Release, release_id)
        files = session.scalar(select(func.count()).select_from(ReleaseFile))
        assert files == (row.state is ReleaseState.APPROVED)


def recall(instance: Instance, release_id: UUID) -> Thread:
    """A lead recalls a release while somebody else is at work on it, and gets half a second for it."""

    def run() -> None:
        with instance.database.session(write=True) as session:
            revision = session.get_one(Release, release_id).revision
            by = instance.actor("maple", session)
            recalling.recall(session, by=by, release_id=release_id, revision=revision, now=NOON)

    thread = Thread(target=run)
    thread.start()
    thread.join(0.5)
    return thread


@pytest.mark.parametrize("act", ["download", "publish"])
def test_a_recall_waits_for_whoever_hands_out_or_publishes_at_this_moment(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    accounts(instance, 12)
    release_id = a_release(instance, plan=PATTERNS)
    asked = ask(instance, release_id)
    where, name = (service, "hand_out") if act == "download" else (publishing, "_checked")
    true, waits = getattr(where, name), list[Thread]()

    def meanwhile(*given: object, **named: object) -> object:
        waits.append(recall(instance, release_id))
        assert waits[0].is_alive(), "the recall came in between"
        return true(*given, **named)

    monkeypatch.setattr(where, name, meanwhile)
    if act == "download":
        fetched(instance, release_id)
    else:
        publish(instance, asked)
    waits[0].join(30)
    with instance.database.session(write=False) as session:
        assert session.get_one(Release, release_id).recalled == NOON.date()
        by = instance.actor("rowan", session)
        assert list(publishing.recalled(session, by=by)) == ([1] if act == "publish" else [])


def ask(instance: Instance, release_id: UUID) -> UUID:
    with instance.database.session(write=True) as session:
        by = instance.actor("rowan", session)
        return publishing.ask(session, by=by, release_id=release_id, now=NOON).id


def publish(instance: Instance, asked: UUID) -> None:
    with instance.database.session(write=True) as session:
        by, key = instance.actor("maple", session), read_key(instance.settings)
        publishing.approve(session, by=by, publication_id=asked, revision=1, key=key, now=NOON)


def test_looking_at_once_counts_every_look(instance: Instance) -> None:
    accounts(instance, 12)
    release_id = a_request(instance, relation=ColumnRole.QUASI)
    got = all_at_once(lambda _number: look(instance, release_id), count=8)
    looks = sum(not isinstance(one, StaleError) for one in got)
    with instance.database.session(write=False) as session:
        assert session.get_one(Release, release_id).previews == looks >= 1
