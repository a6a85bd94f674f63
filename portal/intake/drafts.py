"""What a source has written so far: in the sealed session, or sealed to the private code (draft_rows.py)."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self
from uuid import UUID, uuid4

from portal.intake.journey import Page, Step
from portal.intake.models import Compartment
from portal.intake.sealing import PartKey
from portal.vault.receipt import Receipt, ReceiptKeys
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
    """One submission in the making: ids, keys and the private code are drawn at the beginning."""

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
    at: str = ""
    """The page where its source goes on after a rest."""
    forms: dict[str, str] = field(default_factory=dict)
    """Which form was the last to change a page, so that one that is sent twice is no second opinion."""
    locator: bytes = field(default=b"", repr=False)
    seed: bytes = field(default=b"", repr=False)
    """What the private code gave when the draft was first kept, so that no later page has to stretch it."""
    sent: bool = False
    confirmed: bool = False
    """Whether the private code was typed back."""
    told: bool = False
    """Of what was sent: whether there was an account in words, for the short receipt."""

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
    def receipt_keys(self) -> ReceiptKeys | None:
        """Return what the private code gave, once the draft is kept under it."""
        return ReceiptKeys(self.locator, self.seed) if self.seed else None

    @property
    def facts(self) -> dict[str, str]:
        """Return what decides which pages come."""
        told = next(iter(self.cards(Step.HOW)), {})
        return {"relation": self.relation, "pause": self.paused, "how": told.get("how", "")}

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

    def to_json(self) -> bytes:
        """Return the form in which it is sealed to the private code."""
        return json.dumps(asdict(self), default=_plain, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, kept: bytes) -> Self:
        """Read what `to_json` wrote, also where an earlier version of the portal did."""
        told = {one.name for one in fields(cls)} & (read := json.loads(kept)).keys()
        found = {name: read[name] for name in told}
        for name in ("locator", "seed"):
            found[name] = bytes.fromhex(read.get(name, ""))
        return cls(
            **{
                **found,
                "submission_id": UUID(read["submission_id"]),
                "part_ids": {kind: UUID(one) for kind, one in read["part_ids"].items()},
                "keys": {kind: bytes.fromhex(one) for kind, one in read["keys"].items()},
                "receipt": tuple(read["receipt"]),
                "files": [_file(one) for one in read["files"]],
            }
        )

    def once_sent(self) -> Self:
        """Return what is left to show when it is sent: no words, no keys; the code until it is typed back."""
        return type(self)(
            submission_id=self.submission_id,
            part_ids={},
            keys={},
            receipt=() if self.confirmed else self.receipt,
            files=[replace(one, name="", caption="", maker="", original="") for one in self.files],
            sent=True,
            confirmed=self.confirmed,
            reread=self.reread,
            told=bool(self.narrative.strip()),
        )

    def has(self, document_id: UUID) -> bool:
        """Tell whether a file is in the draft."""
        return any(one.document_id == document_id for one in self.files)

    def without(self, document_id: UUID) -> DraftFile | None:
        """Take a file out of the draft and return it."""
        for one in self.files:
            if one.document_id == document_id:
                self.files.remove(one)
                return one
        return None


def _plain(value: object) -> str:
    """Write ids and bytes in hexadecimal digits."""
    if isinstance(value, UUID | bytes):
        return value.hex() if isinstance(value, bytes) else value.hex
    raise TypeError


def _file(read: Mapping[str, Any]) -> DraftFile:
    digests = {name: bytes.fromhex(read[name]) for name in ("sha256", "stored_sha256")}
    return DraftFile(**{**read, **digests, "document_id": UUID(read["document_id"])})
