"""Accounts that tell the same are found with reasons, in what one may read, and the word on two is sealed."""

import html
import re
from uuid import UUID

import numpy as np
import pytest
from builders import Instance, token_of
from cases import TEXT, a_case, a_link, a_person, acts_of, at_desk, send_with_file
from hypothesis import given
from hypothesis import strategies as st
from indexed import read_in
from sqlalchemy import select

from portal.config import Face
from portal.errors import NotFoundError, RefusedError, StaleError
from portal.intake import service as intake
from portal.linking import account_pairs, dependence
from portal.linking.account_pairs import Why
from portal.linking.corroboration import Bearing
from portal.linking.models import Dependence
from portal.linking.resembling import resembling

STORY = (
    "My cousin Behrang was taken from his home in Lahijan one autumn evening. The guards searched every room "
    "and carried his books away. Our mother walked to the prison gate each Monday until the clerk returned "
    "his watch."
)
OTHER = (
    "In spring the workers of the textile mill stopped their looms. Two foremen wrote a letter about wages, "
    "and the governor answered with soldiers. Nobody in that street slept, and children counted lorries from "
    "the roofs."
)


def queued(instance: Instance, name: str = "cedar") -> dict[frozenset[UUID], frozenset[Why]]:
    with at_desk(instance, name) as (session, by):
        return {frozenset({one.one, one.other}): one.why for one in account_pairs.queue(session, by=by).pairs}


# Words


@given(st.lists(st.sets(st.integers(0, 400), min_size=12, max_size=60), min_size=2, max_size=8))
def test_equal_sets_are_always_found_and_shares_are_exact(sets: list[set[int]]) -> None:
    every = [*sets, sets[0]]
    rows = [(word, place) for place, words in enumerate(every) for word in words]
    hashes, owners = np.array(rows, dtype=np.int64).T
    found = resembling(hashes.astype(np.uint32), owners.astype(np.int32), count=len(every), least=0.5)
    assert any({one.one, one.other} == {0, len(sets)} and one.share == 1 for one in found)
    for one in found:
        ours, theirs = every[one.one], every[one.other]
        assert one.share == pytest.approx(len(ours & theirs) / len(ours | theirs))


# Cases


def test_the_same_words_sent_twice_are_found_and_other_stories_are_not(instance: Instance) -> None:
    one = a_case(instance, STORY)
    again = a_case(instance, STORY + " He was nineteen.")
    a_case(instance, OTHER)
    read_in(instance)
    assert queued(instance) == {frozenset({one, again}): frozenset({Why.WORDS})}


def test_the_same_file_sent_with_two_accounts_is_found(sqlite_instance: Instance) -> None:
    one, _ = send_with_file(sqlite_instance)
    other, _ = send_with_file(sqlite_instance)
    read_in(sqlite_instance)
    assert Why.FILE in queued(sqlite_instance)[frozenset({one, other})]


def test_the_same_person_alone_is_no_reason_to_think_that_two_tell_the_same(
    sqlite_instance: Instance,
) -> None:
    person = a_person(sqlite_instance)
    for narrative in (f"{STORY} Omid Rastegar.", f"{OTHER} Omid Rastegar."):
        a_link(sqlite_instance, a_case(sqlite_instance, narrative), person)
    read_in(sqlite_instance)
    assert queued(sqlite_instance) == {}


def test_only_what_one_may_read_and_link_is_looked_at(sqlite_instance: Instance) -> None:
    one = a_case(sqlite_instance, STORY)
    shut, unread = (a_case(sqlite_instance, STORY) for _ in range(2))
    read_in(sqlite_instance)
    assert len(queued(sqlite_instance)) == 3
    _withhold(sqlite_instance, shut, "link")
    _withhold(sqlite_instance, unread, "read")
    assert queued(sqlite_instance) == {}
    for other in (shut, unread):
        with at_desk(sqlite_instance) as (session, by), pytest.raises((RefusedError, NotFoundError)):
            account_pairs.beside(session, by=by, one=one, other=other)
        with at_desk(sqlite_instance) as (session, by), pytest.raises((RefusedError, NotFoundError)):
            dependence.mark(
                session,
                by=by,
                one=one,
                other=other,
                reason="x",
                now=sqlite_instance.clock(),
                bearing=Bearing.APART,
            )


def _withhold(instance: Instance, case_id: UUID, use: str) -> None:
    with instance.database.session(write=True) as session:
        day = instance.clock().date()
        intake.decide(session, submission_id=case_id, answers={use: "no"}, language="en", day=day)


@pytest.mark.parametrize("bearing", list(Bearing))
def test_what_is_said_of_two_is_remembered_sealed_and_can_be_taken_back(
    sqlite_instance: Instance, bearing: Bearing
) -> None:
    one, other = a_case(sqlite_instance, STORY), a_case(sqlite_instance, STORY)
    read_in(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        ends = {"one": other, "other": one, "reason": "A secret reason.", "now": sqlite_instance.clock()}
        row = dependence.mark(session, by=by, **ends, bearing=bearing)  # type: ignore[arg-type] # the keywords of mark
        with pytest.raises(StaleError):
            dependence.mark(session, by=by, **ends)  # type: ignore[arg-type] # the keywords of mark
    assert queued(sqlite_instance) == {}
    assert queued(sqlite_instance, "birch") == {}
    with at_desk(sqlite_instance) as (session, by):
        blob = session.scalars(select(Dependence.blob)).one()
        for word in (b"secret", bearing.value.encode(), str(one).encode(), one.bytes):
            assert word not in blob
        found = account_pairs.beside(session, by=by, one=one, other=other)
        assert found.said is not None
        assert found.said.bearing is bearing
        dependence.take_back(session, by=by, dependence_id=row)
    assert len(queued(sqlite_instance)) == 1


def test_only_the_same_source_again_counts_two_accounts_once(sqlite_instance: Instance) -> None:
    one, other = a_case(sqlite_instance, STORY), a_case(sqlite_instance, STORY)
    with at_desk(sqlite_instance) as (session, by):
        opened = account_pairs.beside(session, by=by, one=one, other=other)
        assert opened.said is None
        dependence.mark(
            session,
            by=by,
            one=one,
            other=other,
            reason="x",
            now=sqlite_instance.clock(),
            bearing=Bearing.EVENT,
        )
        cases = dependence._both(session, by=by, case_ids=(one, other))
        assert dependence.marked(session, cases) == []
        assert len(dependence.said(session, cases)) == 1


def test_the_pages_show_reasons_then_both_and_keep_a_decision(sqlite_instance: Instance) -> None:
    one, other = a_case(sqlite_instance, STORY), a_case(sqlite_instance, STORY)
    a_case(sqlite_instance, TEXT)
    read_in(sqlite_instance)
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "cedar")
    listed = html.unescape(client.get("/en/cases/duplicates/accounts").get_data(as_text=True))
    assert "100 in a hundred of their words are the same" in listed
    assert "Behrang" not in listed
    (path,) = set(re.findall(r'href="(/en/cases/duplicates/accounts/[0-9a-f-]{36}/[0-9a-f-]{36})"', listed))
    assert "واژه‌هایشان یکی است" in client.get("/fa/cases/duplicates/accounts").get_data(as_text=True)
    page = client.get(path)
    assert page.get_data(as_text=True).count("Lahijan") == 2
    given_ = {"csrf_token": token_of(page), "bearing": "apart", "reason": ""}
    assert client.post(path, data=given_).status_code == 422
    said = client.post(path, data={**given_, "reason": "Two cousins."}, follow_redirects=True)
    assert "No two accounts seem to tell the same." in said.get_data(as_text=True)
    page = client.get(path)
    text = page.get_data(as_text=True)
    assert "Two cousins." in text
    (back,) = re.findall(r'action="(/en/[^"]+/remove)"', text)
    again = client.post(back, data={"csrf_token": token_of(page)}, follow_redirects=True)
    assert "Two cousins." not in again.get_data(as_text=True)
    acts = acts_of(sqlite_instance)
    assert {"case.look-alike", "link.pair", "link.unpair", "case.read"} <= set(acts)
    assert {one, other} == {UUID(each) for each in path.split("/")[-2:]}
