"""The pages of permissions: one subject each, on the way and in the folder; none loses another's answers."""

import re

import pytest
from builders import Instance
from sqlalchemy import select
from visits import STORY, Source, by_page, said, token
from werkzeug.test import TestResponse

from portal.intake import wordings
from portal.intake.consent import MATRIX, ORDER, current
from portal.intake.journey import Step
from portal.intake.models import Answer, Consent, Use
from portal.intake.permission_forms import PAGES, changes

IN_FOLDER = [
    "folder/permissions",
    *(f"folder/permissions/{step}" for step in PAGES if step is not Step.PERMISSIONS),
]
ALL = dict.fromkeys([use.value for use in MATRIX], "yes")


@pytest.fixture
def source(sqlite_instance: Instance) -> Source:
    return Source(sqlite_instance)


def leads_to(answer: TestResponse, path: str) -> None:
    assert (answer.status_code, answer.headers["Location"]) == (303, path), said(answer)


def kept(source: Source) -> list[Consent]:
    with source.instance.database.session(write=False) as session:
        return list(session.scalars(select(Consent).order_by(Consent.number)))


def chosen(source: Source, path: str) -> set[tuple[str, str]]:
    found = re.findall(r'name="([a-z-]+)" value="([a-z]+)" checked', source.get(path).text)
    return {(name, value) for name, value in found}


def opened(source: Source, **consent: str) -> Source:
    source.come_back(" ".join(source.submit(**consent)))
    return source


def test_every_use_is_asked_on_exactly_one_page() -> None:
    asked = [use for groups in PAGES.values() for _heading, uses in groups for use in uses]
    assert sorted(asked) == sorted((*MATRIX, Use.SHARE))
    assert all(
        use in wordings.catalogue(one)[wordings.VERSION].questions for use in ORDER for one in ("en", "fa")
    )


@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_page_says_what_it_is_about_and_whom_a_yes_does_not_cover(
    sqlite_instance: Instance, language: str
) -> None:
    source = Source(sqlite_instance, language)
    source.get("account")
    covers = {"en": "does not cover", "fa": "اجازهٔ آن‌ها نیست"}[language]
    for step in PAGES:
        above, page = wordings.above(step, language), said(source.get(step))
        assert above.title in page
        assert above.lead in page
        assert above.note in page
        assert bool(above.note) is (step is not Step.LASTING)
    assert covers in said(source.get("permissions"))


def test_what_one_page_was_answered_no_other_page_loses(source: Source) -> None:
    source.write(STORY, **{**ALL, "until": "2050", "after-death": "ask", "trusted": "Mahin"})
    for step, fields in by_page(ALL).items():
        for action in ("continue", "back", "rest", "skip"):
            source.post(step, action=action, **fields)
    source.post("public", action="continue", **dict.fromkeys(by_page(ALL)[Step.PUBLIC], "no"))
    source.post("check")
    last = {one.use: one for one in kept(source)}
    assert {use for use in MATRIX if last[use].answer is Answer.NO} == {
        Use.PUBLISH,
        Use.PUBLISH_NAME,
        Use.PUBLISH_PHOTO,
        Use.PUBLISH_VOICE,
    }
    assert {str(last[use].until) for use in MATRIX if last[use].answer is Answer.YES} == {"2050-12-31"}
    assert last[Use.AFTER_DEATH].answer is Answer.ASK


def test_a_page_skipped_or_left_open_is_ask_me_first_and_no_decision(source: Source) -> None:
    source.write(STORY, read="yes")
    source.post("check")
    assert [(one.use, one.answer) for one in kept(source)] == [(Use.READ, Answer.YES)]
    held = current(kept(source), on=source.instance.clock().date())
    assert all(held[use] is Answer.ASK for use in MATRIX if use is not Use.READ)


def test_keeping_everything_private_leads_past_the_other_pages(source: Source) -> None:
    source.post("account", narrative=STORY, action="continue")
    source.post("lasting", action="continue", **{"after-death": "years", "years": "9"})
    leads_to(source.post("permissions", action="private"), "/en/reaching")
    assert chosen(source, "public") == {(use.value, "no") for use in MATRIX if "publish" in use}
    lasting = source.get("lasting").text
    assert 'value="9"' in lasting
    assert lasting.count("checked") == 1
    leads_to(source.post("permissions?change=1", action="private"), "/en/check")


def test_from_the_last_look_one_goes_to_any_of_the_pages_and_back(source: Source) -> None:
    source.write(STORY, read="yes")
    way = source.post("permissions?change=1", read="no", action="public").headers["Location"]
    assert way.startswith("/en/public?")
    leads_to(source.post(way.removeprefix("/en/"), publish="ask", action="continue"), "/en/check")
    assert chosen(source, "permissions") == {("read", "no")}
    assert chosen(source, "public") == {("publish", "ask")}


def test_each_answer_is_kept_with_the_words_and_the_language_in_which_it_was_asked(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = source.take_code()
    source.post("account", narrative=STORY, action="continue")
    source.language = "fa"
    source.post("permissions", read="yes", action="continue")
    source.language = "en"
    with monkeypatch.context() as before:
        before.setattr(wordings, "VERSION", 2)
        source.post("sharing", court="yes", action="continue")
    source.instance.clock.advance(days=3)
    source.come_back(words)
    source.post("public", publish="no", action="continue")
    source.post("check", reread="no")
    told = {one.use: (one.language, one.wording, one.day) for one in kept(source)}
    day = source.instance.clock().date()
    now = wordings.VERSION
    assert told == {Use.READ: ("fa", now, day), Use.COURT: ("en", 2, day), Use.PUBLISH: ("en", now, day)}
    assert wordings.text(Use.COURT, "en", 2) == "May it be used in a court case, without your name?"


# in the folder


def test_a_page_of_the_folder_changes_only_what_was_touched(source: Source) -> None:
    opened(source, **ALL, until="2050")
    before = len(kept(source))
    for path, fields in zip(IN_FOLDER, by_page(ALL).values(), strict=True):
        if fields:
            leads_to(source.post(path, **fields), "/en/folder")
    assert len(kept(source)) == before
    source.post(IN_FOLDER[2], **dict.fromkeys(by_page(ALL)[Step.PUBLIC], "yes") | {"publish": "no"})
    source.post(IN_FOLDER[2], publish="yes")
    new = kept(source)[before:]
    assert [(one.use, one.answer.value, str(one.until)) for one in new] == [
        (Use.PUBLISH, "no", "None"),
        (Use.PUBLISH, "yes", "2050-12-31"),
    ]


def test_another_last_day_is_a_new_yes_to_all_that_is_allowed_and_to_nothing_else(source: Source) -> None:
    opened(source, read="yes", link="no", until="2040")
    before = len(kept(source))
    source.change(until="2041")
    assert [(one.use, str(one.until)) for one in kept(source)[before:]] == [(Use.READ, "2041-12-31")]
    source.post(IN_FOLDER[3], until="")
    assert [(one.use, one.until) for one in kept(source)[before + 1 :]] == [(Use.READ, None)]


def test_what_has_ended_is_asked_anew_and_never_becomes_a_decision_by_itself(source: Source) -> None:
    words = " ".join(source.submit(read="yes", contact="yes", until="2026-12-31"))
    source.instance.clock.advance(days=60)
    source.come_back(words)
    before = len(kept(source))
    assert chosen(source, IN_FOLDER[0]) == {("read", "ask"), ("contact", "ask")}
    source.post(IN_FOLDER[0], read="ask", contact="ask")
    assert len(kept(source)) == before
    source.post(IN_FOLDER[0], read="yes", contact="ask")
    assert [(one.use, one.until) for one in kept(source)[before:]] == [(Use.READ, None)]


def test_a_button_leads_to_another_page_and_keeps_what_was_chosen(source: Source) -> None:
    opened(source, read="yes")
    leads_to(source.post(IN_FOLDER[0], read="no", action="sharing"), "/en/folder/permissions/sharing")
    assert "They hold from now on" in said(source.get(IN_FOLDER[1]))
    leads_to(source.post(IN_FOLDER[1], court="ask", action="permissions"), "/en/folder/permissions")
    assert chosen(source, IN_FOLDER[0]) == {("read", "no")}
    assert chosen(source, IN_FOLDER[1]) == {("court", "ask")}
    assert source.get("folder/permissions/permissions").status_code == 404
    assert source.get("folder/permissions/nonsense").status_code == 404


def test_a_page_open_in_another_window_gives_nothing_back_that_was_taken_away(source: Source) -> None:
    opened(source, read="yes", link="yes")
    page = source.get(IN_FOLDER[0])
    seen = re.findall(r'name="seen" value="([^"]+)"', page.text)[0]
    source.post(IN_FOLDER[0], read="no", link="yes")
    answer = source.send(IN_FOLDER[0], csrf_token=token(page), seen=seen, read="yes", link="no")
    leads_to(answer, "/en/folder/permissions")
    assert "changed in another window" in said(source.get(IN_FOLDER[0]))
    assert chosen(source, IN_FOLDER[0]) == {("read", "no"), ("link", "yes")}


def test_what_is_not_touched_is_no_change() -> None:
    held = {"read": "yes", "link": "ask", "until": "2050-12-31"}
    assert changes(held, {"read": "yes", "link": "ask"}, Step.PERMISSIONS) == {}
    assert changes(held, {"link": "yes"}, Step.PERMISSIONS) == {"link": "yes", "until": "2050-12-31"}
    assert changes(held, {"until": "2050-12-31"}, Step.LASTING) == {}
    assert changes(held, {}, Step.LASTING) == {"read": "yes"}


# what follows a death

LASTING = IN_FOLDER[3]


def wish(source: Source) -> tuple[str, int | None]:
    last = {one.use: one for one in kept(source)}[Use.AFTER_DEATH]
    return last.answer.value, last.years


def test_every_way_to_go_on_after_a_death_is_a_choice_of_its_own(source: Source) -> None:
    opened(source, read="yes")
    for given, held_now, told in (
        ({"after-death": "years", "years": "20"}, ("no", 20), "closed to everybody for 20 years"),
        ({"after-death": "no", "years": "20"}, ("no", None), "closed to everybody, for good"),
        (
            {"after-death": "ask", "trusted": "Mahin", "years": "9"},
            ("ask", None),
            "\u2068Mahin\u2069 decides",
        ),
        ({"after-death": "yes", "trusted": "Mahin"}, ("yes", None), "What you allowed stays allowed"),
    ):
        leads_to(source.post(LASTING, **given), "/en/folder")
        assert wish(source) == held_now
        assert told in said(source.get("folder"))
        [shown] = re.findall(r"<input checked[^>]*>", source.get(LASTING).text)
        assert f'value="{given["after-death"]}"' in shown


FOR_YEARS = {"after-death": "years", "years": "10"}
FOR_GOOD = {"after-death": "no"}


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (FOR_YEARS, FOR_GOOD, "closed to everybody, for good"),
        (FOR_YEARS, {"after-death": "ask"}, "A person you trust decides"),
        (FOR_GOOD, {"years": "9", "action": "back"}, "closed to everybody, for good"),
        ({"after-death": "ask", "trusted": "Mahin"}, {"after-death": "ask"}, "\u2068Mahin\u2069 decides"),
        ({"after-death": "ask", "trusted": "Mahin"}, FOR_YEARS, "closed to everybody for 10 years"),
    ],
)
def test_of_two_windows_no_wish_takes_half_of_the_other_one_s(
    source: Source, first: dict[str, str], second: dict[str, str], told: str
) -> None:
    source.post("account", narrative=STORY, action="continue")
    pages = [source.get("lasting") for _window in range(2)]
    for page, given in zip(pages, (first, second), strict=True):
        seen = re.findall(r'name="seen" value="([^"]+)"', page.text)[0]
        source.send("lasting", csrf_token=token(page), seen=seen, **{"action": "continue", **given})
    assert told in said(source.get("check"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"after-death": "years"}, "Write for how many years"),
        ({"after-death": "years", "years": "many"}, "Write a number of years"),
        ({"years": "9"}, "Choose also the answer"),
        ({"trusted": "Mahin"}, "Choose also the answer"),
    ],
)
def test_what_would_mean_nothing_is_asked_for_before_it_is_kept(
    source: Source, given: dict[str, str], told: str
) -> None:
    opened(source, read="yes")
    answer = source.post(LASTING, **given)
    assert answer.status_code == 200
    assert told in said(answer)
    assert Use.AFTER_DEATH not in {one.use for one in kept(source)}


def test_whoever_goes_back_from_it_half_way_finds_what_they_typed(source: Source) -> None:
    source.post("account", narrative=STORY, action="continue")
    leads_to(source.post("lasting", trusted="Mahin", action="back"), "/en/public")
    assert 'value="Mahin"' in source.get("lasting").text


def test_nothing_about_the_time_after_a_death_is_folded_away(source: Source) -> None:
    opened(source, read="yes")
    page = source.get(LASTING).text
    assert "<details" not in page[page.index("<main") :]
    assert page.index('value="years"') < page.index('name="years"') < page.index('value="no"')
    assert page.index('value="ask"') < page.index('name="trusted"')
