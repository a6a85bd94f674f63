"""What a source has written so far; it lives in the sealed session until it is sent."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self
from uuid import UUID, uuid4

from portal.intake.journey import Page, Step
from portal.intake.models import Compartment
from portal.intake.sealing import PartKey
from portal.vault.receipt import Receipt
from portal.vault.receipt import generate as new_receipt


@dataclass(frozen=True)
class DraftFile:
    """A file already sealed in the store, waiting to be sent."""

    document_id: UUID
    stored_name: str
    name: str
    content_type: str
    caption: str
    length: int
    stored_size: int
    sha256: bytes
    stored_sha256: bytes
    kind: str = ""
    """What the source says it is (`media.Sort`), who made it, where the original is; nothing is required."""
    maker: str = ""
    original: str = ""


@dataclass
class Draft:
    """One submission in the making: ids, keys and receipt are drawn at the beginning."""

    submission_id: UUID
    part_ids: dict[str, UUID]
    keys: dict[str, bytes] = field(repr=False)
    receipt: tuple[int, ...] = field(repr=False)
    narrative: str = ""
    relation: str = ""
    called: str = ""
    contact: str = ""
    consent: dict[str, str] = field(default_factory=dict)
    reread: str = ""
    answers: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """What the other pages asked, by page: one set of answers, or one for each card."""
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The questions as they were shown (asking.Catalogue.shown), by page and field."""
    paused: str = ""
    """What was chosen on the content note."""
    files: list[DraftFile] = field(default_factory=list)
    sent: bool = False
    confirmed: bool = False

    @classmethod
    def new(cls, random: Callable[[int], bytes] = secrets.token_bytes) -> Self:
        """Begin a draft."""
        submission_id = uuid4()
        parts = {kind.value: PartKey.new(submission_id, kind) for kind in Compartment}
        return cls(
            submission_id=submission_id,
            part_ids={kind: part.part_id for kind, part in parts.items()},
            keys={kind: part.key for kind, part in parts.items()},
            receipt=new_receipt(random).indices,
        )

    def part(self, compartment: Compartment) -> PartKey:
        """Return the key of one of the draft's parts."""
        kind = compartment.value
        return PartKey(self.submission_id, self.part_ids[kind], compartment, self.keys[kind])

    @property
    def facts(self) -> dict[str, str]:
        """Return what decides which pages come."""
        return {"relation": self.relation, "pause": self.paused}

    def given(self, page: Page, card: int | None = None) -> dict[str, str]:
        """Return the answers of a page so far, of one card where it has cards."""
        if page.own:
            return {one.name: getattr(self, one.name) for one in page.fields}
        cards = self.answers.get(page.step, [])
        place = card if page.cards else 0
        return dict(cards[place]) if place is not None and place < len(cards) else {}

    def take(self, page: Page, answers: Mapping[str, str], card: int | None = None) -> None:
        """Keep the answers of a page, or of one of its cards; a new card without any is none."""
        if page.own:
            for name, value in answers.items():
                setattr(self, name, value)
            return
        cards = self.answers.setdefault(page.step, [])
        given = {name: value for name, value in answers.items() if value.strip()}
        place = card if page.cards else 0
        if place is not None and place < len(cards):
            cards[place : place + 1] = [given] if given else []
        elif given and given not in cards[-1:]:  # pressed twice, it is still one card
            cards.append(given)

    def typed(self) -> int:
        """Return how many characters the draft holds."""
        cards = [card for kept in self.answers.values() for card in kept]
        told = sum(len(value) for card in cards for value in card.values())
        return len(self.narrative) + len(self.contact) + told

    @property
    def untouched(self) -> bool:
        """Tell whether nothing was typed, chosen or added yet."""
        return not (self.typed() or self.files or self.relation or self.called or self.consent or self.reread)

    def cards(self, step: Step) -> list[dict[str, str]]:
        """Return all answers of a page."""
        return self.answers.get(step, [])

    def receipt_words(self, language: str) -> tuple[str, ...]:
        """Return the receipt in words."""
        return Receipt(self.receipt).words(language)

    def to_session(self) -> dict[str, Any]:
        """Return the form in which the sealed session keeps it."""
        return asdict(self)

    @classmethod
    def from_session(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `to_session` returned."""
        files = [DraftFile(**one) for one in kept["files"]]
        return cls(**{**kept, "files": files, "receipt": tuple(kept["receipt"])})

    def without(self, document_id: UUID) -> DraftFile | None:
        """Take a file out of the draft and return it."""
        for one in self.files:
            if one.document_id == document_id:
                self.files.remove(one)
                return one
        return None
