"""A candidate in words: its names, how far the name agrees, and what speaks for and against it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import url_for

from portal.linking import labels
from portal.linking.candidates import Candidate
from portal.linking.evidence import Evidence, Sort
from portal.linking.matching import Kind as Way
from portal.registry.labels import LABELS
from portal.registry.names import fold
from portal.registry.records import shown
from portal.registry.vocabulary import Sex
from portal.web.locale import gettext as _
from portal.web.locale import language, latin_digits, number

_WEIGHTY = 2.0
"""Bits of evidence beside the name that are worth a word of their own."""
_CLOSED = "\u2068{}\u2069"
"""Keeps the direction of a name to itself inside a sentence of the other script."""


def card(one: Candidate, text: str) -> dict[str, Any]:
    """Return what a candidate's card shows; ``text`` is the name that was asked for."""
    name, also = shown(one.record.names, language())
    person = one.record.person
    lines = [str(labels.TARGETS[one.target])]
    if person and person.father_name:
        lines.append(_("father: %(name)s", name=_apart(person.father_name)))
    if person and person.origin:
        lines.append(_("from: %(name)s", name=_apart(_figures(person.origin))))
    if person and person.birth_words:
        lines.append(_("born: %(words)s", words=_apart(_figures(person.birth_words))))
    agreeing, missing = names_agree(one, text)
    return {
        "id": one.record.id,
        "name": name,
        "also": also,
        "url": url_for("registry.show", record_id=one.record.id),
        "lines": lines,
        "score": str(standing(one)),
        "supports": [*agreeing, *_said(one.evidence, lambda each: each.weight > 0)],
        "against": [
            *missing,
            *_said(one.evidence, lambda each: each.weight < 0 and not each.contradicts),
            *(_("already linked: %(relation)s", relation=str(labels.RELATIONS[word])) for word in one.linked),
        ],
        "contradicts": _said(one.evidence, lambda each: each.contradicts),
        "judged": one.judged,
    }


def standing(one: Candidate) -> Any:
    """Sum a candidate up in words; what it is not is a measure of anything."""
    if any(each.contradicts for each in one.evidence):
        return labels.STANDINGS["contradicted"]
    beside = sum(each.weight for each in one.evidence) >= _WEIGHTY
    return labels.STANDINGS[("name" if one.agrees else "part") + ("-and-more" if beside else "")]


def names_agree(one: Candidate, text: str) -> tuple[list[str], list[str]]:
    """Say how the name asked for and the record's nearest name agree, and where they do not."""
    ways = {reason.kind for reason in one.reasons}
    if ways and ways <= {Way.SAME}:
        return [str(labels.SAME_NAME)], []
    if ways and ways <= {Way.SAME, Way.SOUNDS_ALIKE}:
        return [str(labels.SAME_SOUND)], []
    known = [spelling.text for spelling in one.record.names]
    sure = [
        _as_written(each.known, known) for each in one.reasons if each.kind in {Way.SAME, Way.SOUNDS_ALIKE}
    ]
    agreeing = [_("these words agree: %(words)s", words=_apart(" ".join(sure)))] if sure else []
    agreeing += [
        _(
            "%(asked)s may be %(known)s",
            asked=_apart(_as_written(each.asked, [text])),
            known=_apart(_as_written(each.known, known)),
        )
        for each in one.reasons
        if each.kind is Way.SIMILAR
    ]
    lacks = [_as_written(each.asked, [text]) for each in one.reasons if each.kind is Way.MISSING]
    more = [_as_written(each.known, known) for each in one.reasons if each.kind is Way.ADDITIONAL]
    apart = [_("its name has no %(words)s", words=_apart(" ".join(lacks)))] if lacks else []
    apart += [_("its name also has %(words)s", words=_apart(" ".join(more)))] if more else []
    return agreeing, apart


def _as_written(word: str, texts: Iterable[str]) -> str:
    """Find how a folded word stands in one of the texts."""
    for text in texts:
        for written in text.split():
            if fold(written).replace(" ", "") == word:
                return written.strip(".,;:!?،؛؟()«»\"'")
    return word


def _figures(text: str) -> str:
    """Write the figures in somebody's words with the reader's digits."""
    return str(number(latin_digits(text)))


def _apart(text: str) -> str:
    return _CLOSED.format(text)


def _said(evidence: Sequence[Evidence], wanted: Any) -> list[str]:
    return [_in_words(one) for one in evidence if wanted(one)]


def _in_words(one: Evidence) -> str:
    words: Mapping[Sort, Any] = labels.FOR if one.weight >= 0 else labels.AGAINST
    said, known = one.said, one.known
    if one.sort is Sort.SEX:
        known = str(LABELS[Sex][Sex(known)])
    if one.sort is Sort.AGE:
        said = str(number(int(said)))
    return str(words[one.sort]) % {"said": _apart(said), "known": _apart(known)}
