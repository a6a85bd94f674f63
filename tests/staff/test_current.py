"""Who is acting in a request, when nobody may be."""

from typing import Any

import pytest
from flask import Flask, session

from portal.errors import RefusedError
from portal.permissions import Group, Role
from portal.staff import service
from portal.staff.current import actor, begin
from portal.staff.models import Staff
from portal.web import edge


def signed_in(colleague: Any) -> service.SignedIn:
    return service.SignedIn(colleague.id, colleague.bundle.identity)


def ended(world: Any, colleague: Any) -> None:
    with world.database.session(write=True) as unit:
        unit.get_one(Staff, colleague.id).active = False


def test_nobody_acts_without_a_session(desk: Flask) -> None:
    with desk.test_request_context("/en/me"), pytest.raises(RefusedError):
        actor()


def test_the_actor_carries_the_keys_of_this_session_and_shows_none(world: Any, desk: Flask) -> None:
    sahar = world.lead()
    with desk.test_request_context("/en/me"):
        begin(signed_in(sahar))
        by = actor()
        assert actor() is by
        assert by.seed_of(Group.INTAKE) == world.group_seeds[Group.INTAKE]
        with pytest.raises(RefusedError):
            by.seed_of(Group.AUDITORS)
        assert world.group_seeds[Group.INTAKE].hex() not in repr(by)
        assert repr(sahar.bundle.identity) not in repr(by)


def test_no_session_begins_for_somebody_whose_access_has_ended(world: Any, desk: Flask) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    ended(world, mina)
    with desk.test_request_context("/en/me"), pytest.raises(RefusedError):
        begin(signed_in(mina))


def test_access_that_ends_while_a_request_runs_is_ended_for_its_services(world: Any, desk: Flask) -> None:
    mina = world.person("Mina", Role.REVIEWER)
    with desk.test_request_context("/en/me"):
        begin(signed_in(mina))
        edge.release()
        ended(world, mina)
        with pytest.raises(RefusedError):
            actor()


def test_the_session_keeps_nothing_of_the_visitors_address(world: Any, desk: Flask) -> None:
    with desk.test_request_context("/en/me"):
        begin(signed_in(world.person("Mina", Role.REVIEWER)))
        assert set(session) == {"_user_id", "_fresh", "identity", "handle", "salt_mark", "proved"}
