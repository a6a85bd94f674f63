"""How staff's words about a case are sealed: each under its own key, bound to its place."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from portal.intake.sealing import PartKey, canonical
from portal.vault.seal import KEY_SIZE, Label, Sealed, context, derive, seal, unseal


@dataclass(frozen=True)
class CaseKey:
    """Opens and seals what staff wrote about one case; it follows from the first content part."""

    submission_id: UUID
    part: PartKey = field(repr=False)

    def _key(self, row_id: UUID) -> bytes:
        return derive(self.part.key, context(Label.KEY_CASEWORK, self.submission_id, row_id))

    def _place(self, label: Label, row_id: UUID, version: int, bound: tuple[UUID, ...]) -> bytes:
        return context(label, self.submission_id, row_id, version, *bound)

    def seal(
        self,
        label: Label,
        row_id: UUID,
        value: Mapping[str, Any],
        *,
        version: int = 1,
        bound: tuple[UUID, ...] = (),
    ) -> Sealed:
        """Seal a mapping as canonical JSON; ``bound`` are further ids that the row names in clear."""
        return seal(self._key(row_id), canonical(value), self._place(label, row_id, version, bound))

    def open(
        self, label: Label, row_id: UUID, blob: bytes, *, version: int = 1, bound: tuple[UUID, ...] = ()
    ) -> dict[str, Any]:
        """Open what `seal` sealed; it opens only in its row, case and version."""
        value = json.loads(
            unseal(self._key(row_id), Sealed(blob), self._place(label, row_id, version, bound))
        )
        assert isinstance(value, dict)  # noqa: S101 - only ever sealed as a mapping
        return value


def release_wrap_place(submission_id: UUID, sheet_id: UUID) -> bytes:
    """Return the context under which the release copy's key is wrapped."""
    return context(Label.WRAP_PART, submission_id, sheet_id, "coding-sheet")


def _release_place(submission_id: UUID, sheet_id: UUID) -> bytes:
    return context(Label.CODING_SHEET, submission_id, sheet_id, "release")


def seal_for_release(submission_id: UUID, sheet_id: UUID, sheet: bytes) -> tuple[bytes, Sealed]:
    """Seal an approved sheet under a fresh key, which stands apart from the case's: (key, sealed)."""
    key = secrets.token_bytes(KEY_SIZE)
    return key, seal(key, sheet, _release_place(submission_id, sheet_id))


def open_for_release(key: bytes, submission_id: UUID, sheet_id: UUID, blob: bytes) -> bytes:
    """Open what `seal_for_release` sealed."""
    return unseal(key, Sealed(blob), _release_place(submission_id, sheet_id))
