"""Fifty at once: a release is approved once, declined or approved, never both."""

from uuid import UUID

from builders import NOON, Instance
from coded import a_request, accounts, approve, look
from sqlalchemy import func, select
from together import all_at_once

from portal.errors import StaleError
from portal.release import deciding
from portal.release.models import Release, ReleaseFile, ReleaseKey, ReleaseState
from portal.release.policy import ColumnRole


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


def test_looking_at_once_counts_every_look(instance: Instance) -> None:
    accounts(instance, 12)
    release_id = a_request(instance, relation=ColumnRole.QUASI)
    got = all_at_once(lambda _number: look(instance, release_id), count=8)
    looks = sum(not isinstance(one, StaleError) for one in got)
    with instance.database.session(write=False) as session:
        assert session.get_one(Release, release_id).previews == looks >= 1
