"""How a submission's contents are sealed: which key, bound to which place (docs/sealed-format.md)."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from portal.intake.models import Compartment, Speaker
from portal.vault.seal import KEY_SIZE, Label, Sealed, context, derive, seal, unseal


@dataclass(frozen=True)
class PartKey:
    """The key of one part, and where the part belongs."""

    submission_id: UUID
    part_id: UUID
    compartment: Compartment
    key: bytes = field(repr=False)

    @classmethod
    def new(cls, submission_id: UUID, compartment: Compartment) -> "PartKey":
        """Draw a key for a new part."""
        return cls(submission_id, uuid4(), compartment, secrets.token_bytes(KEY_SIZE))

    @property
    def place(self) -> bytes:
        """The context under which the key is wrapped to a recipient."""
        return wrap_place(self.submission_id, self.part_id, self.compartment)

    def field_key(self, name: str) -> bytes:
        """Return the key that opens this one field and nothing else."""
        return derive(self.key, context(Label.KEY_FIELD, self.submission_id, self.part_id, name))

    def file_key(self, document_id: UUID) -> bytes:
        """Return the key that opens this one document and nothing else."""
        return derive(self.key, context(Label.KEY_FILE, self.submission_id, self.part_id, document_id))

    def file_place(self, document_id: UUID) -> bytes:
        """Return the context of the document's sealed original."""
        return context(Label.FILE, self.submission_id, self.part_id, document_id, "original")

    @property
    def arrival_key(self) -> bytes:
        """Return the key under which files of a draft lie while they arrive."""
        return derive(self.key, context(Label.KEY_ARRIVAL, self.submission_id, self.part_id))

    @property
    def arrival_owner(self) -> str:
        """Return the name of the folder where they arrive: 32 hexadecimal digits that say nothing."""
        return derive(self.arrival_key, context(Label.KEY_ARRIVAL, "owner"))[:16].hex()


def wrap_place(submission_id: UUID, part_id: UUID, compartment: Compartment) -> bytes:
    """Return the context under which a part's key is wrapped."""
    return context(Label.WRAP_PART, submission_id, part_id, compartment.value)


def canonical(value: Mapping[str, Any]) -> bytes:
    """Write canonical JSON (RFC 8785 for the strings, integers and mappings used here)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def seal_field(part: PartKey, name: str, version: int, text: str) -> Sealed:
    """Seal one answer as typed."""
    place = context(Label.FIELD, part.submission_id, part.part_id, name, version)
    return seal(part.field_key(name), text.encode(), place)


def open_field(part: PartKey, name: str, version: int, blob: bytes) -> str:
    """Open one answer; it opens only where it was sealed."""
    place = context(Label.FIELD, part.submission_id, part.part_id, name, version)
    return unseal(part.field_key(name), Sealed(blob), place).decode()


def _document_place(label: Label, part: PartKey, document_id: UUID) -> bytes:
    return context(label, part.submission_id, part.part_id, document_id)


def seal_record(part: PartKey, document_id: UUID, label: Label, record: Mapping[str, Any]) -> Sealed:
    """Seal what is known of a file: its record (FILE_RECORD) or its custody record (CUSTODY)."""
    return seal(part.file_key(document_id), canonical(record), _document_place(label, part, document_id))


def open_record(part: PartKey, document_id: UUID, label: Label, blob: bytes) -> dict[str, Any]:
    """Open what `seal_record` sealed."""
    opened = unseal(part.file_key(document_id), Sealed(blob), _document_place(label, part, document_id))
    record = json.loads(opened)
    assert isinstance(record, dict)  # noqa: S101 - only ever sealed as a mapping
    return record


def _message_place(thread: PartKey, message_id: UUID, number: int, speaker: Speaker) -> bytes:
    return context(Label.MESSAGE, thread.submission_id, message_id, number, speaker.value)


def seal_message(thread: PartKey, message_id: UUID, number: int, speaker: Speaker, text: str) -> Sealed:
    """Seal a message under the thread's key."""
    key = derive(thread.key, context(Label.KEY_MESSAGE, thread.submission_id, message_id))
    return seal(key, text.encode(), _message_place(thread, message_id, number, speaker))


def open_message(thread: PartKey, message_id: UUID, number: int, speaker: Speaker, blob: bytes) -> str:
    """Open a message; it opens only at its number and from its speaker."""
    key = derive(thread.key, context(Label.KEY_MESSAGE, thread.submission_id, message_id))
    return unseal(key, Sealed(blob), _message_place(thread, message_id, number, speaker)).decode()


def _reason_key(thread: PartKey, row_id: UUID) -> bytes:
    return derive(thread.key, context(Label.KEY_DECISION, thread.submission_id, row_id))


def seal_reason(thread: PartKey, row_id: UUID, label: Label, text: str) -> Sealed:
    """Seal why a submission is to be held (HOLD) or erased (REMOVAL); whoever reads the thread reads it."""
    return seal(_reason_key(thread, row_id), text.encode(), context(label, thread.submission_id, row_id))


def open_reason(thread: PartKey, row_id: UUID, label: Label, blob: bytes) -> str:
    """Open what `seal_reason` sealed."""
    place = context(label, thread.submission_id, row_id)
    return unseal(_reason_key(thread, row_id), Sealed(blob), place).decode()


def custody_record(
    *, sha256: bytes, stored_sha256: bytes, length: int, day: date, software: str
) -> dict[str, Any]:
    """Return the first entry of a file's custody record, in PREMIS event terms."""
    return {
        "agent": software,
        "event": "ingestion",
        "received": day.isoformat(),
        "sha256": sha256.hex(),
        "size": length,
        "stored_sha256": stored_sha256.hex(),
    }
