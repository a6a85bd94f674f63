"""Who may make a release of what: asked, prepared, decided, fetched, on both databases."""

import csv
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from functools import partial
from uuid import UUID, uuid4

import pytest
from builders import NOON, Instance
from cases import a_person, acts_of
from coded import (
    CANARY,
    Coded,
    a_link,
    a_release,
    a_request,
    a_sheet,
    accounts,
    an_account,
    approve,
    fetched,
    look,
    prison_ids,
)
from sqlalchemy import func, select
from sqlalchemy.orm.exc import StaleDataError

from portal.casework.models import CodingSheet, SheetState
from portal.casework.sealing import release_wrap_place
from portal.casework.sheets import open_released
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import receivers, withdrawing
from portal.intake import service as intake
from portal.intake.consent import name_of
from portal.intake.models import Use
from portal.ledger.models import LedgerEntry
from portal.ledger.service import read_acts
from portal.ledger.tags import read_key
from portal.linking.models import Link, LinkState
from portal.permissions import Group, Role
from portal.registry.judgement_models import Judgement, Sameness
from portal.registry.models import Record
from portal.release import deciding, preparing, service
from portal.release.check import Fault, UnsafeReleaseError
from portal.release.columns import Choice
from portal.release.handing import as_seen
from portal.release.models import Release, ReleaseFile, ReleaseKey, ReleaseState
from portal.release.policy import ColumnRole
from portal.release.sealing import open_inside
from portal.release.tables import unpacked
from portal.staff import service as people
from portal.staff.actor import Actor
from portal.staff.credentials import new_bundle
from portal.staff.models import Staff
from portal.store.wraps import Wrap
from portal.vault.seal import Sealed, UnsealError
from portal.vault.wrap import key_id, unwrap

QUASI = ColumnRole.QUASI
EVERY_STATE = [state for state in SheetState if state is not SheetState.APPROVED]


def table(archive: bytes) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        text = packed.read("table.csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def manifest(archive: bytes) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert {"manifest.json", "table.csv"} <= set(packed.namelist())
        found: dict[str, object] = json.loads(packed.read("manifest.json"))
        return found


def state_of(instance: Instance, release_id: UUID) -> Release:
    with instance.database.session(write=False) as session:
        return session.get_one(Release, release_id)


def withdraw(instance: Instance, account: Coded) -> None:
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=account.submission_id, day=NOON.date())


def decide(instance: Instance, account: Coded, **answers: str) -> None:
    with instance.database.session(write=True) as session:
        intake.decide(
            session, submission_id=account.submission_id, answers=answers, language="en", day=NOON.date()
        )


# What goes in


def test_a_release_holds_the_approved_accounts_and_opens_for_the_two_who_made_it(instance: Instance) -> None:
    accounts(instance, 60)
    release_id = a_release(instance)
    archive = fetched(instance, release_id)
    assert len(table(archive)) >= 57
    assert set(table(archive)[0]) == {"relation", "prison", "month", "reprisals"}
    again = unpacked(fetched(instance, release_id, by="maple"))
    assert {name: again[name] for name in unpacked(archive)} == unpacked(archive)
    assert manifest(archive)["rounded"] == {"records": 60, "suppressed": 0}
    row = state_of(instance, release_id)
    assert (row.state, row.records, row.previews) == (ReleaseState.APPROVED, 60, 1)


@pytest.mark.parametrize("use", [Use.RESEARCH, Use.READ])
@pytest.mark.parametrize("answer", ["ask", "no"])
def test_nothing_but_a_yes_to_reading_and_to_research_lets_an_account_in(
    sqlite_instance: Instance, use: Use, answer: str
) -> None:
    accounts(sqlite_instance, 20)
    accounts(sqlite_instance, 20, **{use.value: answer})
    assert look(sqlite_instance, a_request(sqlite_instance, relation=QUASI)).accounts == 20


@pytest.mark.parametrize("state", EVERY_STATE)
def test_a_sheet_that_is_not_approved_stays_out(sqlite_instance: Instance, state: SheetState) -> None:
    accounts(sqlite_instance, 20)
    with sqlite_instance.database.session(write=True) as session:
        sheet = a_sheet(0, prison_ids(session))
        an_account(sqlite_instance, session, sheet, state=state)
    assert look(sqlite_instance, a_request(sqlite_instance, relation=QUASI)).accounts == 20


def test_a_withdrawn_account_is_in_no_release_any_more(instance: Instance) -> None:
    some = accounts(instance, 40)
    assert look(instance, a_request(instance, relation=QUASI)).accounts == 40
    withdraw(instance, some[3])
    assert look(instance, a_request(instance, relation=QUASI)).accounts == 39


def test_accounts_linked_to_the_same_person_count_as_one_family(sqlite_instance: Instance) -> None:
    some = accounts(sqlite_instance, 20)
    person = UUID(int=7)
    with sqlite_instance.database.session(write=True) as session:
        for one in some[:12]:
            a_link(session, one, person)
        for one in some[12:]:
            a_link(session, one, person, relation="perpetrator")
    prepared = look(sqlite_instance, a_request(sqlite_instance, k=9, relation=QUASI))
    assert prepared.figures is not None
    assert prepared.figures.k == 9
    assert (
        look(sqlite_instance, a_request(sqlite_instance, k=10, relation=QUASI)).trouble == preparing.TOO_FEW
    )


def test_accounts_of_persons_who_were_found_to_be_one_are_one_family(sqlite_instance: Instance) -> None:
    """Else one family stands in a class twice. What is decided between looking and approving counts."""
    some = accounts(sqlite_instance, 12)
    persons = [a_person(sqlite_instance, name) for name in ("Behrang Sarvestani", "Behrang Sarvestan")]
    with sqlite_instance.database.session(write=True) as session:
        a_link(session, some[0], persons[0])
        a_link(session, some[1], persons[1])
    request = a_request(sqlite_instance, k=12, relation=QUASI)
    assert not look(sqlite_instance, request).trouble
    with sqlite_instance.database.session(write=True) as session:
        said = {"kept_id": persons[0], "other_id": persons[1], "kept_version": 1, "other_version": 1}
        by = {"author_id": uuid4(), "author": "cedar", "reason": "one father", "day": NOON.date()}
        session.add(Judgement(**said, **by, sameness=Sameness.SAME, holds=True))
    assert look(sqlite_instance, request).trouble == preparing.TOO_FEW
    assert approve(sqlite_instance, request).state is ReleaseState.FAILED


def test_a_link_that_waits_for_a_second_look_binds_a_family_already(sqlite_instance: Instance) -> None:
    """Else one family stands in a class as many; to take two for one is the safe mistake."""
    some, person = accounts(sqlite_instance, 12), a_person(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        for one in some[:2]:
            a_link(session, one, person)
    for state in (LinkState.WAITING, LinkState.DISPUTED):
        with sqlite_instance.database.session(write=True) as session:
            for row in session.scalars(select(Link)):
                row.state = state
        assert look(sqlite_instance, a_request(sqlite_instance, k=12, relation=QUASI)).trouble
        assert not look(sqlite_instance, a_request(sqlite_instance, k=11, relation=QUASI)).trouble


def test_links_of_a_source_who_refuses_linking_are_not_opened(sqlite_instance: Instance) -> None:
    some = accounts(sqlite_instance, 12, link="no")
    with sqlite_instance.database.session(write=True) as session:
        for one in some:
            a_link(session, one, UUID(int=7))
    assert not look(sqlite_instance, a_request(sqlite_instance, k=10, relation=QUASI)).trouble


# What changes between looking and approving


def test_a_withdrawal_after_the_preview_sends_the_request_back_and_changes_what_leaves(
    instance: Instance,
) -> None:
    some = accounts(instance, 60)
    release_id, seen = a_request(instance, relation=QUASI), a_request(instance, relation=QUASI)
    before = look(instance, release_id)
    revision = state_of(instance, release_id).revision
    withdraw(instance, some[0])
    assert acts_of(instance)[-2:] == ["release.send-back", "submission.withdraw"]
    for old in (
        revision,
        None,
    ):  # as it was seen, and as it stands: nobody has looked at it without the account
        with pytest.raises(StaleError):
            approve(instance, release_id, revision=old)
    assert state_of(instance, seen).revision == 1  # nobody had looked at the other one
    look(instance, release_id)
    approve(instance, release_id)
    assert len(table(fetched(instance, release_id))) == len(before.members) - 1


def test_a_consent_taken_back_after_the_preview_changes_what_leaves(instance: Instance) -> None:
    some = accounts(instance, 60)
    release_id = a_request(instance, relation=QUASI)
    before = look(instance, release_id)
    decide(instance, some[0], research="no")
    approve(instance, release_id)
    assert len(table(fetched(instance, release_id))) == len(before.members) - 1


def test_a_release_that_no_longer_protects_fails_and_leaves_nothing(instance: Instance) -> None:
    some = accounts(instance, 5)
    release_id = a_request(instance, relation=QUASI)
    assert look(instance, release_id).trouble == ""
    decide(instance, some[0], research="no")
    assert approve(instance, release_id).state is ReleaseState.FAILED
    assert state_of(instance, release_id).reason == preparing.TOO_FEW
    with instance.database.session(write=True) as session:
        assert session.scalar(select(func.count()).select_from(ReleaseFile)) == 0
        assert session.scalar(select(func.count()).select_from(ReleaseKey)) == 0
        rowan = instance.actor("rowan", session)
        with pytest.raises(NotFoundError):
            service.download(session, by=rowan, release_id=release_id, key=read_key(instance.settings))
    with pytest.raises(StaleError):
        approve(instance, release_id)


def test_who_loses_access_while_it_is_computed_approves_nothing(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts(instance, 14)
    release_id = a_request(instance)
    look(instance, release_id)
    prepare = deciding.prepare

    def meanwhile(*given: object, **named: object) -> object:
        with instance.database.session(write=True) as session:
            people.end(
                session, by=instance.actor("rowan", session), staff_id=instance.actor("maple", session).id
            )
        return prepare(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(deciding, "prepare", meanwhile)
    with pytest.raises(RefusedError):
        approve(instance, release_id)
    assert state_of(instance, release_id).state is ReleaseState.REQUESTED


def test_a_withdrawal_while_it_is_computed_stops_the_approval(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = accounts(instance, 30)
    release_id = a_request(instance, relation=QUASI)
    look(instance, release_id)
    prepare = preparing.prepare

    def meanwhile(*given: object, **more: object) -> preparing.Prepared:
        found = prepare(*given, **more)  # type: ignore[arg-type]
        withdraw(instance, some[0])
        return found

    monkeypatch.setattr(deciding, "prepare", meanwhile)
    with pytest.raises(StaleError, match="changed or decided meanwhile"):
        approve(instance, release_id)
    assert state_of(instance, release_id).state is ReleaseState.REQUESTED


def test_a_fault_found_by_the_second_opinion_means_that_nothing_leaves(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts(sqlite_instance, 30)
    release_id = a_request(sqlite_instance, relation=QUASI)
    look(sqlite_instance, release_id)

    def refuse(*given: object, **more: object) -> None:
        del given, more
        raise UnsafeReleaseError({Fault.SMALL_CLASS})

    monkeypatch.setattr(preparing, "verify", refuse)
    assert look(sqlite_instance, release_id).faults == {Fault.SMALL_CLASS}
    assert approve(sqlite_instance, release_id).state is ReleaseState.FAILED
    with sqlite_instance.database.session(write=False) as session:
        assert session.scalar(select(func.count()).select_from(ReleaseFile)) == 0


# Who may


@pytest.mark.parametrize("name", ["maple", "cedar", "olive"])
def test_only_an_administrator_asks(sqlite_instance: Instance, name: str) -> None:
    with pytest.raises(RefusedError):
        a_request(sqlite_instance, by=name)


@pytest.mark.parametrize("name", ["rowan", "cedar", "olive"])
def test_only_a_lead_prepares_and_decides(sqlite_instance: Instance, name: str) -> None:
    accounts(sqlite_instance, 12)
    release_id = a_request(sqlite_instance, relation=QUASI)
    look(sqlite_instance, release_id)
    with pytest.raises(RefusedError):
        look(sqlite_instance, release_id, by=name)
    with pytest.raises(RefusedError):
        approve(sqlite_instance, release_id, by=name)
    with sqlite_instance.database.session(write=True) as session:
        by = sqlite_instance.actor(name, session)
        with pytest.raises(RefusedError):
            deciding.decline(session, by=by, release_id=release_id, revision=2, reason="no", now=NOON)


def test_a_lead_without_the_key_prepares_nothing(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    release_id = a_request(sqlite_instance, relation=QUASI)
    with sqlite_instance.database.session(write=True) as session:
        maple = sqlite_instance.actor("maple", session)
        bare = Actor(maple.id, maple.name, maple.role, maple.seed)
        with pytest.raises(RefusedError):
            deciding.preview(session, by=bare, release_id=release_id, now=NOON)


def test_nobody_decides_what_they_asked_for_whatever_their_role_became(instance: Instance) -> None:
    accounts(instance, 12)
    release_id = a_request(instance, relation=QUASI)
    look(instance, release_id)
    with instance.database.session(write=True) as session:
        rowan, maple = (
            session.scalars(select(Staff).where(Staff.name == n)).one() for n in ("rowan", "maple")
        )
        rowan.role = Role.LEAD
        seeds = instance.actor("maple", session).seeds
        session.commit()
        mark = key_id(rowan.public_key)
        seen = as_seen(session.get_one(Release, release_id))
        decide = partial(
            deciding.approve,
            release_id=release_id,
            revision=2,
            compared=mark,
            seen=seen,
            keys=instance.keys,
            now=NOON,
        )
        both = Actor(rowan.id, rowan.name, Role.LEAD, instance.founders["rowan"].bundle.identity, seeds)
        with pytest.raises(RefusedError):
            decide(session, by=both)
        maple_now = Actor(maple.id, maple.name, Role.LEAD, b"", seeds)
        with pytest.raises(RefusedError):  # the one who asked has the same role now
            decide(session, by=maple_now)


def test_a_key_that_was_exchanged_receives_nothing(sqlite_instance: Instance) -> None:
    """The asker's key as the database has it is nobody's word: a lead compares it with them."""
    accounts(sqlite_instance, 12)
    release_id = a_request(sqlite_instance, relation=QUASI)
    look(sqlite_instance, release_id)
    thief, path = new_bundle(), sqlite_instance.settings.instance / "portal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE staff SET public_key = ? WHERE name = 'rowan'", (thief.public_key,))
        connection.commit()
    with pytest.raises(StaleError, match="not the key that you compared"):
        approve(sqlite_instance, release_id)
    with sqlite_instance.database.session(write=False) as session:
        assert session.scalars(select(ReleaseKey)).all() == []


def test_the_lead_who_approves_has_it_sealed_to_the_key_of_their_session(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    release_id = a_request(sqlite_instance, relation=QUASI)
    look(sqlite_instance, release_id)
    thief, path = new_bundle(), sqlite_instance.settings.instance / "portal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE staff SET public_key = ? WHERE name = 'maple'", (thief.public_key,))
        connection.commit()
    approve(sqlite_instance, release_id)
    assert fetched(sqlite_instance, release_id, by="maple")


def test_an_asker_whose_access_ended_receives_nothing(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    release_id = a_request(sqlite_instance, relation=QUASI)
    look(sqlite_instance, release_id)
    with sqlite_instance.database.session(write=True) as session:
        session.scalars(select(Staff).where(Staff.name == "rowan")).one().active = False
    with pytest.raises(StaleError, match="no access any more"):
        approve(sqlite_instance, release_id)


@pytest.mark.parametrize(("name", "error"), [("willow", RefusedError), ("cedar", RefusedError)])
def test_only_the_two_who_made_a_release_fetch_it(
    sqlite_instance: Instance, name: str, error: type[Exception]
) -> None:
    accounts(sqlite_instance, 12)
    release_id = a_release(sqlite_instance, relation=QUASI)
    with pytest.raises(error):
        fetched(sqlite_instance, release_id, by=name)


def test_exact_figures_are_shown_to_leads_alone(sqlite_instance: Instance) -> None:
    some = accounts(sqlite_instance, 23)
    release_id = a_release(sqlite_instance, relation=QUASI)
    withdraw(sqlite_instance, some[4])
    with sqlite_instance.database.session(write=False) as session:
        lead, administrator = (sqlite_instance.actor(name, session) for name in ("willow", "rowan"))
        seen = service.show(session, by=lead, release_id=release_id, now=NOON)
        assert seen.inside is not None
        assert (seen.inside.figures["accounts"], seen.gone, seen.fetchable) == (23, [NOON.date()], False)
        other = service.show(session, by=administrator, release_id=release_id, now=NOON)
        assert (other.inside, other.gone, other.fetchable, other.release.records) == (None, [], True, 20)


# When


def test_a_request_older_than_thirty_days_has_run_out(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    release_id = a_request(sqlite_instance, relation=QUASI)
    sqlite_instance.clock.advance(days=30)
    look(sqlite_instance, release_id)
    sqlite_instance.clock.advance(days=1)
    for act in (look, approve):
        with pytest.raises(StaleError, match="older than 30 days"):
            act(sqlite_instance, release_id)


def test_what_nobody_looked_at_is_not_approved(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    with pytest.raises(StaleError, match="Look at what would leave"):
        approve(sqlite_instance, a_request(sqlite_instance, relation=QUASI))


def test_a_request_is_decided_once_and_only_as_it_was_seen(instance: Instance) -> None:
    accounts(instance, 12)
    release_id = a_request(instance, relation=QUASI)
    look(instance, release_id)
    with pytest.raises(StaleError):
        approve(instance, release_id, revision=1)
    approve(instance, release_id)
    with pytest.raises(StaleError):
        approve(instance, release_id)
    with pytest.raises(StaleError):
        look(instance, release_id)


def test_a_lead_declines_with_a_reason(instance: Instance) -> None:
    release_id = a_request(instance)
    with instance.database.session(write=True) as session:
        by = instance.actor("maple", session)
        with pytest.raises(InvalidError):
            deciding.decline(session, by=by, release_id=release_id, revision=1, reason="  ", now=NOON)
        deciding.decline(session, by=by, release_id=release_id, revision=1, reason="too wide", now=NOON)
    row = state_of(instance, release_id)
    assert (row.state, row.reason, row.decided_name) == (ReleaseState.DECLINED, "too wide", "maple")


# What may be asked for


@pytest.mark.parametrize("k", [-1, 0, 4, 101])
def test_no_request_goes_below_the_floor(k: int) -> None:
    with pytest.raises(InvalidError, match="between 5 and 100"):
        Choice({"relation": QUASI}, k)


@pytest.mark.parametrize(
    "roles",
    [
        {},
        {"narrative": QUASI},
        {"relation": ColumnRole.SENSITIVE},
        {"relation": ColumnRole.PLAIN},
        {"reprisals": ColumnRole.SENSITIVE},
        dict.fromkeys(
            ("relation", "prison", "month", "threats", "sorting", "transfers", "belongings"), QUASI
        ),
    ],
)
def test_columns_leave_only_in_ways_that_can_protect(roles: dict[str, ColumnRole]) -> None:
    with pytest.raises(InvalidError):
        Choice(roles)


def test_a_choice_is_kept_as_it_was_made() -> None:
    choice = Choice({"month": QUASI, "relation": QUASI, "threats": ColumnRole.SENSITIVE}, 7, record_ids=True)
    assert Choice.from_json(choice.to_json()).to_json() == choice.to_json()
    assert choice.released == ("relation", "month", "threats")


@pytest.mark.parametrize("texts", [("", "someone"), ("something", " "), ("x" * 2001, "someone")])
def test_a_request_says_what_for_and_for_whom(sqlite_instance: Instance, texts: tuple[str, str]) -> None:
    with sqlite_instance.database.session(write=True) as session, pytest.raises(InvalidError):
        service.request(
            session,
            by=sqlite_instance.actor("rowan", session),
            purpose=texts[0],
            recipient=texts[1],
            asked=Choice({"relation": QUASI}),
            now=NOON,
        )


# What leaves


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_accounts_are_refused_in_words_without_a_count(instance: Instance, count: int) -> None:
    accounts(instance, count)
    prepared = look(instance, a_request(instance, relation=QUASI))
    assert prepared.trouble == preparing.TOO_FEW
    assert not any(sign.isdigit() for sign in prepared.trouble)
    assert (prepared.figures, prepared.archive, prepared.members) == (None, b"", {})


def test_no_word_or_id_of_a_case_is_in_the_bytes(instance: Instance) -> None:
    some = accounts(instance, 40)
    archive = fetched(instance, a_release(instance))
    assert CANARY.encode() not in archive
    for one in some:
        for each in (one.submission_id, one.sheet_id):
            assert str(each).encode() not in archive
            assert each.hex.encode() not in archive
            assert each.bytes not in archive
    for name in instance.founders:
        assert name.encode() not in archive


def test_two_releases_of_the_same_data_share_no_number(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 30)
    seen: list[set[str]] = []
    with sqlite_instance.database.session(write=True) as session:
        rowan = sqlite_instance.actor("rowan", session)
        choice = Choice({"relation": QUASI}, 5, record_ids=True)
        made = [
            service.request(session, by=rowan, purpose="a", recipient="b", asked=choice, now=NOON).id
            for _ in range(2)
        ]
    for release_id in made:
        look(sqlite_instance, release_id)
        approve(sqlite_instance, release_id)
        seen.append({row["record"] for row in table(fetched(sqlite_instance, release_id))})
    assert len(seen[0]) == len(seen[1]) == 30
    assert not seen[0] & seen[1]


def test_a_prison_named_like_a_formula_does_not_run(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        evin = session.get_one(Record, prisons["evin"])
        for name in evin.names:
            name.text = '=HYPERLINK("http://example.org")'
        for _ in range(12):
            an_account(sqlite_instance, session, a_sheet(0, prisons))
    archive = fetched(sqlite_instance, a_release(sqlite_instance, prison=QUASI))
    cells = {row["prison"] for row in table(archive)}
    assert cells == {'\'=HYPERLINK("http://example.org")'}


def test_a_prison_that_the_register_does_not_show_is_not_known(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        session.get_one(Record, prisons["evin"]).restricted = True
        for _ in range(6):
            an_account(sqlite_instance, session, a_sheet(0, prisons))
            an_account(sqlite_instance, session, a_sheet(0, prisons, prison=None))
            an_account(sqlite_instance, session, a_sheet(1, prisons))
    archive = fetched(sqlite_instance, a_release(sqlite_instance, prison=QUASI))
    assert sorted(row["prison"] for row in table(archive)) == ["Gohardasht Prison"] * 6 + ["unknown"] * 12


# Beside each other


def test_a_second_release_that_isolates_nobody_is_possible(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 40)
    a_release(sqlite_instance)
    again = look(sqlite_instance, a_request(sqlite_instance))
    assert (again.trouble, again.withheld) == ("", 1)  # who stood alone then waits for company now


def test_one_who_left_is_not_found_by_comparing_two_releases(sqlite_instance: Instance) -> None:
    some = accounts(sqlite_instance, 60)
    first = table(fetched(sqlite_instance, a_release(sqlite_instance, prison=QUASI)))
    withdraw(sqlite_instance, some[0])
    second = look(sqlite_instance, a_request(sqlite_instance, prison=QUASI))
    assert second.trouble == ""
    assert len(first) == 60
    assert second.withheld == 4  # as many of the same prison as make five families with the one who left


# What is written down, and what a thief has


def test_the_record_tells_who_asked_looked_decided_and_fetched(instance: Instance) -> None:
    accounts(instance, 12)
    release_id = a_release(instance, relation=QUASI)
    fetched(instance, release_id)
    auditors = instance.secrets.group_seeds[Group.AUDITORS]
    with instance.database.session(write=False) as session:
        acts = [one for entry in session.scalars(select(LedgerEntry)) for one in read_acts(entry, auditors)]
    found = [(one.act, one.by) for one in acts if one.subject == release_id]
    assert found == [
        ("release.request", "rowan"),
        ("release.preview", "maple"),
        ("release.approve", "maple"),
        ("release.download", "rowan"),
    ]


def test_a_thief_with_every_administrators_key_opens_finished_releases_and_no_sheet(
    instance: Instance,
) -> None:
    accounts(instance, 12)
    release_id = a_release(instance, relation=QUASI)
    with instance.database.session(write=False) as session:
        rowan = instance.actor("rowan", session)
        assert not rowan.seeds
        for sheet in session.scalars(select(CodingSheet)):
            assert open_released(session, sheet, seed=rowan.seed) is None
        for wrap in session.keys.scalars(select(Wrap)):
            for place in (b"", release_wrap_place(wrap.submission_id, wrap.part_id)):
                with pytest.raises(UnsealError):
                    unwrap(rowan.seed, Sealed(wrap.blob), place)
        kept = session.get_one(ReleaseFile, release_id)
        with pytest.raises(UnsealError):
            open_inside(release_id, rowan.seed, kept.inside_key, kept.inside)
    assert table(fetched(instance, release_id))


def test_a_file_moved_to_another_release_does_not_open(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    one, other = (a_release(sqlite_instance, relation=QUASI) for _ in range(2))
    with sqlite_instance.database.session(write=True) as session:
        first, second = (session.get_one(ReleaseFile, each) for each in (one, other))
        first.blob, second.blob = second.blob, first.blob
    with pytest.raises(UnsealError):
        fetched(sqlite_instance, one)


# Odd ends


def test_a_pattern_may_be_made_coarser_like_any_other_column(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 36)
    coarser = look(sqlite_instance, a_request(sqlite_instance, k=13, reprisals=QUASI))
    assert coarser.figures is not None
    assert coarser.figures.classes == 1
    archive = fetched(sqlite_instance, a_release(sqlite_instance, k=12, reprisals=QUASI))
    assert {row["reprisals"] for row in table(archive)} == {"yes", "no", "not said"}


def test_what_was_refused_has_no_inside_record() -> None:
    with pytest.raises(ValueError, match="no record"):
        _ = preparing.Prepared(3, trouble=preparing.TOO_FEW).inside


def test_nothing_leaves_when_no_group_would_be_large_enough_beside_an_earlier_release(
    sqlite_instance: Instance,
) -> None:
    some = accounts(sqlite_instance, 6)
    a_release(sqlite_instance, relation=QUASI)
    withdraw(sqlite_instance, some[0])
    prepared = look(sqlite_instance, a_request(sqlite_instance, relation=QUASI))
    assert (prepared.trouble, prepared.archive) == (preparing.TOO_CLOSE, b"")


def test_a_class_of_one_answer_is_counted_for_the_lead(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=True) as session:
        prisons = prison_ids(session)
        for _ in range(6):
            an_account(sqlite_instance, session, a_sheet(0, prisons))
    columns = {"relation": QUASI, "reprisals": ColumnRole.SENSITIVE, "threats": ColumnRole.SENSITIVE}
    assert look(sqlite_instance, a_request(sqlite_instance, **columns)).alike == 1  # silence is no answer


def test_a_reason_has_an_end_and_a_release_that_is_not_there_is_not_found(sqlite_instance: Instance) -> None:
    release_id = a_request(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        by = sqlite_instance.actor("maple", session)
        with pytest.raises(InvalidError, match="at most"):
            deciding.decline(session, by=by, release_id=release_id, revision=1, reason="x" * 2001, now=NOON)
        with pytest.raises(NotFoundError):
            service.show(session, by=by, release_id=UUID(int=9), now=NOON)


def test_whoever_writes_past_the_lock_is_noticed_by_the_revision(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id = a_request(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        by = sqlite_instance.actor("maple", session)

        def late(*_given: object) -> None:
            raise StaleDataError

        monkeypatch.setattr(session, "flush", late)
        with session.no_autoflush, pytest.raises(StaleError, match="changed or decided"):
            deciding.decline(session, by=by, release_id=release_id, revision=1, reason="no", now=NOON)
        monkeypatch.undo()
        session.rollback()


# For one body


def a_body(instance: Instance, number: int = 1) -> UUID:
    told = receivers.Described(f"نهاد {number}", f"Body {number}", "بایگانی", "an archive")
    with instance.database.session(write=True) as session:
        rowan = instance.actor("rowan", session)
        return receivers.add(session, by=rowan, described=told, now=NOON).id


def test_a_release_for_a_body_holds_only_what_may_be_handed_to_that_body(instance: Instance) -> None:
    one, other = a_body(instance), a_body(instance, 2)
    some = accounts(instance, 40)
    for account in some[:25]:
        decide(instance, account, **{name_of(Use.SHARE, one): "yes"})
    for account in some[25:]:
        decide(instance, account, **{name_of(Use.SHARE, one): "no", name_of(Use.SHARE, other): "yes"})
    assert look(instance, a_request(instance, relation=QUASI)).accounts == 40
    assert look(instance, a_request(instance, receiver=one, relation=QUASI)).accounts == 25
    assert look(instance, a_request(instance, receiver=other, relation=QUASI)).accounts == 15
    never = a_body(instance, 3)
    assert look(instance, a_request(instance, receiver=never, relation=QUASI)).accounts == 0


def test_nothing_is_made_for_a_body_that_has_ended(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 40, **{name_of(Use.SHARE, a_body(sqlite_instance)): "yes"})
    with sqlite_instance.database.session(write=True) as session:
        one = receivers.present(session)[0].id
    release_id = a_request(sqlite_instance, receiver=one, relation=QUASI)
    assert look(sqlite_instance, release_id).accounts == 40
    with sqlite_instance.database.session(write=True) as session:
        rowan = sqlite_instance.actor("rowan", session)
        receivers.end(session, by=rowan, receiver_id=one, now=NOON)
    with pytest.raises(StaleError):
        look(sqlite_instance, release_id)
    with pytest.raises(StaleError):
        approve(sqlite_instance, release_id)
    with pytest.raises(StaleError):
        a_request(sqlite_instance, receiver=one, relation=QUASI)


def test_a_permission_taken_back_between_looking_and_approving_stops_the_release(
    sqlite_instance: Instance,
) -> None:
    one = a_body(sqlite_instance)
    some = accounts(sqlite_instance, 40, **{name_of(Use.SHARE, one): "yes"})
    release_id = a_request(sqlite_instance, receiver=one, relation=QUASI)
    assert look(sqlite_instance, release_id).accounts == 40
    decide(sqlite_instance, some[0], **{name_of(Use.SHARE, one): "no"})
    assert look(sqlite_instance, release_id).accounts == 39
