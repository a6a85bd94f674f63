"""How a finished release is sealed: the archive for two people, the inside record for the release group."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from portal.release.differencing import Member
from portal.release.tables import Json, canonical
from portal.vault.seal import KEY_SIZE, Label, Sealed, UnsealError, context, seal, unseal
from portal.vault.wrap import Seeds, public_key, unwrap, wrap

VERSION = 1


@dataclass(frozen=True)
class Inside:
    """The exact figures of a release and who stood in which class: never outside the group of leads."""

    members: Mapping[UUID, Member] = field(repr=False)
    figures: Mapping[str, int | float]
    ncp: Mapping[str, float]
    noisy: bool = False
    """Whether only noise left, beside which nothing can be worked out."""
    schemes: Mapping[str, str] = field(default_factory=dict)
    """The columns that were made coarser, in order, and by which hierarchy each."""
    labels: Sequence[tuple[str, ...]] = ()
    """The labels of each class in these columns, by its number."""

    def to_json(self) -> bytes:
        """Return the canonical JSON that is sealed."""
        rows: list[Json] = [
            [str(one), member.number, member.family]
            for one, member in sorted(self.members.items(), key=lambda row: str(row[0]))
        ]
        figures: dict[str, Json] = {name: _plain(value) for name, value in self.figures.items()}
        ncp: dict[str, Json] = {name: _plain(value) for name, value in self.ncp.items()}
        kept: dict[str, Json] = {
            "figures": figures,
            "labels": [list(one) for one in self.labels],
            "members": rows,
            "ncp": ncp,
            "schemes": [list(one) for one in self.schemes.items()],
            "v": VERSION,
        }
        return canonical({**kept, "noisy": True} if self.noisy else kept)

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read what `to_json` wrote; early records do not say by which labels the classes left."""
        kept: dict[str, Any] = json.loads(text)
        members = {UUID(one): Member(number, family) for one, number, family in kept["members"]}
        labels = [tuple(one) for one in kept.get("labels", ())]
        schemes = dict(kept.get("schemes", ()))
        return cls(members, kept["figures"], kept["ncp"], kept.get("noisy", False), schemes, labels)


def _plain(value: float) -> Json:
    return value if isinstance(value, int) else round(value, 4)


def _place(release_id: UUID, what: str) -> bytes:
    return context(Label.RELEASE, release_id, what)


def _key_place(release_id: UUID, staff_id: UUID) -> bytes:
    return context(Label.RELEASE, release_id, "key", staff_id)


def seal_archive(release_id: UUID, archive: bytes) -> tuple[bytes, Sealed]:
    """Seal the archive under a fresh key: (key, sealed)."""
    key = secrets.token_bytes(KEY_SIZE)
    return key, seal(key, archive, _place(release_id, "archive"))


def wrap_key(release_id: UUID, staff_id: UUID, public: bytes, key: bytes) -> Sealed:
    """Wrap the archive's key to one person."""
    return wrap(public, key, _key_place(release_id, staff_id))


def open_archive(release_id: UUID, staff_id: UUID, seed: bytes, wrapped: bytes, blob: bytes) -> bytes:
    """Open the archive with a person's own seed; raises `UnsealError`."""
    key = unwrap(seed, Sealed(wrapped), _key_place(release_id, staff_id))
    return unseal(key, Sealed(blob), _place(release_id, "archive"))


def seal_inside(release_id: UUID, inside: Inside, group: bytes) -> tuple[Sealed, Sealed]:
    """Seal the inside record for the release group's public key: (sealed, wrapped key)."""
    key = secrets.token_bytes(KEY_SIZE)
    blob = seal(key, inside.to_json(), _place(release_id, "inside"))
    return blob, wrap(group, key, _place(release_id, "inside-key"))


def rewrap_inside(release_id: UUID, seeds: Seeds, newest: bytes, wrapped: bytes) -> Sealed:
    """Wrap an inside record's key to the group's newest key; one that is there already stays."""
    place = _place(release_id, "inside-key")
    try:
        unwrap(newest, wrapped, place)
    except UnsealError:
        return wrap(public_key(newest), unwrap(seeds, wrapped, place), place)
    return Sealed(wrapped)


def open_inside(release_id: UUID, seed: Seeds, wrapped: bytes, blob: bytes) -> Inside:
    """Open the inside record with the release group's seed; raises `UnsealError`."""
    key = unwrap(seed, Sealed(wrapped), _place(release_id, "inside-key"))
    return Inside.from_json(unseal(key, Sealed(blob), _place(release_id, "inside")))
