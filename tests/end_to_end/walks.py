"""Ways that a source goes through the pages, without scripts; each is told once and used by many tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from end_to_end.browser import Person
from end_to_end.media import a_pdf, a_photo, a_recording

from portal.demo import stage

ON = "main form button[value=continue]"
SKIP = "main form button[value=skip]"
PEOPLE = {
    "fa": ({"name": "سیمین راد", "born": "حدود ۱۳۴۰"}, {"name": "برادر سیمین", "father": "یادم نیست"}),
    "en": ({"name": "Simin Rad", "born": "about 1961"}, {"name": "Simin's brother", "father": "I forget"}),
}
PLACES = {
    "fa": {"ward": "بند هفت", "when": "تابستان ۶۷"},
    "en": {"ward": "Ward seven", "when": "summer of 1988"},
}
FILES = {"letter.pdf": a_pdf(), "grave.jpg": a_photo(), "voice.mp3": a_recording()}
CAPTIONS = {
    "fa": ("نامهٔ برادرم از زندان", "عکسی از خاوران، بهار ۱۳۶۸", "صدای مادرم"),
    "en": ("A letter from my brother", "A photograph of Khavaran, spring of 1989", "My mother's voice"),
}
SAMPLES = {"fa": "s1", "en": "s2"}
RELATIONS = {"fa": "sibling", "en": "survivor"}
CALLED = {"fa": "ساحل", "en": "Seagull"}


def sample(language: str) -> Mapping[str, Any]:
    """Return the invented account that this language is tested with."""
    return next(one for one in stage.accounts() if one["id"] == SAMPLES[language])


@dataclass(frozen=True)
class Kept:
    """What a source has written down: the nine words."""

    words: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def begin(source: Person) -> Kept:
    """Walk from the first page to the account: past the advice for a watched house, skipping what one can."""
    source.go("/")
    source.press("main .buttons a.button >> nth=0")
    source.press("main form button[value=iran]")
    source.press("main .buttons a.button >> nth=0")
    kept = note(source)
    source.choose({"relation": RELATIONS[source.language]})
    source.press(ON)
    source.press(SKIP)  # how to tell it
    source.press(SKIP)  # to whom it was told before
    return kept


def words_of(source: Person) -> tuple[str, ...]:
    """Read the nine words that a page shows."""
    words = tuple(source.page.locator(".words bdi").all_inner_texts())
    assert len(words) == 9
    return words


def note(source: Person) -> Kept:
    """Write the private code down, and put typing it back off."""
    kept = Kept(words_of(source))
    source.press(ON)
    source.press("main .ways a >> nth=1")
    return kept


def asked(source: Person) -> None:
    """Walk from the content note to the documents: two people, a place and time; the rest is skipped."""
    first, second = PEOPLE[source.language]
    source.press(ON)
    source.fill(first)
    source.choose({"basis": "saw"})
    source.press("main form button[value=add]")
    source.fill(second)
    source.press(ON)
    source.fill(PLACES[source.language])
    source.press(ON)
    source.press(SKIP)  # a group
    source.press(SKIP)  # who is responsible


def rest(source: Person, other: Person, kept: Kept) -> None:
    """Stop at this page, erase nothing, close the browser; go on in another one with the nine words."""
    stopped = source.page.url
    source.press("main form button[value=rest]")
    source.press("main a[href$='/erase']")
    source.press("main .ways a")
    assert source.page.url.endswith("/rest")
    source.close()
    other.go("/return")
    other.fill({"words": " ".join([kept.words[1], kept.words[0], *kept.words[2:]])})
    other.press(ON)
    assert other.page.locator("#errors").is_visible()
    other.fill({"words": kept.text})
    other.press(ON)
    assert other.page.url == stopped
    other.go("/code")
    other.page.click("main summary")
    assert words_of(other) == kept.words
    other.go(f"/{stopped.rpartition('/')[2]}")


def tell(source: Person, *, files: bool = True, later: Callable[[], Person] | None = None) -> Person:
    """Walk from the first page to the one before sending; ``later`` gives a browser to go on with."""
    language = source.language
    kept = begin(source)
    source.fill({"narrative": sample(language)["narrative"]})
    if later is not None:
        other = later()
        rest(source, other, kept)
        source = other
        assert source.page.input_value("[name=narrative]") == sample(language)["narrative"]
    source.press(ON)
    asked(source)
    if files:
        for (name, content), caption in zip(FILES.items(), CAPTIONS[language], strict=True):
            source.attach(name, content, caption)
            assert source.status == 200, source.text()
            assert caption in source.text(".files")
    source.press("main button[value=continue]")
    source.choose(dict.fromkeys(("contact", "read", "link", "research", "statistics"), "yes"))
    source.press(ON)
    source.choose({"court": "yes"})
    source.press(ON)
    source.choose({"publish": "no"})
    source.press(ON)
    source.press(ON)
    source.fill({"called": CALLED[language], "contact": ""})
    source.choose({"reread": "yes"})
    source.press(ON)
    assert sample(language)["narrative"] in source.text(".narrative")
    return source


def send(source: Person) -> Kept:
    """Send, and write the nine words down."""
    source.press(ON)
    return Kept(words_of(source))


def confirm(source: Person, kept: Kept) -> None:
    """Type the words back: first with two of them changed, then as they are."""
    source.press("main .buttons a.button")
    first, second, *rest = kept.words
    source.fill({"words": " ".join((second, first, *rest))})
    source.press(ON)
    assert source.page.locator("#errors").is_visible()
    source.fill({"words": kept.text})
    source.press(ON)
    assert source.page.locator("#errors").count() == 0
    assert source.page.locator("main ol").is_visible()


def come_back(source: Person, kept: Kept) -> None:
    """Open the folder with the nine words."""
    source.go("/return")
    source.fill({"words": kept.text})
    source.press(ON)
    assert source.page.url.endswith("/folder")
