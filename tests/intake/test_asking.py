"""The questions: every one in every language, kept by version, and none that leads."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from portal.intake import asking
from portal.intake.asking import Catalogue, catalogue
from portal.intake.journey import ASKED, BASIS, Kind, Step, is_prompted
from portal.web.languages import FINISHED

GOLDEN = Path(__file__).parent.parent / "golden" / "prompts.txt"

ASKS_OPENLY = {
    "en": r"^(to whom|from where|where|who|whom|what|when|which|how)\b",
    "fa": r"(چه|چی|چطور|چگونه|کی|کِی|کجا|کدام|کیست|چند|چقدر)",
}
YES_OR_NO = {
    "en": r"\b(did|didn't|wasn't|isn't|weren't) (you|he|she|they|it)\b"
    r"|^(was|were|is|are|did|do|does|has|have|had)\b",
    "fa": r"(^|\s)(آیا|مگر)\b|مگر نه",
}
PERPETRATORS = {
    "en": r"khomeini|nayyeri|nayeri|eshraghi|pour-?mohammadi|raisi|noury|lashkari|naserian"
    r"|guards?\b|commission",
    "fa": r"خمینی|نیری|اشراقی|پورمحمدی|رئیسی|نوری|لشکری|ناصریان|پاسدار|هیئت مرگ|دادیار",
}
COUNTS = {
    "en": r"\d|\b(dozens?|hundreds?|thousands?|two|three|ten|twenty|many (people|prisoners))\b",
    "fa": r"[0-9۰-۹]|هزار|(?<!\w)صدها|(?<!\w)ده‌ها|(?<!\w)(دو|سه|چهار|پنج|ده|بیست|صد) (نفر|زندانی)",
}
FACTS = {
    "en": r"\b(hang(ed|ing)?|executed?|executions?|kill(ed|ing)?|massacre|mass grave|tortur\w*|rap(ed|e)"
    r"|shot|fatwa|evin|gohardasht|khavaran|mordad|1988)\b",
    "fa": r"اعدام|حلق‌آویز|دار زد|کشته|کشتند|قتل|کشتار|گور جمعی|گورهای جمعی|شکنجه|تجاوز"
    r"|تیرباران|فتوا|اوین|گوهردشت|خاوران|مرداد",
}


def leading(text: str, language: str) -> list[str]:
    """Name what is leading about a question, or about what stands beside it."""
    rules = {
        "yes or no": YES_OR_NO,
        "names a perpetrator": PERPETRATORS,
        "names a count": COUNTS,
        "names a fact": FACTS,
    }
    found = [name for name, rule in rules.items() if re.search(rule[language], text, re.IGNORECASE)]
    asks = text.endswith(("?", "؟"))
    if asks and not re.search(ASKS_OPENLY[language], text, re.IGNORECASE):
        found.append("not an open question")
    return found


def about_facts(prompts: Catalogue) -> Iterator[str]:
    """Yield every line of the pages that ask about what happened."""
    for page in ASKED:
        if is_prompted(page.step) and page.step is not Step.REACHING:
            told = prompts.page(page.step)
            yield from (told.title, told.lead, told.note)
            for prompt in told.prompts.values():
                yield from (prompt.ask, prompt.help, *prompt.choices.values())


@pytest.mark.parametrize("language", list(FINISHED))
def test_no_question_leads(language: str) -> None:
    lines = [line for line in about_facts(catalogue(language)) if line]
    assert len(lines) > 30
    assert {line: found for line in lines if (found := leading(line, language))} == {}
    account = catalogue(language).page(Step.ACCOUNT)
    for line in (account.title, account.lead, *(one.ask for one in account.prompts.values())):
        assert leading(line, language) == []


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Was he hanged?"),
        ("en", "Did you see the guards take him away?"),
        ("en", "Do you know Nayyeri?"),
        ("en", "What did the Death Commission ask you?"),
        ("en", "Which of the thousands do you remember?"),
        ("en", "Who of the 30 in your cell came back?"),
        ("en", "When was your brother executed?"),
        ("en", "The mass grave that you saw"),
        ("en", "He died in prison, right?"),
        ("en", "For example: Evin, ward 209"),
        ("fa", "آیا او را اعدام کردند؟"),
        ("fa", "نیری را دیدید؟"),
        ("fa", "پاسدارها چه گفتند؟"),
        ("fa", "از آن سه نفر کدام برگشت؟"),
        ("fa", "کدام‌یک از هزاران نفر را می‌شناختید؟"),
        ("fa", "کی تیرباران شد؟"),
        ("fa", "گور جمعی کجا بود؟"),
        ("fa", "او را از بند بردند؟"),
        ("fa", "مثلاً: اوین، بند ۲۰۹"),
    ],
)
def test_a_question_that_leads_is_found(language: str, line: str) -> None:
    assert leading(line, language)


@pytest.mark.parametrize("language", list(FINISHED))
def test_every_question_of_the_journey_is_worded_and_nothing_else_is(language: str) -> None:
    prompts = catalogue(language)
    assert set(prompts.pages) == {page.step.value for page in ASKED}
    for page in ASKED:
        told = prompts.page(page.step)
        assert told.title
        assert set(told.prompts) == {one.name for one in page.fields}
        for one in page.fields:
            assert list(told.prompts[one.name].choices) == list(one.choices), (page.step, one.name)


def test_pages_about_facts_offer_no_choice_but_how_one_knows() -> None:
    for page in ASKED:
        if is_prompted(page.step) and page.step is not Step.REACHING:
            offered = {one.choices for one in page.fields if one.kind in {Kind.ONE, Kind.MANY}}
            assert offered <= {BASIS}, page.step


def test_a_question_is_not_changed_without_a_new_version() -> None:
    """Kept answers name a version: what it said stands here for good, one line for each language."""
    kept: Mapping[tuple[str, str], str] = {
        (version, language): digest
        for version, language, digest in (line.split() for line in GOLDEN.read_text().splitlines())
    }
    now = {}
    for path in sorted(Path(asking.__file__).with_name("prompts").glob("*.toml")):
        prompts = asking.read(path.read_text(encoding="utf-8"))
        assert prompts.language == path.stem
        digest = hashlib.sha256(repr(prompts.pages).encode()).hexdigest()
        now[str(prompts.version), path.stem] = digest
    if os.environ.get("PORTAL_WRITE_GOLDEN"):
        lines = sorted(" ".join((*place, digest)) for place, digest in {**kept, **now}.items())
        GOLDEN.write_text("\n".join(lines) + "\n")
        return
    assert len({version for version, _ in now}) == 1, "all languages stand at the same version"
    assert now.items() <= kept.items(), "raise the version in every language, then write the golden file"


def test_what_is_kept_of_a_question_is_what_was_shown() -> None:
    page = next(one for one in ASKED if one.step is Step.PLACES)
    when = next(one for one in page.fields if one.name == "when")
    for language in FINISHED:
        prompts = catalogue(language)
        shown = prompts.shown(page.step, when)
        told = prompts.page(page.step)
        assert (shown["language"], shown["version"]) == (language, prompts.version)
        for line in (told.title, told.lead, told.prompts["when"].ask, told.prompts["when"].help):
            assert line in str(shown["text"])
