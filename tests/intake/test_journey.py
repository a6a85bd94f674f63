"""The order of the pages a source walks through."""

from itertools import pairwise

from portal.intake.journey import ASKED, PAGES, Relation, Step, after, before, is_prompted, number_of, path

PLAIN: dict[str, str] = {}


def test_the_journey_begins_with_safety_and_ends_with_a_last_look() -> None:
    assert path(PLAIN)[0] is Step.SAFE
    assert path(PLAIN)[-1] is Step.CHECK


def test_every_page_knows_the_one_after_and_the_one_before() -> None:
    for facts in (PLAIN, {"relation": "helper"}, {"pause": "skip"}):
        for earlier, later in pairwise(path(facts)):
            assert after(earlier, facts) is later
            assert before(later, facts) is earlier
        assert before(Step.SAFE, facts) is None
        assert after(Step.CHECK, facts) is None


def test_pages_are_counted_from_one() -> None:
    steps = path(PLAIN)
    assert [number_of(step, PLAIN) for step in steps] == list(range(1, len(steps) + 1))


def test_who_writes_for_another_person_is_asked_about_that_and_nobody_else_is() -> None:
    assert Step.HELPING in path({"relation": Relation.HELPER.value})
    assert Step.HELPING not in path(PLAIN)
    assert Step.HELPING in path(PLAIN, with_step=Step.HELPING), "a page that is open has a place"


def test_who_skips_the_hard_pages_goes_from_the_account_to_the_documents() -> None:
    facts = {"pause": "skip"}
    assert after(Step.PAUSE, facts) is Step.DOCUMENTS
    assert before(Step.DOCUMENTS, facts) is Step.PAUSE


def test_nothing_about_what_happened_is_asked_before_the_free_account() -> None:
    assert [page.step for page in ASKED if not is_prompted(page.step)] == [
        Step.YOU,
        Step.HELPING,
        Step.HOW,
        Step.TOLD,
        Step.ACCOUNT,
    ]
    assert [page.step for page in ASKED if is_prompted(page.step)][:4] == [
        Step.PEOPLE,
        Step.PLACES,
        Step.GROUP,
        Step.RESPONSIBLE,
    ]


def test_whom_one_helps_with_and_how_to_reach_a_source_is_sealed_apart() -> None:
    apart = {one.name for page in ASKED for one in page.fields if one.identity}
    assert apart == {"helper", "called", "contact"}
    assert not any(one.identity for one in PAGES[Step.PEOPLE].fields)
