"""What sources are told promises nothing that the place cannot keep (outcome, payment, perfect secrecy)."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from portal.config import PACKAGE
from portal.intake import wordings
from portal.intake.asking import catalogue
from portal.web.languages import FINISHED

GOLDEN = Path(__file__).parent.parent / "golden" / "permissions.txt"

PROMISES = {
    "en": (
        r"\bwe (promise|guarantee|assure|will make sure)\b",
        r"\bguarantee[ds]?\b",
        r"\bjustice will\b|\bwill be (punished|convicted|arrested|tried|found)\b|\bwill lead to\b",
        r"\b(compensation|reward|payment|we pay|paid for)\b",
        r"\b(completely|totally|absolutely|perfectly|fully|100 ?%) ?(safe|secure|anonymous|secret)",
        r"\b(confidential|untraceable|unhackable)\b",
        r"\bnobody (can|will) ever\b|\bno one (can|will) ever\b|\byou are safe here\b",
    ),
    "fa": (
        r"(?<!ن)می‌توانیم قول|قول می‌دهیم|تضمین می‌کنیم|اطمینان می‌دهیم",
        r"عدالت اجرا|مجازات خواهند|محاکمه خواهند|دستگیر خواهند|پیدا خواهد شد",
        r"غرامت|پاداش|پول می‌دهیم|دستمزد",
        r"(کاملاً|کاملا|صددرصد|صد در صد|مطلقاً) (امن|ناشناس|محرمانه|مخفی)",
        r"محرمانه|غیرقابل ردیابی|هیچ‌کس هرگز|هیچ کس هرگز",
    ),
}


def promises(text: str, language: str) -> list[str]:
    """Return the words of a text that promise what nobody here can keep."""
    return [found[0] for rule in PROMISES[language] for found in re.finditer(rule, text, re.IGNORECASE)]


def told(language: str) -> Iterator[str]:
    """Yield everything that the pages of the public side say: the catalogues of messages and of prompts."""
    for name in ("intake", "journey", "shell", "web"):
        with (PACKAGE / "translations" / "fa" / f"{name}.po").open("rb") as source:
            for message in read_po(source):
                said = message.id if language == "en" else message.string
                yield from [said] if isinstance(said, str) else said
    for page in catalogue(language).pages.values():
        yield from (page.title, page.lead, page.note)
        for prompt in page.prompts.values():
            yield from (prompt.ask, prompt.help, *prompt.choices.values())
    asked = wordings.catalogue(language)[wordings.VERSION]
    yield from asked.questions.values()
    yield from (line for above in asked.pages.values() for line in (above.title, above.lead, above.note))


@pytest.mark.parametrize("language", list(FINISHED))
def test_nothing_is_promised_that_cannot_be_kept(language: str) -> None:
    lines = [line for line in told(language) if line]
    assert len(lines) > 300
    assert {line: found for line in lines if (found := promises(line, language))} == {}


@pytest.mark.parametrize("language", list(FINISHED))
def test_that_nothing_can_be_promised_is_said(language: str) -> None:
    said = {"en": "We cannot promise", "fa": "قول"}[language]
    assert any(said in line for line in told(language))


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "We promise that they will be punished."),
        ("en", "Your account is completely anonymous."),
        ("en", "What you say stays confidential."),
        ("en", "You will receive compensation."),
        ("en", "Nobody can ever find you."),
        ("en", "This will lead to a trial."),
        ("fa", "قول می‌دهیم که آن‌ها محاکمه شوند."),
        ("fa", "این‌جا صددرصد امن است."),
        ("fa", "گفته‌های شما محرمانه می‌ماند."),
        ("fa", "غرامت می‌گیرید."),
        ("fa", "هیچ‌کس هرگز شما را پیدا نمی‌کند."),
    ],
)
def test_a_promise_is_found(language: str, line: str) -> None:
    assert promises(line, language)


ONCE_CALLED = {
    "en": ("private code", "private words", "secret words"),
    "fa": ("رمز خصوصی", "کلمه‌های خصوصی", "کد خصوصی"),
}


@pytest.mark.parametrize("language", list(FINISHED))
def test_the_nine_words_have_one_name(language: str) -> None:
    lines = [line for line in told(language) if line]
    assert [line for line in lines if any(name in line.lower() for name in ONCE_CALLED[language])] == []


STIFF = {
    r"وب‌گاه": "وب‌سایت",
    r"بارگیری": "دانلود",
    r"تاریخچه": "سابقه",
    r"خط قطع": "اینترنت قطع",
    r"(?<=به )زبان (خودم|خودتان)\b": "با کلمات خودتان",
    r"ماجرا": "آنچه گذشت",
    r"\bبلهٔ\b": "اجازه",
    r"(?<![\w‌])(نگه دار|بردار|بیفزا|برو|بخوان|بفرست)(?![\w‌])": "نگه داشتن، برداشتن، افزودن",
    r"(?<![\w‌])کی(?![\w‌])": "چه زمانی، چه وقت",
}
"""What a translation leaves behind in Persian, and what is said instead."""


def test_persian_reads_as_it_is_spoken() -> None:
    lines = [line for line in told("fa") if line]
    assert {line: rule for line in lines for rule in STIFF if re.search(rule, line)} == {}


def test_a_question_about_permissions_is_not_changed_without_a_new_version() -> None:
    """Kept decisions name a version: what it said stands for good, one line for each language."""
    kept = [tuple(line.split()) for line in GOLDEN.read_text().splitlines()] if GOLDEN.exists() else []
    now = [
        (str(number), language, hashlib.sha256(repr((dict(told.questions), told.pages)).encode()).hexdigest())
        for language in FINISHED
        for number, told in wordings.catalogue(language).items()
    ]
    if os.environ.get("PORTAL_WRITE_GOLDEN"):
        assert set(kept) <= set(now), "a version that sources have seen was changed"
        GOLDEN.write_text("".join(f"{' '.join(line)}\n" for line in sorted(now)))
        return
    assert sorted(now) == sorted(kept), "add a version in every language, then write the golden file"
    newest = {language: max(wordings.catalogue(language)) for language in FINISHED}
    assert set(newest.values()) == {wordings.VERSION}
