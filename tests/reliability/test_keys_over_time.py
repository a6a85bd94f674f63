"""Whatever is done in whatever order, nobody opens what they should not, and not everybody is locked out.

A Hypothesis state machine (keys_machine.py) drives the real services over a real folder: two databases,
files, the signed directory. A small model (keys_model.py) says who may open what. After each step every key
that anybody ever held is tried on every wrapped key, and `portal verify` must hold. ``PORTAL_STATE_EXAMPLES``
asks for more than the few sequences of every run. One story is told in a fixed order, once as it is and once
with each defence taken out: the machine must notice.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import keys_machine
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from keys_machine import KeysOverTime
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.casework import moving, search_building
from portal.database import PortalSession
from portal.intake import service as intake
from portal.intake import withdrawing
from portal.ledger.report import Report
from portal.permissions import MAY_HOLD, Group, Role
from portal.release import rewrapping
from portal.staff import epochs, groups
from portal.staff.models import EpochState, GroupEpoch, Membership, Proposal, Staff
from portal.store import segments, wraps
from portal.store.wraps import Wrap
from portal.upkeep import verify_folder

EXAMPLES = int(os.environ.get("PORTAL_STATE_EXAMPLES", "8"))
PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    derandomize="PORTAL_STATE_EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TO_THE_END = 60


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrapping, "BATCH", 3)


def test_no_order_of_events_opens_what_is_shut_or_locks_everybody_out() -> None:
    run_state_machine_as_test(KeysOverTime, settings=PROFILE)


@contextmanager
def machine() -> Iterator[KeysOverTime]:
    made = KeysOverTime()
    try:
        yield made
    finally:
        made.teardown()


def place_of(machine: KeysOverTime, name: str) -> int:
    """Where somebody stands among those whose access can be ended."""
    return machine.endable().index(name)


def story(told: KeysOverTime) -> Iterator[str]:
    """People come and go around four accounts; each yield is a moment at which everything is looked at."""
    yield "the founding"
    told.submit(reread=False)
    told.submit(reread=True)
    yield "two accounts"
    told.add(which=0, file=True)
    told.approve(which=1)
    told.invite(role=Role.REVIEWER)
    told.try_to_grant(giver=0, taker=list(told.model.people).index("rowan"), group=Group.INTAKE, before=True)
    told.invite(role=Role.ADMINISTRATOR)
    told.try_to_propose(list(told.model.people)[-1], Group.INTAKE)
    told.try_to_grant(giver=0, taker=list(told.model.people).index("cedar"), group=Group.CASES, before=False)
    told.read_in(by=0)
    told.back_up()
    yield "a file, a sheet, a newcomer without a key, a backup"
    told.propose(by=0, group=Group.INTAKE)
    yield "a new key waits for the root"
    told.end(who=place_of(told, "cedar"))
    told.install(which=0)
    yield "the key was renewed while a reviewer left"
    newcomer = next(
        name
        for name, one in told.model.people.items()
        if one.role is Role.REVIEWER and not one.holds and one.active
    )
    told.world.grant("maple", newcomer, Group.INTAKE, before=False)
    told.model.grant("maple", newcomer, Group.INTAKE, before=False)
    told.submit(reread=False)
    yield "a newcomer who is given the new key alone, and an account"
    told.rewrap(by=0, which=told.moved().index(Group.INTAKE), stop=2)
    yield "moving over was cut off"
    yield from _second_half(told)


def _second_half(told: KeysOverTime) -> Iterator[str]:
    """What is taken back, who is taken out, what is put back."""
    told.rewrap(by=1, which=told.moved().index(Group.INTAKE), stop=TO_THE_END)
    yield "and done again"
    told.read_in(by=1)
    told.move(which=2, by=0, to=Group.LEGAL)
    yield "one goes to another circle"
    told.move(which=2, by=0, to=Group.INTAKE)
    told.move(which=2, by=0, to=Group.CASES)
    told.add(which=2, file=True)
    yield "comes back, goes further, and gets a file there"
    told.move(which=2, by=0, to=Group.INTAKE)
    told.hold(which=1)
    told.withdraw(which=1)
    yield "one is taken back under a legal hold, and nothing speaks of it any more"
    told.look_at_holds(by=0)
    yield "the legal circle has it, alone"
    told.back_up()
    told.withdraw(which=0)
    yield "another is taken back"
    told.lift(which=0)
    yield "the hold has ended"
    told.put_back_alone(which=1, what="everything")
    for what in ("portal.db", "keys.db", "everything"):
        told.put_back_alone(which=0, what=what)
    told.change_role(who=told.endable().index("willow"), role=Role.REVIEWER)
    yield "a lead is a reviewer from now on"
    told.recover()
    yield "the custodians give a new lead every key"
    told.propose(by=0, group=Group.INTAKE)
    told.install(which=0)
    told.rewrap(by=1, which=told.moved().index(Group.INTAKE), stop=TO_THE_END)
    yield "nobody who is gone opens anything, once nothing is left to renew"
    told.leave(who=0, group=Group.INTAKE)
    yield "somebody is taken out of one group, which needs a new key"
    told.restore(which=0)
    yield "the old backup is put back"


def tell(told: KeysOverTime) -> None:
    for _moment in story(told):
        told.nobody_opens_what_they_should_not_and_somebody_opens_each()
        told.the_folder_holds()


def test_the_story_holds_as_it_is() -> None:
    with machine() as told:
        tell(told)
        assert len(told.model.parts) > 3


Mutation = Callable[[pytest.MonkeyPatch], None]
MUTATIONS: dict[str, Mutation] = {}


def mutation(take_out: Mutation) -> Mutation:
    MUTATIONS[take_out.__name__] = take_out
    return take_out


@mutation
def old_wraps_are_not_erased_when_moving_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rewrapping, "erase_batch", _named("erase_batch", lambda *_args, **_more: 0))


@mutation
def old_wraps_are_erased_before_the_new_ones_are_there(patch: pytest.MonkeyPatch) -> None:
    def add(session: PortalSession, **more: Any) -> UUID | None:
        line = rewrapping._Line.of(more["group"], more["keys"])
        for row in session.keys.scalars(select(Wrap).where(Wrap.key_id.in_(line.former))).all():
            session.keys.delete(row)
        return None

    patch.setattr(rewrapping, "add_batch", _named("add_batch", add))


@mutation
def memberships_of_retired_keys_stay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rewrapping, "finish", _named("finish", lambda *_args, **_more: True))


@mutation
def withdrawing_leaves_the_wraps(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wraps, "erase", lambda *_args: 0)


@mutation
def withdrawing_leaves_the_index(patch: pytest.MonkeyPatch) -> None:
    along = [one for one in withdrawing._along if one is not segments.forget]
    patch.setattr(withdrawing, "_along", along)


@mutation
def a_legal_hold_holds_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(withdrawing, "held_until", lambda *_args, **_more: None)


@mutation
def the_index_stays_under_the_retired_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(search_building, "carry_over", lambda *_args, **_more: 0)


@mutation
def moving_leaves_the_old_wraps(patch: pytest.MonkeyPatch) -> None:
    real, delete = moving.move, Session.delete

    def move(session: PortalSession, **more: Any) -> None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(
                Session, "delete", lambda self, one: None if isinstance(one, Wrap) else delete(self, one)
            )
            real(session, **more)

    patch.setattr(moving, "move", move)


@mutation
def moving_leaves_the_index(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(moving, "segments", SimpleNamespace(forget=lambda *_args: None))


@mutation
def ending_leaves_the_memberships(patch: pytest.MonkeyPatch) -> None:
    delete = PortalSession.delete
    patch.setattr(
        PortalSession,
        "delete",
        lambda self, one: None if isinstance(one, Membership) else delete(self, one),
    )


@mutation
def a_grant_always_hands_on_what_was_before(patch: pytest.MonkeyPatch) -> None:
    given = epochs.granted_epochs
    patch.setattr(epochs, "granted_epochs", lambda *args, before: given(*args, before=before or True))


@mutation
def administrators_may_hold_the_key_of_intake(patch: pytest.MonkeyPatch) -> None:
    for module in (epochs, groups):
        patch.setattr(module, "MAY_HOLD", {**MAY_HOLD, Role.ADMINISTRATOR: frozenset({Group.INTAKE})})


@mutation
def keys_are_granted_that_nobody_proposed(patch: pytest.MonkeyPatch) -> None:
    real, delete, proposed = PortalSession.get, PortalSession.delete, Proposal(before=True)

    def get(self: PortalSession, kind: Any, *args: Any, **more: Any) -> Any:
        return real(self, kind, *args, **more) or (proposed if kind is Proposal else None)

    patch.setattr(PortalSession, "get", get)
    patch.setattr(
        PortalSession,
        "delete",
        lambda self, one: None if one is proposed else delete(self, one),
    )


@mutation
def a_key_that_the_new_role_may_not_hold_stays(patch: pytest.MonkeyPatch) -> None:
    def change(session: PortalSession, *, by: Any, staff_id: UUID, role: Role) -> None:
        del by
        session.get_one(Staff, staff_id).role = role

    patch.setattr(groups, "change_role", change)


@mutation
def taken_out_of_a_group_needs_no_new_key(patch: pytest.MonkeyPatch) -> None:
    def leave(session: PortalSession, *, by: Any, staff_id: UUID, group: Group) -> None:
        del by
        for one in list(session.get_one(Staff, staff_id).memberships):
            if one.group is group:
                session.delete(one)

    patch.setattr(groups, "revoke", leave)


@mutation
def a_proposed_key_is_not_marked_when_somebody_leaves(patch: pytest.MonkeyPatch) -> None:
    def mark(session: PortalSession, groups: list[Group]) -> None:
        wanted = GroupEpoch.state == EpochState.CURRENT
        for row in session.scalars(select(GroupEpoch).where(wanted, GroupEpoch.group.in_(groups))).all():
            row.renew = True

    patch.setattr(epochs, "mark_to_renew", mark)


@mutation
def a_new_key_is_not_wrapped_to_the_recovery(patch: pytest.MonkeyPatch) -> None:
    real = epochs.wrap
    patch.setattr(
        epochs,
        "wrap",
        lambda public, seed, place: real(public, bytes(32) if b"recovery" in place else seed, place),
    )


@mutation
def intake_seals_to_the_key_before(patch: pytest.MonkeyPatch) -> None:
    real = intake._recipients

    def former(keys: Any, circle: Group, compartment: Any, source: Any) -> list[bytes]:
        line = sorted(keys.former.get(circle.value, {}).items())
        given = real(keys, circle, compartment, source)
        return [line[0][1], *given[1:]] if line else given

    patch.setattr(intake, "_recipients", former)


@mutation
def intake_forgets_the_recovery_key(patch: pytest.MonkeyPatch) -> None:
    real = intake._recipients
    patch.setattr(
        intake, "_recipients", lambda keys, *more: [one for one in real(keys, *more) if one != keys.recovery]
    )


@mutation
def a_receipt_always_opens_the_account(patch: pytest.MonkeyPatch) -> None:
    real = wraps.add

    def add(session: PortalSession, **more: Any) -> None:
        from portal.intake.models import Submission  # noqa: PLC0415

        source = session.get_one(Submission, more["submission_id"]).source_key
        recipients = [one for one in more.pop("recipients") if one != source]
        real(session, recipients=[*recipients, source], **more)

    patch.setattr(wraps, "add", add)


@mutation
def heads_kept_elsewhere_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    def without(folder: Path, environ: dict[str, str], **more: Any) -> Report:
        return verify_folder(folder, environ, **{**more, "witnessed": ()})

    patch.setattr(keys_machine, "verify_folder", without)


@mutation
def rows_are_not_compared_with_the_ledger(patch: pytest.MonkeyPatch) -> None:
    def without(folder: Path, environ: dict[str, str], **more: Any) -> Report:
        found = verify_folder(folder, environ, **more)
        found.problems[:] = [one for one in found.problems if one.kind != "row"]
        return found

    patch.setattr(keys_machine, "verify_folder", without)


def _named(name: str, act: Any) -> Any:
    def mutant(*args: Any, **more: Any) -> Any:
        return act(*args, **more)

    mutant.__name__ = name
    return mutant


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_the_machine_notices_when(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = KeysOverTime()
    MUTATIONS[name](monkeypatch)
    try:
        with pytest.raises(AssertionError):
            tell(told)
    finally:
        told.world.instance.database.dispose()
