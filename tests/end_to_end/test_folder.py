"""A folder without scripts: a question answered, words added, who opened it, a copy, other permissions."""

import io
import zipfile

import pytest
from builders import EVERYTHING, a_submission
from cases import at_desk
from end_to_end.conftest import Portal

from portal.casework import asking, reading
from portal.intake.models import Use


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_source_answers_adds_looks_who_came_and_takes_a_copy(portal: Portal, language: str) -> None:
    instance = portal.instance
    with instance.database.session(write=True) as session:
        given = {**EVERYTHING, "court": "ask"}
        sent = a_submission(instance, session, "مادرم این را گفت.", consent=given, reread="yes")
    case_id = sent.submission.id
    with at_desk(instance, "maple") as (session, by):
        reading.read(session, by=by, case_id=case_id)
        asking.ask(
            session, by=by, case_id=case_id, use=Use.COURT, reason="A trial begins.", now=instance.clock()
        )
    source = portal.source(language)
    source.go("/return")
    source.fill({"words": " ".join(sent.receipt.words(language))})
    source.press("main form button[type=submit]")
    assert "A trial begins." in source.text("#questions")
    source.press("#questions button[value=yes]")
    assert source.page.locator("#questions").count() == 0
    source.press("a[href$='/folder/who']")
    assert source.page.locator(".answers li").count() == 1
    source.go("/folder/add")
    source.fill({"text": "یک چیز دیگر."})
    source.press("main form button[type=submit]")
    assert "یک چیز دیگر." in source.text()
    source.go("/folder/permissions/lasting")
    source.fill({"until": "1430" if language == "fa" else "2050"})
    source.press("#rows button[value=continue]")
    assert source.page.url.endswith("/folder"), source.text()
    source.press("a[href$='/folder/copy']")
    name, content = source.save("a[href$='/folder/copy/all.zip']")
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        assert (name, made.namelist()[0]) == ("all.zip", "1-text.txt")
    portal.findings.check()
