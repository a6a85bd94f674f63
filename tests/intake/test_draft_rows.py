"""Drafts that are kept: opened by their code only, whole or not at all, and gone when they are gone."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from builders import Instance, a_draft
from sqlalchemy import select, text

from portal import upkeep
from portal.database import PortalSession
from portal.intake import documents, draft_rows
from portal.intake.draft_models import DraftKey, KeptDraft
from portal.intake.draft_rows import GoneError, Kept
from portal.intake.drafts import Draft
from portal.intake.models import Compartment
from portal.ledger.models import LedgerEntry
from portal.store.arrivals import Arrivals
from portal.store.files import new_name
from portal.vault import receipt as receipts
from portal.vault.receipt import Receipt, ReceiptKeys
from portal.vault.seal import Label, UnsealError, context, seal

UNTIL = date(2026, 12, 24)
TOLD = "Sepidehdam told only half of it"
DAY = timedelta(days=1)


def keys_of(instance: Instance, draft: Draft) -> ReceiptKeys:
    return receipts.keys_of(Receipt(draft.receipt), instance.keys.receipt_salt)


def kept(instance: Instance, narrative: str = TOLD, *, until: date = UNTIL) -> tuple[Draft, Kept]:
    draft = a_draft(narrative)
    keys = keys_of(instance, draft)
    with instance.database.session(write=True) as session:
        return draft, draft_rows.keep_first(session, draft=draft, receipt=keys, until=until)


def entries(instance: Instance) -> int:
    with instance.database.session(write=False) as session:
        return len(session.scalars(select(LedgerEntry.seq)).all())


def a_file(instance: Instance, draft: Draft) -> str:
    """A finished file in the store, and one that is still arriving; the name of the first."""
    part, document_id, name = draft.part(Compartment.CONTENT), uuid4(), new_name()
    with documents.receiving(instance.files, part, document_id, name) as coming:
        coming.write(b"Kabootarnameh" * 100)
    draft.files.append(
        documents.draft_file(coming, document_id=document_id, stored_name=name, name="letter", caption="")
    )
    Arrivals(instance.files.folder).begin(part.arrival_owner, uuid4().hex, b"\x01head")
    return name


def reopened(instance: Instance, draft: Draft, today: date = UNTIL) -> Kept | None:
    with instance.database.session(write=False) as session:
        return draft_rows.find(session, receipt=keys_of(instance, draft), today=today)


def test_the_code_opens_a_draft_with_everything_in_it(instance: Instance) -> None:
    draft, first = kept(instance)
    draft.narrative, draft.at = "and then the other half", "people"
    a_file(instance, draft)
    with instance.database.session(write=True) as session:
        draft_rows.save(session, first, draft, until=UNTIL + DAY)
    found = reopened(instance, draft, UNTIL + DAY)
    assert found == first
    with instance.database.session(write=False) as session:
        assert draft_rows.read(session, found, lock=False) == (draft, UNTIL + DAY)


def test_saving_leaves_no_trail_in_the_ledger(instance: Instance) -> None:
    before = entries(instance)
    draft, pointer = kept(instance)
    with instance.database.session(write=True) as session:
        draft_rows.save(session, pointer, draft, until=UNTIL)
    with instance.database.session(write=True) as session:
        draft_rows.erase(session, pointer.draft_id)
    assert entries(instance) == before


def test_a_code_pressed_twice_is_one_draft(instance: Instance) -> None:
    draft, first = kept(instance)
    with instance.database.session(write=True) as session:
        again = draft_rows.keep_first(session, draft=draft, receipt=keys_of(instance, draft), until=UNTIL)
    assert again == first


def test_another_code_opens_nothing(instance: Instance) -> None:
    kept(instance)
    assert reopened(instance, Draft.new()) is None


def exchange(session: PortalSession, one: UUID, other: UUID, *columns: str) -> None:
    """Write of one row into the other, as somebody could who writes to the database with SQL."""
    rows = [session.get_one(KeptDraft, row_id) for row_id in (one, other)]
    values = [{name: getattr(row, name) for name in columns} for row in rows]
    for name in columns:
        setattr(rows[0], name, values[1][name])
        setattr(rows[1], name, values[0][name])


def test_a_draft_moved_to_another_row_does_not_open(sqlite_instance: Instance) -> None:
    (one, first), (_other, second) = kept(sqlite_instance), kept(sqlite_instance, "another one")
    with sqlite_instance.database.session(write=True) as session:
        exchange(session, first.draft_id, second.draft_id, "blob")
    for pointer in (first, second):
        with sqlite_instance.database.session(write=False) as session, pytest.raises(UnsealError):
            draft_rows.read(session, pointer, lock=False)
    with sqlite_instance.database.session(write=True) as session:
        keys = [session.keys.get_one(DraftKey, each.draft_id) for each in (first, second)]
        keys[0].blob, keys[1].blob = keys[1].blob, keys[0].blob
    with pytest.raises(UnsealError):
        reopened(sqlite_instance, one)


def test_a_draft_opens_only_at_its_own_revision(sqlite_instance: Instance) -> None:
    draft, pointer = kept(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        session.get_one(KeptDraft, pointer.draft_id).revision = 2
    with sqlite_instance.database.session(write=False) as session, pytest.raises(UnsealError):
        draft_rows.read(session, pointer, lock=False)
    with sqlite_instance.database.session(write=True) as session:
        row = session.get_one(KeptDraft, pointer.draft_id)
        row.blob = seal(pointer.key, draft.to_json(), context(Label.DRAFT, row.id, 2))
    with sqlite_instance.database.session(write=False) as session:
        assert draft_rows.read(session, pointer, lock=False)[0] == draft


def test_what_is_erased_is_gone_with_its_key(instance: Instance) -> None:
    draft, pointer = kept(instance)
    with instance.database.session(write=True) as session:
        assert draft_rows.erase(session, pointer.draft_id) is not None
    with instance.database.session(write=True) as session:
        assert draft_rows.erase(session, pointer.draft_id) is None, "twice is as good as once"
        assert session.keys.get(DraftKey, pointer.draft_id) is None
        for act in (
            lambda: draft_rows.read(session, pointer, lock=False),
            lambda: draft_rows.save(session, pointer, draft, until=UNTIL),
            lambda: draft_rows.let_go(session, pointer.draft_id),
        ):
            with pytest.raises(GoneError):
                act()
    assert reopened(instance, draft) is None


def test_a_draft_is_kept_to_the_end_of_its_last_day_and_the_sweep_erases_it(instance: Instance) -> None:
    today = instance.clock().date()
    over, living = a_draft("Panjshirlamp"), a_draft("Kabootar")
    names = [a_file(instance, one) for one in (over, living)]
    for draft, until in ((over, today - DAY), (living, today)):
        with instance.database.session(write=True) as session:
            draft_rows.keep_first(session, draft=draft, receipt=keys_of(instance, draft), until=until)
    assert reopened(instance, over, today) is None, "its time is over, swept or not"
    swept = upkeep.sweep(instance.database, instance.settings, older_than=48 * 3600, now=instance.clock())
    assert swept.drafts == 1
    assert [name in set(instance.files.names()) for name in names] == [False, True]
    arriving = Arrivals(instance.files.folder)
    owners = [one.part(Compartment.CONTENT).arrival_owner for one in (over, living)]
    assert [len(arriving.uploads(owner)) for owner in owners] == [0, 1]
    assert reopened(instance, living, today) is not None


def test_files_and_pieces_live_as_long_as_their_draft(sqlite_instance: Instance) -> None:
    draft = a_draft(TOLD)
    name, owner = a_file(sqlite_instance, draft), draft.part(Compartment.CONTENT).arrival_owner
    stray = a_draft("never kept")
    left = a_file(sqlite_instance, stray)
    today = sqlite_instance.clock().date()
    with sqlite_instance.database.session(write=True) as session:
        draft_rows.keep_first(
            session, draft=draft, receipt=keys_of(sqlite_instance, draft), until=today + 30 * DAY
        )
    upkeep.sweep(
        sqlite_instance.database, sqlite_instance.settings, older_than=-(10**10), now=sqlite_instance.clock()
    )
    assert name in set(sqlite_instance.files.names())
    assert left not in set(sqlite_instance.files.names())
    arriving = Arrivals(sqlite_instance.files.folder)
    assert len(arriving.uploads(owner)) == 1
    assert arriving.uploads(stray.part(Compartment.CONTENT).arrival_owner) == []


def test_a_key_without_its_draft_is_swept(instance: Instance) -> None:
    _draft, pointer = kept(instance)
    with instance.database.session(write=True) as session:
        session.execute(text("DELETE FROM kept_draft"))
    with instance.database.session(write=True) as session:
        assert draft_rows.expire(session, today=UNTIL) == []
    with instance.database.session(write=False) as session:
        assert session.keys.get(DraftKey, pointer.draft_id) is None


def test_a_draft_of_an_earlier_version_opens() -> None:
    draft = a_draft(TOLD)
    written = draft.to_json().replace(b'"paused":', b'"unheard_of":"x","paused":')
    assert Draft.from_json(written) == draft
