"""What a source has written so far; it lives in the sealed session until it is sent."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self
from uuid import UUID, uuid4

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
