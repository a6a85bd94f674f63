"""A seized copy of an indexed instance yields no word, no title, and nothing of who is linked to whom."""

from contextlib import suppress
from pathlib import Path
from uuid import UUID

import contents
import pytest
from builders import Instance, token_of
from cases import at_desk
from indexed import read_in
from sqlalchemy import select
from test_canary import needles, on_disk
from test_seized_machine import handed_over, seize

from portal.casework import titles
from portal.casework.models import CaseTitle
from portal.casework.search_format import Heads
from portal.casework.search_sealing import segment_key, segment_place, wrap_place
from portal.config import Face
from portal.permissions import Group, Role
from portal.store.segments import IndexSegment, SegmentKey
from portal.vault.seal import Label, Sealed, UnsealError, unseal
from portal.vault.wrap import unwrap

TITLE = "Sepidehdam of two sisters"
ASKED = "Mahtabgoonian"
WORDS = {
    "title": "Sepidehdam",
    "folded title": "sepidehdam",
    "asked": ASKED,
    "folded": ASKED.lower(),
    "told": "Zarrinkhat",
    "folded narrative": "zarrinkhat",
    "note": "Ghobareshab",
    "folded note": "ghobareshab",
}


@pytest.fixture
def filled(sqlite_instance: Instance) -> contents.Filled:
    """Two full submissions with titles, read in, and searched by a reviewer through the pages."""
    made = contents.fill(sqlite_instance)
    with at_desk(sqlite_instance, "maple") as (session, by):
        for told in (made.one, made.other):
            titles.entitle(session, by=by, case_id=told.id, text=TITLE, now=sqlite_instance.clock())
    assert read_in(sqlite_instance) == 2
    desk = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(desk, "cedar")
    for words in (ASKED, "Zarrinkhat"):
        token = token_of(desk.get("/en/cases/search"))
        desk.post("/en/cases/search", data={"csrf_token": token, "words": words})
        assert desk.get("/en/cases/search").status_code == 200
    return made


def test_no_word_of_the_index_or_of_a_search_lies_on_the_disk(
    sqlite_instance: Instance, filled: contents.Filled, tmp_path: Path
) -> None:
    seized = seize(sqlite_instance, tmp_path / "seized")
    assert on_disk([seized.folder], needles(WORDS)) == {}
    (segment,) = seized.rows("index_segment")
    assert filled.one.id.bytes in segment["cases"]  # random ids are in clear, so that a withdrawal finds them


def test_who_is_linked_to_whom_is_not_in_the_index_s_rows(
    sqlite_instance: Instance, filled: contents.Filled, tmp_path: Path
) -> None:
    seized = seize(sqlite_instance, tmp_path / "seized")
    for table, database in (
        ("index_segment", "portal.db"),
        ("index_manifest", "portal.db"),
        ("segment_key", "keys.db"),
        ("case_title", "portal.db"),
    ):
        for row in seized.rows(table, database):
            raw = b"".join(
                value if isinstance(value, bytes) else str(value).encode() for value in row.values()
            )
            for record in (filled.person, filled.prison):
                assert record.bytes not in raw
                assert record.hex.encode() not in raw


def test_only_those_who_hold_the_group_s_key_open_its_segments(
    sqlite_instance: Instance, filled: contents.Filled, tmp_path: Path
) -> None:
    seized = seize(sqlite_instance, tmp_path / "seized")

    def opened(*roles: Role) -> list[UUID]:
        found = []
        for key in handed_over(seized, sqlite_instance, roles):
            for row in seized.rows("segment_key", "keys.db"):
                with suppress(UnsealError):
                    unwrap(key, row["blob"], wrap_place("intake", UUID(row["segment_id"])))
                    found.append(UUID(row["segment_id"]))
        return found

    assert opened(Role.ADMINISTRATOR, Role.AUDITOR) == []
    assert len(opened(Role.REVIEWER)) == 1
    assert filled.one.id


def test_a_title_or_a_segment_opens_only_where_it_was_sealed(
    sqlite_instance: Instance, filled: contents.Filled
) -> None:
    with at_desk(sqlite_instance) as (session, by):
        seed = by.seeds_of(Group.INTAKE)
        one, other = (session.get_one(CaseTitle, told.id) for told in (filled.one, filled.other))
        from portal.casework.access import find, open_case  # noqa: PLC0415

        opened = open_case(session, find(session, by=by, case_id=one.submission_id), by=by)
        assert opened.key.open(Label.CASE_TITLE, one.submission_id, one.blob, version=1)["text"] == TITLE
        with pytest.raises(UnsealError):
            opened.key.open(Label.CASE_TITLE, one.submission_id, other.blob, version=1)
        with pytest.raises(UnsealError):
            opened.key.open(Label.CASE_TITLE, one.submission_id, one.blob, version=2)
        segment = session.scalars(select(IndexSegment)).one()
        blob = session.keys.get_one(SegmentKey, segment.id).blob
        key = unwrap(seed, Sealed(blob), wrap_place("intake", segment.id))
        heads = segment_key(key, "intake", segment.id, "heads")
        raw = unseal(heads, Sealed(segment.heads), segment_place("intake", segment.id, "heads"))
        assert {head.case_id for head in Heads(raw).all()} == {filled.one.id, filled.other.id}
        with pytest.raises(UnsealError):
            unseal(heads, Sealed(segment.words), segment_place("intake", segment.id, "words"))
        with pytest.raises(UnsealError):
            unwrap(seed, Sealed(blob), wrap_place("cases", segment.id))
