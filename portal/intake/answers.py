"""Answers on their way into the submission and out of it: which sealed field holds what, in which words.

A page's answers are one sealed field, canonical JSON: a list of cards, each field -> words. Beside a date in
words stand the days that it may mean. ``asked`` keeps every question exactly as it was shown.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.dates.reading import parse
from portal.intake.asking import Catalogue
from portal.intake.drafts import Draft
from portal.intake.journey import ASKED, Field, Kind, Page, Step, is_prompted

ASKED_AS = "asked"
"""The name of the field that keeps the questions."""

SHEET = "row"
"""Begins what is kept of the line of a table that a card was made of."""

_APART = "-apart"
"""Follows the name of what is sealed with the identity, so that no two fields have the same name."""


def days(words: str) -> str:
    """Return the days that a date in words may mean, as an ISO 8601 interval; empty when that is unclear."""
    read = parse(words)
    return read.interval if read is not None else ""


def _dated(page: Page, card: Mapping[str, str]) -> dict[str, str]:
    """Put beside each date in words what it may mean; the words stay as they were typed."""
    found = dict(card)
    for one in page.fields:
        read = parse(card[one.name]) if one.kind is Kind.DATE and card.get(one.name) else None
        if read is not None and read.placed:
            found[f"{one.name}.calendar"] = read.calendar.value
            found[f"{one.name}.days"] = read.interval
            found[f"{one.name}.precision"] = read.precision.value
    return found


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _fields(page: Page, *, identity: bool) -> list[Field]:
    return [one for one in page.fields if one.identity is identity]


def to_seal(draft: Draft, *, identity: bool) -> Iterator[tuple[str, str]]:
    """Yield the sealed fields of one compartment: every page's, answered or not, and the questions."""
    asked: dict[str, Any] = {}
    for page in ASKED:
        fields = _fields(page, identity=identity)
        names = [one.name for one in fields]
        kept = {*names, SHEET}
        shown = draft.asked.get(page.step, {})
        asked |= {f"{page.step}.{name}": shown[name] for name in names if name in shown}
        if page.own or not fields:
            continue
        cards = [
            {name: value for name, value in _dated(page, card).items() if name.split(".")[0] in kept}
            for card in draft.cards(page.step)
        ]
        yield f"{page.step}{_APART if identity else ''}", _written([card for card in cards if card])
    yield f"{ASKED_AS}{_APART if identity else ''}", _written(asked)


@dataclass(frozen=True)
class Said:
    """One answer as it is read: under which words, what, what its date may mean, and how it was asked."""

    label: str
    value: str
    days: str
    asked: str
    language: str
    version: int


@dataclass(frozen=True)
class Section:
    """What one page brought, card by card; ``prompted`` when it was asked after the free account."""

    step: Step
    title: str
    prompted: bool
    cards: Sequence[Sequence[Said]]


def _value(field: Field, value: str, words: Mapping[str, str]) -> str:
    if field.kind in {Kind.ONE, Kind.MANY}:
        return " · ".join(words.get(one, one).split("\n")[0] for one in value.split())
    return value


def _opened(text: str, empty: object) -> Any:
    try:
        return json.loads(text) if text else empty
    except ValueError:
        return empty


def sections(fields: Mapping[str, str], catalogue: Catalogue, *, identity: bool = False) -> list[Section]:
    """Read the opened fields of one compartment, with the words of the reader's language as labels."""
    end = _APART if identity else ""
    asked = _opened(fields.get(f"{ASKED_AS}{end}", ""), {})
    found = []
    for page in ASKED:
        own = {one.name: fields[one.name] for one in page.fields if fields.get(one.name)} if page.own else {}
        cards = [own] if own else [] if page.own else _opened(fields.get(f"{page.step}{end}", ""), [])
        wanted = [one for one in _fields(page, identity=identity) if one.kind is not Kind.LONG]
        read = [[*_said(page, wanted, card, catalogue, asked)] for card in cards]
        if any(read):
            title = catalogue.page(page.step).title
            found.append(Section(page.step, title, is_prompted(page.step), [one for one in read if one]))
    return found


def _said(
    page: Page,
    fields: Sequence[Field],
    card: Mapping[str, str],
    catalogue: Catalogue,
    asked: Mapping[str, Mapping[str, Any]],
) -> Iterator[Said]:
    for one in fields:
        if card.get(one.name):
            prompt = catalogue.page(page.step).prompts[one.name]
            shown = asked.get(f"{page.step}.{one.name}", {})
            yield Said(
                label=prompt.ask,
                value=_value(one, card[one.name], prompt.choices),
                days=card.get(f"{one.name}.days", ""),
                asked=str(shown.get("text", "")),
                language=str(shown.get("language", "")),
                version=int(shown.get("version", 0)),
            )


ON_CARDS = frozenset(page.step.value for page in ASKED if not page.own)
"""The sealed fields that hold cards."""

_TYPED = {Kind.LINE, Kind.TEXT, Kind.LONG, Kind.DATE}


def typed_on_cards(fields: Mapping[str, str]) -> list[str]:
    """Return what a source typed on cards (people, places, lines of a sheet ...), a card after the other."""
    found = []
    for page in ASKED:
        names = [one.name for one in page.fields if one.kind in _TYPED]
        cards = [] if page.own else _opened(fields.get(page.step, ""), [])
        found += [" · ".join(card[one] for one in names if card.get(one)) for card in cards]
    return [one for one in found if one]


def question(fields: Mapping[str, str], step: Step, name: str) -> tuple[str, str, int]:
    """Return how one question was asked: its text, language and version; empty when that was not kept."""
    shown = _opened(fields.get(ASKED_AS, ""), {}).get(f"{step}.{name}", {})
    return str(shown.get("text", "")), str(shown.get("language", "")), int(shown.get("version", 0))


def helper_of(fields: Mapping[str, str]) -> str:
    """Return what a helper called themselves, from the fields of the identity compartment."""
    cards = _opened(fields.get(f"{Step.HELPING}{_APART}", ""), [])
    return " ".join(card.get("helper", "") for card in cards)


def was_told_before(fields: Mapping[str, str]) -> bool:
    """Tell whether the source has told this to somebody before, so that nobody asks for it again."""
    cards = _opened(fields.get(Step.TOLD, ""), [])
    return any(set(card.get("told_to", "").split()) - {"nobody", "unsure"} for card in cards)


def shown_as(draft: Draft, page: Page, catalogue: Catalogue, names: Sequence[str]) -> None:
    """Keep how the questions of these fields were shown, beside the answers."""
    kept = draft.asked.setdefault(page.step, {})
    for one in page.fields:
        if one.name in names:
            kept[one.name] = catalogue.shown(page.step, one)
