"""Answers are sealed page by page, with the question as it was asked and a date's words beside its days."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.intake import answers
from portal.intake.asking import catalogue
from portal.intake.drafts import Draft
from portal.intake.journey import ASKED, PAGES, Step

PEOPLE, PLACES, TOLD, HELPING = (PAGES[one] for one in (Step.PEOPLE, Step.PLACES, Step.TOLD, Step.HELPING))
TEXT = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


def sealed(draft: Draft, *, identity: bool = False) -> dict[str, str]:
    return dict(answers.to_seal(draft, identity=identity))


def test_a_date_stays_in_its_words_with_its_days_beside_it() -> None:
    draft = Draft.new()
    draft.take(PLACES, {"when": "تابستان ۱۳۶۷", "ward": "بند ۷"})
    draft.take(PLACES, {"when": "when the plums were ripe"})
    first, second = json.loads(sealed(draft)["places"])
    assert first["when"] == "تابستان ۱۳۶۷"
    assert first["when.days"] == "1988-06-22/1988-09-22"
    assert first["when.calendar"] == "solar"
    assert second == {"when": "when the plums were ripe"}


def test_the_question_is_kept_as_it_was_shown_even_when_the_language_changes_midway() -> None:
    draft = Draft.new()
    for language, page, given_ in (("fa", TOLD, {"where": "کتاب"}), ("en", PEOPLE, {"name": "Simin"})):
        draft.take(page, given_)
        answers.shown_as(draft, page, catalogue(language), list(given_))
    asked = json.loads(sealed(draft)["asked"])
    assert {name: one["language"] for name, one in asked.items()} == {"told.where": "fa", "people.name": "en"}
    assert catalogue("fa").page(Step.TOLD).prompts["where"].ask in asked["told.where"]["text"]
    assert asked["people.name"]["version"] == catalogue("en").version


def test_a_helper_is_known_to_those_who_may_write_and_not_to_those_who_read() -> None:
    draft = Draft.new()
    draft.take(HELPING, {"helper": "Nasrin, a neighbour", "words": "verbatim"})
    answers.shown_as(draft, HELPING, catalogue("en"), ["helper", "words"])
    content, identity = sealed(draft), sealed(draft, identity=True)
    assert "Nasrin" not in str(content)
    assert "helping.helper" not in content["asked"]
    assert json.loads(content["helping"]) == [{"words": "verbatim"}]
    assert answers.helper_of(identity) == "Nasrin, a neighbour"


def test_every_page_has_a_field_whether_it_was_answered_or_not() -> None:
    names = {one.step.value for one in ASKED if not one.own}
    assert set(sealed(Draft.new())) == names | {"asked"}
    assert set(sealed(Draft.new(), identity=True)) == {"asked-apart", "helping-apart"}


def test_what_came_unasked_is_told_apart_from_what_was_asked_for() -> None:
    draft = Draft.new()
    draft.take(TOLD, {"told_to": "court organisation"})
    draft.take(PEOPLE, {"name": "Simin", "basis": "saw told"})
    read = answers.sections(sealed(draft), catalogue("en"))
    assert [(one.step, one.prompted) for one in read] == [(Step.TOLD, False), (Step.PEOPLE, True)]
    assert read[1].cards[0][1].value == "I saw it · I was told"
    assert answers.was_told_before(sealed(draft))
    draft.take(TOLD, {"told_to": "nobody"})
    assert not answers.was_told_before(sealed(draft))


def test_fields_of_an_account_from_before_the_questions_are_read_as_nothing() -> None:
    assert answers.sections({"relation": "", "narrative": "x", "language": "fa"}, catalogue("fa")) == []
    assert answers.sections({"people": "not ours"}, catalogue("fa")) == []
    assert answers.question({}, Step.ACCOUNT, "narrative") == ("", "", 0)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["name", "father", "more"]), TEXT, min_size=1), max_size=4))
def test_cards_are_kept_in_order_and_whole(cards: list[dict[str, str]]) -> None:
    draft = Draft.new()
    wanted: list[dict[str, str]] = []
    for card in cards:
        draft.take(PEOPLE, card)
        draft.take(PEOPLE, card)  # the button was pressed twice
        wanted += [] if wanted[-1:] == [card] else [card]
    draft.take(PEOPLE, {"name": "  "})
    assert json.loads(sealed(draft)["people"]) == wanted
    if wanted:
        draft.take(PEOPLE, {}, 0)
        assert draft.cards(Step.PEOPLE) == wanted[1:]
