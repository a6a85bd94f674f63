"""What the group's sealed index costs when 10,000 cases are there: building, opening, answering.

    python tests/benchmarks/index.py [--quick]

Cases of realistic size (``--quick``: 500) are sealed and put into the database past the ledger: sentences of
the demonstration's accounts, mixed, with invented names and words whose frequencies fall as those of a real
text do, so that the vocabulary grows with the number of cases. They are then read in as the page does it, by
one reviewer, and searched. Accounts are some three times as long as the examples in the repository: people
write more than examples do.

How to read it. ``build_cpu_s`` is this process's processor time for reading everything in, through the real
transactions with their ledger entries. ``cpu_ms`` is the middle of the processor time, comparable on a busy
machine. ``open_ms`` is opening all segments once: lists, keys, unsealing.
``answer`` is a whole search from nothing (permissions, opening, searching, the ten cases of a page opened for
their words), because nothing is kept between two requests; ``speak_of`` is the page of a person to whom one
case in a hundred is linked, ``speak_of_thousands`` that of a prison that three in ten are; ``queue`` is
what the own words of fifty cases add to the queue. What building left in memory is frozen before, as the
server does with what it has loaded. ``naive`` opens every case with its own key and looks through its text:
what a search would cost without the index, measured on ``naive_cases`` and scaled.
"""

import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

from apparatus import fresh_instance, milliseconds, quantile, report
from builders import Instance
from cases import at_desk
from indexed import read_in
from sqlalchemy import insert, select

from portal.casework import access, reading, search
from portal.casework.allowed import readable
from portal.casework.index import open_index, titles
from portal.casework.sealing import CaseKey
from portal.config import PACKAGE
from portal.intake.consent import MATRIX
from portal.intake.models import Answer, Compartment, Consent, Part, SealedField, Status, Submission, Use
from portal.intake.sealing import PartKey, seal_field
from portal.linking import speaking
from portal.linking.models import Link
from portal.linking.vocabulary import LinkRelation
from portal.permissions import Group
from portal.registry import service as registry
from portal.registry.starter import load_starter
from portal.registry.vocabulary import Certainty
from portal.store.segments import IndexSegment
from portal.store.wraps import Wrap
from portal.vault.seal import Label
from portal.vault.wrap import key_id, wrap

_BATCH = 1000
_SYLLABLES = {
    "en": "ba be da do fa ga go ha ja ka kha la ma mi na ne pa ra ri sa sha ta va za zi bar far kar mir naz",
    "fa": "با بی دا دو فا گا گو ها جا کا خا لا ما می نا نه پا را ری سا شا تا وا زا زی بر فر کر میر ناز",
}
_QUERIES = (
    "گوهردشت",
    "Gohardasht",
    "Behrang Sarvestani",
    "ملاقات مرداد",
    "Rastgar Shiraz",
    "khavaran",
    "برادرم اوین ۱۳۶۷",
)


def words(chance: random.Random, syllables: list[str], number: int) -> list[str]:
    """Invented words, each once."""
    return list({"".join(chance.choices(syllables, k=chance.randint(2, 4))): None for _ in range(number)})


def sentences() -> list[tuple[str, list[str]]]:
    """The sentences of the demonstration's accounts, by language."""
    found: dict[str, list[str]] = {}
    for line in (PACKAGE / "demo" / "accounts.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        found.setdefault("fa" if one["language"] == "fa" else "en", []).extend(
            part.strip() + "." for part in one["narrative"].split(".") if part.strip()
        )
    return list(found.items())


class Teller:
    """Tells invented accounts: half of it known sentences, half words of a Zipfian vocabulary."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.known = chance, dict(sentences())
        vocabularies = {name: words(chance, some.split(), 60_000) for name, some in _SYLLABLES.items()}
        self.words = {
            name: (one, list(accumulate(1 / (place + 3) for place in range(len(one)))))
            for name, one in vocabularies.items()
        }

    def account(self) -> tuple[str, str]:
        language = self.chance.choices(("fa", "en"), (3, 1))[0]
        vocabulary, weights = self.words[language]
        told: list[str] = []
        for _ in range(self.chance.choice((2, 4, 8, 12, 24))):
            told.append(self.chance.choice(self.known[language]))
            told.append(
                " ".join(self.chance.choices(vocabulary, cum_weights=weights, k=self.chance.randint(5, 14)))
                + "."
            )
        return language, " ".join(told)


def fill(instance: Instance, number: int, record: UUID, person: UUID) -> float:
    """Put sealed cases in, spread over five years; returns the mean length of an account in characters.

    Three in ten are linked to ``record``, one in a hundred to ``person``. One source in twenty has died and
    left the decision to somebody, who has said yes.
    """
    chance = random.Random(11)  # noqa: S311 - invented cases
    teller, letters = Teller(chance), 0
    public = instance.keys.groups[Group.INTAKE.value]
    for start in range(0, number, _BATCH):
        rows: dict[Any, list[dict[str, Any]]] = {}
        for _ in range(min(_BATCH, number - start)):
            linked = [one for one, share in ((record, 0.3), (person, 0.01)) if chance.random() < share]
            letters += _case(rows, chance, teller, instance, public, linked)
        with instance.database.session(write=True) as session:
            for table, several in rows.items():
                unit = session.keys if table is Wrap else session
                unit.connection().execute(insert(table), several)
    return letters / number


def _case(
    rows: dict[Any, list[dict[str, Any]]],
    chance: random.Random,
    teller: Teller,
    instance: Instance,
    public: bytes,
    linked: Sequence[UUID],
) -> int:
    case_id, day = (
        UUID(bytes=os.urandom(16)),
        instance.clock().date() - timedelta(days=chance.randrange(1800)),
    )
    part = PartKey.new(case_id, Compartment.CONTENT)
    language, text = teller.account()
    plain = {"id": case_id, "day": day, "status": Status.RECEIVED, "revision": 1, "group": Group.INTAKE}
    rows.setdefault(Submission, []).append({**plain, "locator": os.urandom(16), "source_key": bytes(32)})
    rows.setdefault(Part, []).append(
        {
            "id": part.part_id,
            "submission_id": case_id,
            "number": 1,
            "compartment": Compartment.CONTENT,
            "day": day,
        }
    )
    for name, said in (("narrative", text), ("language", language), ("relation", "sibling")):
        sealed = {"id": UUID(bytes=os.urandom(16)), "part_id": part.part_id, "name": name, "version": 1}
        rows.setdefault(SealedField, []).append({**sealed, "blob": seal_field(part, name, 1, said)})
    said = [(use, Answer.YES) for use in MATRIX]
    if chance.random() < 0.05:
        said += [(Use.AFTER_DEATH, Answer.ASK), (Use.DIED, Answer.YES), *said]
    for place, (use, answer) in enumerate(said, 1):
        decided = {"number": place, "use": use, "answer": answer, "day": day, "wording": 2, "until": None}
        rows.setdefault(Consent, []).append(
            {"id": UUID(bytes=os.urandom(16)), "submission_id": case_id, "language": language, **decided}
        )
    for record in linked:
        _link(rows, part, record)
    blob = wrap(public, part.key, part.place)
    rows.setdefault(Wrap, []).append(
        {
            "id": UUID(bytes=os.urandom(16)),
            "submission_id": case_id,
            "part_id": part.part_id,
            "key_id": key_id(public),
            "epoch": 1,
            "blob": blob,
        }
    )
    return len(text)


def _link(rows: dict[Any, list[dict[str, Any]]], part: PartKey, record: UUID) -> None:
    link_id, case_id = UUID(bytes=os.urandom(16)), part.submission_id
    value = {
        "certainty": Certainty.LIKELY,
        "quote": "They were held there.",
        "record_id": str(record),
        "relation": LinkRelation.HELD_AT,
    }
    blob = CaseKey(case_id, part).seal(Label.LINK, link_id, value)
    rows.setdefault(Link, []).append({"id": link_id, "submission_id": case_id, "blob": blob})


def timed(act: Callable[[], object], number: int) -> dict[str, float]:
    """Do something many times."""
    taken, spent = [], []
    for _ in range(number):
        begun, cpu = time.perf_counter(), time.process_time()
        act()
        taken.append(time.perf_counter() - begun)
        spent.append(time.process_time() - cpu)
    return {**milliseconds(taken), "cpu_ms": round(quantile(spent, 0.5) * 1000, 2)}


def naive(instance: Instance, number: int) -> float:
    """Seconds to open so many cases one by one and to look through their words."""
    with at_desk(instance, write=False) as (session, by):
        ids = [UUID(bytes=one) for one in list(readable(session, by=by))[:number]]
        begun = time.perf_counter()
        for case_id in ids:
            opened = access.open_case(session, access.find(session, by=by, case_id=case_id), by=by)
            for text in reading.open_texts(opened):
                assert "گوهردشتی" not in text.text or text
        return time.perf_counter() - begun


def run(*, quick: bool) -> dict[str, Any]:
    """Measure everything in one run."""
    number, times = (500, 20) if quick else (10_000, 100)
    with fresh_instance() as instance:
        with instance.database.session(write=True) as session:
            load_starter(session, author="portal", now=instance.clock())
            by = instance.actor("cedar", session)
            record, person = (
                registry.search(session, by=by, text=name, limit=1)[0].id
                for name in ("Gohardasht", "Ebrahim Raisi")
            )
        letters = fill(instance, number, record, person)
        cpu, begun = time.process_time(), time.perf_counter()
        assert read_in(instance) == number
        cpu, wall = time.process_time() - cpu, time.perf_counter() - begun
        gc.collect()
        gc.freeze()
        queries = iter(_QUERIES * times)
        found = {}
        with instance.database.session(write=False) as session:
            sizes = [len(one) for one in session.scalars(select(IndexSegment.words))]
        with at_desk(instance, write=False) as (session, by):
            first = list(readable(session, by=by))[:50]

            def opened() -> None:
                index = open_index(session, by=by)
                for pieces in (index.heads(), index.words()):
                    for _ in pieces:
                        pass

            found["open"] = timed(opened, max(5, times // 5))
            found["permissions"] = timed(lambda: readable(session, by=by), max(5, times // 5))
            found["queue"] = timed(
                lambda: titles(session, by=by, case_ids=[UUID(bytes=one) for one in first]), times
            )
        with instance.database.session(write=True) as session:
            by = instance.actor("cedar", session)

            def asked() -> None:
                session.expire_all()
                search.search(session, by=by, text=next(queries))

            found["answer"] = timed(asked, times)
            for name, one in (("speak_of", person), ("speak_of_thousands", record)):
                found[name] = timed(
                    lambda one=one: speaking.speaking_of(session, by=by, record_id=one),  # type: ignore[misc]
                    max(5, times // 5),
                )
            session.rollback()
        apart = min(number, 500)
        naive_s = naive(instance, apart)
    return {
        "cases": number,
        "mean_letters": round(letters),
        "segments": len(sizes),
        "words_mib": round(sum(sizes) / 2**20, 1),
        "build_cpu_s": round(cpu, 2),
        "build_wall_s": round(wall, 2),
        **found,
        "naive_cases": apart,
        "naive_ms": round(naive_s / apart * number * 1000),
    }


if __name__ == "__main__":
    report(run(quick="--quick" in sys.argv))
