"""The sealed index is whole or says that it is not: tampering, erasure, crashes, races, keys over time."""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from builders import Instance
from cases import a_case, a_mark, acts_of, at_desk, at_once
from indexed import hits, read_in, searched, segments, standing
from sqlalchemy import delete, func, insert, select, update

from portal.casework import search_building, writing
from portal.casework.allowed import readable
from portal.casework.index import Index, open_index
from portal.casework.search_building import MERGE, bring_in, tidy
from portal.casework.search_format import Digest, pack_heads, pack_words
from portal.casework.search_sealing import Entry, seal_list, segment_key, segment_place, wrap_place
from portal.database import PortalSession, close
from portal.errors import RefusedError
from portal.intake import withdrawing
from portal.permissions import Group
from portal.staff.actor import Actor
from portal.store.segments import (
    IndexManifest,
    IndexSegment,
    IndexStale,
    SegmentKey,
    erase_keys,
    forget,
    split,
    touch,
)
from portal.upkeep import verify_folder
from portal.vault.seal import seal
from portal.vault.wrap import key_id, wrap

NAMES = ("zarrin", "mahtab", "bahar", "kiarash", "laleh", "nasrin")
INTAKE = Group.INTAKE.value


def withdraw(instance: Instance, case_id: UUID) -> None:
    with instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=case_id, day=instance.clock().date())


def in_parts(instance: Instance, parts: int = 3) -> list[list[UUID]]:
    """Two cases in each of some segments; each case says Gohardasht and a name of its own."""
    cases = []
    for part in range(parts):
        names = NAMES[2 * part : 2 * part + 2]
        cases.append([a_case(instance, f"{name} was in Gohardasht.", holder="") for name in names])
        read_in(instance)
    assert len(segments(instance)) == parts
    return cases


def told(cases: list[list[UUID]]) -> set[UUID]:
    return {one for several in cases for one in several}


# Completeness and tampering


def flipped(raw: bytes, place: int = -40) -> bytes:
    changed = bytearray(raw)
    changed[place] ^= 1
    return bytes(changed)


def change(session: PortalSession, model: type, where: object, **values: object) -> None:
    """Write past every rule, as somebody with the database in hand does."""
    unit = session.keys if model is SegmentKey else session
    unit.connection().execute(update(model).where(where).values(**values))


def row(session: PortalSession, segment_id: UUID) -> IndexSegment:
    return session.get_one(IndexSegment, segment_id, populate_existing=True)


def flip_words(session: PortalSession, one: UUID, _other: UUID) -> None:
    change(session, IndexSegment, IndexSegment.id == one, words=flipped(row(session, one).words))


def flip_heads(session: PortalSession, one: UUID, _other: UUID) -> None:
    change(session, IndexSegment, IndexSegment.id == one, heads=flipped(row(session, one).heads))


def flip_key(session: PortalSession, one: UUID, _other: UUID) -> None:
    blob = session.keys.get_one(SegmentKey, one).blob
    change(session, SegmentKey, SegmentKey.segment_id == one, blob=flipped(blob))


def drop_key(session: PortalSession, one: UUID, _other: UUID) -> None:
    session.keys.connection().execute(delete(SegmentKey).where(SegmentKey.segment_id == one))


def drop_segment(session: PortalSession, one: UUID, _other: UUID) -> None:
    session.connection().execute(delete(IndexSegment).where(IndexSegment.id == one))


def hide_a_case(session: PortalSession, one: UUID, _other: UUID) -> None:
    change(session, IndexSegment, IndexSegment.id == one, cases=row(session, one).cases[:16])


def name_another_case(session: PortalSession, one: UUID, _other: UUID) -> None:
    cases = row(session, one).cases[:16] + uuid4().bytes
    change(session, IndexSegment, IndexSegment.id == one, cases=cases)


def swap_words(session: PortalSession, one: UUID, other: UUID) -> None:
    change(session, IndexSegment, IndexSegment.id == one, words=row(session, other).words)


def swap_whole(session: PortalSession, one: UUID, other: UUID) -> None:
    """Another segment's contents and key under this one's id."""
    source = row(session, other)
    change(session, IndexSegment, IndexSegment.id == one, words=source.words, heads=source.heads)
    blob = session.keys.get_one(SegmentKey, other).blob
    change(session, SegmentKey, SegmentKey.segment_id == one, blob=blob)


def forge(session: PortalSession, one: UUID, _other: UUID) -> None:
    """Empty contents for the same cases, under a key of the forger's own, wrapped to the public key."""
    key, cases = bytes(range(32)), split(row(session, one).cases)
    digests = [Digest(UUID(bytes=case_id), frozenset()) for case_id in cases]
    values = {
        which: seal(segment_key(key, INTAKE, one, which), raw, segment_place(INTAKE, one, which))
        for which, raw in (("heads", pack_heads(digests)), ("words", pack_words(digests)))
    }
    change(session, IndexSegment, IndexSegment.id == one, **values)
    public = session.info["public"]
    change(session, SegmentKey, SegmentKey.segment_id == one, blob=wrap(public, key, wrap_place(INTAKE, one)))


def renumber(session: PortalSession, one: UUID, _other: UUID) -> None:
    change(session, IndexSegment, IndexSegment.id == one, number=999)


TAMPER = (
    flip_words, flip_heads, flip_key, drop_key, drop_segment, hide_a_case, name_another_case, swap_words,
    swap_whole, forge, renumber,
)  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPER, ids=lambda one: one.__name__)
def test_what_was_done_to_a_segment_is_noticed_named_and_made_good(
    instance: Instance, tamper: Callable[[PortalSession, UUID, UUID], None]
) -> None:
    cases = in_parts(instance)
    _, one, other = segments(instance)
    with instance.database.session(write=True) as session:
        session.info["public"] = instance.keys.groups[INTAKE]
        tamper(session, one, other)
    now = standing(instance)
    assert (now.damaged, now.lost, now.waiting, now.total) == (1, 2, 2, 6)
    if tamper is not flip_heads:
        answer = searched(instance, "gohardasht")
        assert {hit.case_id for hit in answer.hits} == told(cases) - set(cases[1])
        assert (answer.standing.damaged, answer.standing.lost) == (1, 2)
        assert acts_of(instance)[-1] == "index.damaged"
    assert (
        not verify_folder(instance.settings.instance, {}).ok if not instance.settings.database_url else True
    )
    a_case(instance, "Somebody new in Gohardasht.", holder="")
    assert (read_in(instance), standing(instance).damaged) == (1, 1)  # a visit does not hide it
    assert read_in(instance, repair=True) == 2
    assert "index.repair" in acts_of(instance)
    after = standing(instance)
    assert (after.damaged, after.lost, after.waiting) == (0, 0, 0)
    assert set(hits(instance, "gohardasht")) >= told(cases)


def test_a_segment_that_was_put_in_is_noticed_and_not_searched(instance: Instance) -> None:
    in_parts(instance, 1)
    with instance.database.session(write=True) as session:
        source, public = row(session, segments(instance)[0]), instance.keys.groups[INTAKE]
        values = {"group": INTAKE, "epoch": 1, "number": 50, "cases": source.cases}
        session.connection().execute(
            insert(IndexSegment).values(id=uuid4(), heads=source.heads, words=source.words, **values)
        )
        del public
    assert standing(instance).damaged == 1
    assert len(hits(instance, "gohardasht")) == 2
    read_in(instance, repair=True)
    assert (standing(instance).damaged, len(segments(instance))) == (0, 1)


def test_a_list_that_was_changed_or_taken_away_is_noticed(instance: Instance) -> None:
    cases = in_parts(instance)
    for tamper in ("flip", "drop"):
        with instance.database.session(write=True) as session:
            blob = session.get_one(IndexManifest, (INTAKE, 1)).blob
            if tamper == "flip":
                change(session, IndexManifest, IndexManifest.epoch == 1, blob=flipped(blob))
            else:
                session.connection().execute(delete(IndexManifest))
        now = standing(instance)
        assert (now.searched, now.waiting) == (0, 6)
        assert now.damaged
        assert searched(instance, "gohardasht").hits == []
        read_in(instance)
        assert standing(instance).damaged
        assert read_in(instance, repair=True) == 6
        assert (standing(instance).damaged, set(hits(instance, "gohardasht"))) == (0, told(cases))


def test_a_list_that_somebody_without_the_group_s_key_made_does_not_open(sqlite_instance: Instance) -> None:
    in_parts(sqlite_instance, 1)
    entry = Entry(uuid4(), bytes(32), 1, uuid4().bytes)
    with sqlite_instance.database.session(write=True) as session:
        blob = seal_list([entry], b"\x07" * 32, (INTAKE, 1), 1)
        change(session, IndexManifest, IndexManifest.epoch == 1, blob=blob)
    assert standing(sqlite_instance).damaged


def test_an_older_list_is_noticed(instance: Instance) -> None:
    """The list of the day before does not know the newest segment, nor may it be taken for the new one."""
    cases = in_parts(instance, 1)
    with instance.database.session(write=False) as session:
        old = session.get_one(IndexManifest, (INTAKE, 1))
        kept = {"blob": old.blob, "generation": old.generation}
    newer = a_case(instance, "laleh was in Gohardasht.", holder="")
    read_in(instance)
    with instance.database.session(write=True) as session:
        change(session, IndexManifest, IndexManifest.epoch == 1, blob=kept["blob"])
    assert standing(instance).searched == 0
    with instance.database.session(write=True) as session:
        change(session, IndexManifest, IndexManifest.epoch == 1, **kept)
    now = standing(instance)
    assert (now.damaged, now.searched, now.waiting) == (1, 3, 0)  # a visit read the case in anew
    assert read_in(instance, repair=True) == 0
    assert standing(instance).damaged == 0
    assert set(hits(instance, "gohardasht")) == told(cases) | {newer}


def test_an_index_that_was_put_back_whole_is_found_by_the_ledger(
    sqlite_instance: Instance, tmp_path: Path
) -> None:
    """List, segments, keys and marks of what changed, all as they were yesterday: only the ledger knows."""
    folder = sqlite_instance.settings.instance
    case_id = in_parts(sqlite_instance, 1)[0][0]
    tables = (IndexManifest, IndexSegment, SegmentKey, IndexStale)

    def rows(session: PortalSession, model: type) -> list[dict[str, object]]:
        unit = session.keys if model is SegmentKey else session
        return [dict(one._mapping) for one in unit.connection().execute(select(model.__table__))]  # type: ignore[attr-defined]

    with sqlite_instance.database.session(write=False) as session:
        yesterday = {model: rows(session, model) for model in tables}
    touch_case(sqlite_instance, case_id)
    read_in(sqlite_instance)
    assert verify_folder(folder, {}).ok
    with sqlite_instance.database.session(write=True) as session:
        for model, kept in yesterday.items():
            unit = session.keys if model is SegmentKey else session
            unit.connection().execute(delete(model))
            if kept:
                unit.connection().execute(insert(model), kept)
    shutil.copytree(folder, tmp_path / "copy")
    report = verify_folder(tmp_path / "copy", {})
    said = "\n".join(map(str, report.problems))
    assert not report.ok
    for table in ("index_manifest", "index_segment", "segment_key"):
        assert table in said


# Erasure


def touch_case(instance: Instance, case_id: UUID) -> None:
    with instance.database.session(write=True) as session:
        touch(session, case_id)


def test_a_withdrawal_takes_every_segment_that_knows_the_case(instance: Instance) -> None:
    cases = in_parts(instance)
    gone, beside = cases[1]
    touch_case(instance, gone)
    read_in(instance)  # its older digest now lies in a segment where a newer one took its place
    assert len(segments(instance)) == 4
    withdraw(instance, gone)
    assert len(segments(instance)) == 2
    with instance.database.session(write=False) as session:
        assert set(session.keys.scalars(select(SegmentKey.segment_id))) == set(segments(instance))
        assert gone.bytes not in b"".join(session.scalars(select(IndexSegment.cases)))
    now = standing(instance)
    assert (now.damaged, now.waiting) == (0, 0)  # a visit read in what lay beside it
    assert set(hits(instance, "gohardasht")) == told(cases) - {gone}
    assert beside in hits(instance, "gohardasht")
    assert read_in(instance, repair=True) == 0


def test_what_was_newer_in_an_erased_segment_is_read_in_again(instance: Instance) -> None:
    """An older digest must not pass for the case once the newer one went with somebody else's withdrawal."""
    first, second = in_parts(instance, 1)[0]
    for case_id in (first, second):
        with at_desk(instance, "maple") as (session, by):
            writing.add_note(session, by=by, case_id=case_id, text="Kabootar", now=instance.clock())
    with at_desk(instance) as (session, by):
        assert bring_in(session, by=by).read == {first, second}
    withdraw(instance, first)
    with at_desk(instance) as (session, by):
        index = open_index(session, by=by)
        assert second.bytes not in index.covered
    assert hits(instance, "kabootar") == [second]


def test_forgetting_needs_no_key_and_may_be_done_twice(instance: Instance) -> None:
    cases = in_parts(instance, 2)
    for _ in range(2):
        with instance.database.session(write=True) as session:
            forget(session, cases[0][0])
            touch(session, cases[0][0])
            assert session.get(IndexStale, cases[0][0]) is None
    assert len(segments(instance)) == 1
    with instance.database.session(write=True) as session:
        touch(session, cases[0][0])
        session.flush()
        assert session.get(IndexStale, cases[0][0]) is not None


# Keeping up


def test_a_change_and_its_mark_come_together_or_not_at_all(instance: Instance) -> None:
    case_id = a_case(instance)
    read_in(instance)

    def stale() -> int:
        with instance.database.session(write=False) as session:
            return session.scalar(select(func.count()).select_from(IndexStale)) or 0

    session = instance.database.open(write=True)
    writing.add_note(
        session, by=instance.actor("cedar", session), case_id=case_id, text="x", now=instance.clock()
    )
    session.flush()
    close(session)
    assert stale() == 0
    mark_id = a_mark(instance, case_id)
    assert stale() == 1
    with at_desk(instance) as (session, by):
        writing.unmark(session, by=by, case_id=case_id, mark_id=mark_id)
    assert stale() == 1
    assert read_in(instance) == 1
    assert stale() == 0


def test_small_segments_are_made_one(instance: Instance) -> None:
    cases = set()
    for number in range(2 * MERGE + 3):
        cases.add(a_case(instance, f"Account {number} of Gohardasht.", holder=""))
        read_in(instance)
        assert len(segments(instance)) <= MERGE
        with instance.database.session(write=False) as session:
            assert set(session.keys.scalars(select(SegmentKey.segment_id))) == set(segments(instance))
    with at_desk(instance) as (session, by):
        index = open_index(session, by=by)
        assert index.covered == {one.bytes for one in cases}
        assert sum(len(one.live) for one in index.pieces) == len(cases)
    assert searched(instance, "gohardasht").count == len(cases)


def test_what_no_longer_may_be_read_leaves_the_index_when_segments_are_made_one(instance: Instance) -> None:
    closed = a_case(instance, "Zarrin of Gohardasht.", holder="")
    read_in(instance)
    from portal.intake import service as intake  # noqa: PLC0415

    with instance.database.session(write=True) as session:
        day = instance.clock().date()
        intake.decide(session, submission_id=closed, answers={"read": "no"}, language="en", day=day)
    for number in range(MERGE):
        a_case(instance, f"Account {number}.", holder="")
        read_in(instance)
    with instance.database.session(write=False) as session:
        assert closed.bytes not in b"".join(session.scalars(select(IndexSegment.cases)))


def test_two_reviewers_at_once_read_each_case_in_once(instance: Instance) -> None:
    cases = {a_case(instance, f"Account {number}.", holder="") for number in range(12)}

    def read(number: int) -> None:
        name = ("cedar", "birch", "maple", "willow")[number % 4]
        for _ in range(6):
            with at_desk(instance, name) as (session, by):
                bring_in(session, by=by, limit=3)

    assert at_once(6, read) == [None] * 6
    with at_desk(instance) as (session, by):
        index = open_index(session, by=by)
        every = [one for piece in index.pieces for one in piece.ids]
        assert (sorted(every), index.damaged) == (sorted(one.bytes for one in cases), set())


def test_a_withdrawal_beside_a_reading_in_leaves_nothing_behind(instance: Instance) -> None:
    cases = [a_case(instance, f"Account {number}.", holder="") for number in range(8)]

    def act(number: int) -> None:
        if number % 2:
            withdraw(instance, cases[number])
        else:
            for _ in range(4):
                with at_desk(instance) as (session, by):
                    bring_in(session, by=by, limit=3)

    assert at_once(8, act) == [None] * 8
    read_in(instance)
    left = {one.bytes for one in cases[::2]}
    with at_desk(instance) as (session, by):
        index = open_index(session, by=by)
        assert {one for piece in index.pieces for one in piece.ids} == left
        assert set(session.keys.scalars(select(SegmentKey.segment_id))) == {one.id for one in index.pieces}
    assert standing(instance).damaged == 0


def test_a_crash_between_keys_and_rows_loses_nothing(instance: Instance) -> None:
    case_id = a_case(instance)
    session = instance.database.open(write=True)
    assert bring_in(session, by=instance.actor("cedar", session)).read == {case_id}
    session.flush()
    session.companion.commit()  # the keys are on the disk; then the machine stops
    close(session)
    assert segments(instance) == []
    assert read_in(instance) == 1
    assert hits(instance, "gohardasht") == [case_id]
    with instance.database.session(write=False) as after:
        assert list(after.keys.scalars(select(SegmentKey.segment_id))) == segments(instance)


def test_a_crash_before_the_keys_of_merged_segments_are_erased_is_made_good(instance: Instance) -> None:
    for number in range(MERGE + 1):
        a_case(instance, f"Account {number}.", holder="")
        with at_desk(instance) as (session, by):
            bring_in(session, by=by)
    with at_desk(instance) as (session, by):
        assert len(list(session.keys.scalars(select(SegmentKey)))) > len(segments(instance))
        assert tidy(session, by=by) == MERGE
    assert standing(instance).damaged == 0
    with at_desk(instance) as (session, by):
        assert tidy(session, by=by) == 0
        assert erase_keys(session, kept=segments(instance)) == 0


def test_what_does_not_open_does_not_keep_the_rest_waiting(sqlite_instance: Instance) -> None:
    from portal.intake.models import Part, SealedField  # noqa: PLC0415

    broken, whole = (a_case(sqlite_instance, f"Account {number}.", holder="") for number in range(2))
    with sqlite_instance.database.session(write=True) as session:
        part = select(Part.id).where(Part.submission_id == broken)
        blob = session.scalar(select(SealedField.blob).where(SealedField.part_id.in_(part)).limit(1))
        change(session, SealedField, SealedField.part_id.in_(part), blob=flipped(blob or b""))
    assert read_in(sqlite_instance) == 1
    now = standing(sqlite_instance)
    assert (now.waiting, now.searched, now.damaged) == (1, 1, 0)
    assert hits(sqlite_instance, "account") == [whole]


def test_whose_access_has_ended_reads_nothing_in(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance, holder="")
    with at_desk(sqlite_instance) as (session, by):
        stranger = Actor(uuid4(), by.name, by.role, by.seed, by.seeds)
        for act in (bring_in, tidy):
            with pytest.raises(RefusedError):
                act(session, by=stranger)


# Keys over time


def test_who_was_not_given_the_earlier_key_searches_only_what_the_newer_one_opens(
    sqlite_instance: Instance,
) -> None:
    in_parts(sqlite_instance, 1)
    with at_desk(sqlite_instance) as (session, by):
        newcomer = Actor(by.id, by.name, by.role, by.seed, {Group.INTAKE: {2: b"\x05" * 32}})
        assert readable(session, by=newcomer) == {}
        index = Index(session, newcomer)
        assert (index.pieces, index.damaged, index.broken) == ([], set(), set())
        found = index.standing(readable(session, by=newcomer))
        assert (found.total, found.damaged) == (0, 0)


def test_the_index_moves_over_with_its_group(instance: Instance) -> None:
    cases = in_parts(instance)
    seed = b"\x09" * 32
    from portal.vault.wrap import public_key  # noqa: PLC0415

    with at_desk(instance, "maple") as (session, by):
        ring = {**by.seeds[Group.INTAKE], 2: seed}
        both = Actor(by.id, by.name, by.role, by.seed, {**by.seeds, Group.INTAKE: ring})
        assert search_building.carry_over(session, by=both, group=Group.INTAKE, epoch=2) == 3
    with at_desk(instance, "maple") as (session, by):
        assert set(session.keys.scalars(select(SegmentKey.key_id))) == {key_id(public_key(seed))}
        newer = Actor(by.id, by.name, by.role, by.seed, {Group.INTAKE: {2: seed}})
        index = Index(session, newer)
        assert {one for piece, _ in index.words() for one in piece.ids} == {one.bytes for one in told(cases)}
        assert (index.damaged, index.broken) == (set(), set())
        assert Index(session, by).pieces == []
        assert Index(session, by).damaged == set()
