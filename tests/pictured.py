"""Something to draw: a prisoner whom two sources follow, a full prison, a grave with rival counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from builders import Instance
from cases import at_desk
from sqlalchemy import select

from portal.database import PortalSession
from portal.permissions import Role
from portal.registry import service as registry
from portal.registry.models import Record
from portal.registry.periods import Period, said
from portal.registry.records import Cite, Claim, EventFacts, Facts, PersonFacts, Spelling
from portal.registry.saying import Bond
from portal.registry.vocabulary import (
    EventKind,
    Living,
    Part,
    PersonRole,
    Predicate,
    RelationKind,
    SourceKind,
)
from portal.staff.actor import Actor

HIDDEN = "Nobody May Know"


@dataclass
class Painter:
    """Writes records down as a lead would, so that restricted ones can be among them."""

    session: PortalSession
    by: Actor
    instance: Instance
    known: dict[str, UUID] = field(default_factory=dict)

    def code(self, code: str) -> UUID:
        """Find a record of the starter."""
        return self.session.scalars(select(Record.id).where(Record.code == code)).one()

    def source(self, title: str, author: str, year: int) -> Cite:
        """Add an invented source."""
        made = registry.add_source(
            self.session, by=self.by, kind=SourceKind.INVENTED, title=title, author=author, year=year
        )
        return Cite(made.id)

    def record(self, names: tuple[str, ...], facts: Facts, *, restricted: bool = False) -> UUID:
        """Add a record under its names."""
        made = registry.add(
            self.session,
            by=self.by,
            names=[Spelling(name) for name in names],
            facts=facts,
            note="",
            now=self.instance.clock(),
            restricted=restricted,
        )
        return made.id

    def state(self, record_id: UUID, claim: Claim) -> None:
        """Let a source say something."""
        version = self.session.get_one(Record, record_id).version
        registry.state(
            self.session,
            record_id,
            by=self.by,
            version=version,
            claim=claim,
            note="",
            now=self.instance.clock(),
        )

    def tie(
        self, one: UUID, word: RelationKind | Part, other: UUID, cite: Cite, bond: Bond | None = None
    ) -> None:
        """Let a source say what one is to the other."""
        registry.relate(
            self.session,
            one,
            by=self.by,
            version=self.session.get_one(Record, one).version,
            word=word,
            other_id=other,
            cite=cite,
            note="",
            now=self.instance.clock(),
            bond=bond or Bond(),
        )


def paint(instance: Instance, people: int = 6) -> Mapping[str, UUID]:
    """Write the scene into an instance that has the starter; give the ids of what a test looks at."""
    with at_desk(instance, "maple") as (session, by):
        assert by.role is Role.LEAD
        hand = Painter(session, by, instance)
        memoir, listed = (
            hand.source("A memoir", "Aban", 2004),
            hand.source("A list of names", "Mehregan", 2018),
        )
        person = _prisoner(hand, memoir, listed)
        _crowd(hand, listed, people)
        _transfers(hand, memoir, person)
        grave = _grave(hand, memoir, listed)
        return {"person": person, "prison": hand.code("gohardasht"), "grave": grave, **hand.known}


def a_person_of(hand: Painter, *names: str, birth: str = "", restricted: bool = False) -> UUID:
    """Add somebody who was held."""
    facts = PersonFacts(role=PersonRole.VICTIM, living=Living.NO, birth=said(birth))
    return hand.record(names, facts, restricted=restricted)


def held(since: str, until: str) -> Bond:
    """Say from when until when, in words."""
    return Bond(since=said(since), until=said(until))


def _prisoner(hand: Painter, memoir: Cite, listed: Cite) -> UUID:
    person = a_person_of(hand, "بهرنگ فرهمند", "Behrang Farahmand", birth="۱۳۳۸")
    evin, gohardasht = hand.code("evin"), hand.code("gohardasht")
    hand.tie(person, RelationKind.HELD_AT, evin, memoir, held("پاییز ۱۳۶۰", "بهار ۱۳۶۲"))
    hand.tie(person, RelationKind.HELD_AT, evin, listed, held("مهر ۱۳۶۰", "۱۳۶۱"))
    hand.tie(person, RelationKind.HELD_AT, gohardasht, memoir, held("مرداد ۱۳۶۴", "۸ مرداد ۱۳۶۷"))
    for predicate, words, english, cite in (
        (Predicate.ARREST, "پاییز ۱۳۶۰", "Arrested at home, with two guests.", memoir),
        (Predicate.ARREST, "۱۷ مهر ۱۳۶۰", "Arrested in the street.", listed),
        (Predicate.LAST_SEEN, "۱۵ تیر ۱۳۶۷", "The last visit of his mother.", memoir),
        (Predicate.FATE, "۸ مرداد ۱۳۶۷", "Taken to the commission, and not seen again.", memoir),
        (Predicate.FATE, "مرداد ۱۳۶۷", "Executed.", listed),
        (Predicate.FAMILY_TOLD, "آذر ۱۳۶۷", "His bag was handed to his father.", memoir),
    ):
        hand.state(person, Claim(predicate, (cite,), value_en=english, date=said(words)))
    for name, word in (
        ("Mahin Farahmand", RelationKind.SIBLING_OF),
        ("Karim Farahmand", RelationKind.RELATIVE_OF),
        ("Omid Daneshvar", RelationKind.CELLMATE_OF),
        ("Siamak Tahvildari-Mohammadabadi", RelationKind.CELLMATE_OF),
    ):
        hand.known[name] = a_person_of(hand, name)
        hand.tie(person, word, hand.known[name], memoir)
    hand.tie(hand.known["Omid Daneshvar"], RelationKind.HELD_AT, gohardasht, memoir, held("۱۳۶۴", "۱۳۶۷"))
    hidden = a_person_of(hand, HIDDEN, restricted=True)
    hand.tie(person, RelationKind.CELLMATE_OF, hidden, memoir)
    hand.tie(hidden, RelationKind.HELD_AT, gohardasht, memoir, held("1950", "1951"))
    return person


def _crowd(hand: Painter, listed: Cite, people: int) -> None:
    start = date(1984, 3, 21)
    for number in range(people):
        one = a_person_of(hand, f"Prisoner {number:02}")
        since = start + timedelta(days=37 * (number % 30))
        until = date(1988, 7, 30) + timedelta(days=number % 40)
        bond = Bond(
            since=Period(f"{since}", None, since, since + timedelta(days=30 * (number % 4))),
            until=Period(f"{until}", None, until, until) if number % 3 else Period(),
        )
        hand.tie(one, RelationKind.HELD_AT, hand.code("gohardasht"), listed, bond)
    hand.tie(
        hand.code("noury"), RelationKind.WORKED_AT, hand.code("gohardasht"), listed, held("۱۳۶۵", "۱۳۶۷")
    )


def _transfers(hand: Painter, memoir: Cite, person: UUID) -> None:
    evin, gohardasht = hand.code("evin"), hand.code("gohardasht")
    for words, origin, destination in (
        ("مرداد ۱۳۶۴", evin, gohardasht),
        ("زمستان ۱۳۶۶", evin, gohardasht),
        ("تیر ۱۳۶۷", gohardasht, evin),
    ):
        event = hand.record((f"Transfer, {words}",), EventFacts(EventKind.TRANSFER, None, said(words)))
        hand.tie(event, Part.ORIGIN, origin, memoir)
        hand.tie(event, Part.DESTINATION, destination, memoir)
        hand.tie(event, Part.VICTIM, person, memoir)


def _grave(hand: Painter, memoir: Cite, listed: Cite) -> UUID:
    grave = hand.code("grave-khavaran")
    for words, word, english, cite in (
        ("1988", "other", "Earth was turned at night.", memoir),
        ("2003", "signs_removed", "Stones that families had set were taken.", listed),
        ("January 2009", "bulldozed", "A bulldozer went over the plots.", listed),
        ("2017", "planted", "Trees were planted in rows.", memoir),
    ):
        claim = Claim(Predicate.DISTURBANCE, (cite,), value_en=english, word=word, date=said(words))
        hand.state(grave, claim)
    for low, high, cite in ((400, 500, memoir), (1200, 1200, listed), (800, 3000, memoir)):
        hand.state(
            grave, Claim(Predicate.CAPACITY, (cite,), value_en="As the source has it.", low=low, high=high)
        )
    return grave
