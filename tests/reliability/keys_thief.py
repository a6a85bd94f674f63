"""Somebody with a copy of a folder and with keys: what they open, without asking the portal."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from keys_model import Token

from portal.casework.search_sealing import wrap_place as segment_place
from portal.intake.drafts import Draft
from portal.intake.models import Compartment
from portal.intake.sealing import PartKey, open_field
from portal.permissions import Group
from portal.staff import epochs
from portal.staff.credentials import group_place
from portal.staff.founding import recovery_place
from portal.vault.seal import UnsealError
from portal.vault.wrap import opener

NARRATIVE = "They called him from the corridor, and told {name}."
ROWS = {
    "wrap": "keys.db",
    "membership": "portal.db",
    "group_epoch": "portal.db",
    "sealed_field": "portal.db",
    "segment_key": "keys.db",
    "index_segment": "portal.db",
}


@dataclass
class Sent:
    """What the world remembers of one submission; nothing of it is in the folder in clear."""

    draft: Draft
    seed: bytes
    places: dict[UUID, tuple[str, bytes]] = field(default_factory=dict)
    """The model's name and the wrap's place of each part."""


@dataclass
class Opening:
    """Tries keys on blobs, each pair once: what did not open yesterday does not open today."""

    known: dict[tuple[bytes, bytes, bytes], bytes | None] = field(default_factory=dict)
    openers: dict[bytes, Any] = field(default_factory=dict)

    def unwrap(self, seed: bytes, blob: bytes, place: bytes) -> bytes | None:
        asked = seed, blob, place
        if asked not in self.known:
            if seed not in self.openers:
                self.openers[seed] = opener(seed)
            try:
                self.known[asked] = self.openers[seed](blob, place)
            except UnsealError:
                self.known[asked] = None
        return self.known[asked]

    def field(self, part: PartKey, row: dict[str, Any]) -> str | None:
        asked = part.key, row["blob"], b"field"
        if asked not in self.known:
            try:
                found = open_field(part, row["name"], row["version"], row["blob"])
                self.known[asked] = found.encode()
            except UnsealError:
                self.known[asked] = None
        found_bytes = self.known[asked]
        return None if found_bytes is None else found_bytes.decode()


class Known(Protocol):
    """What the test knows, and a thief does not: whose key is whose, and where things belong."""

    identities: Mapping[str, bytes]
    sent: Mapping[str, Sent]
    names: Mapping[str, Token]
    opening: Opening


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    """Rows as they stand, read without the portal."""
    with closing(sqlite3.connect(folder / ROWS.get(table, "portal.db"))) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')]  # noqa: S608


class Thief:
    """Somebody with a folder and everything that some people ever held."""

    def __init__(self, world: Known, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.tables = {table: rows(folder, table) for table in ROWS}

    def group_seeds(self, name: str) -> set[bytes]:
        """What a person's own key opens among the wrapped keys of groups, whomever they are wrapped to."""
        seed, found = self.world.identities[name], set()
        for row in self.tables["membership"]:
            place = group_place(UUID(row["staff_id"]), Group(row["group"]), row["epoch"])
            opened = self.world.opening.unwrap(seed, row["blob"], place)
            if opened is not None:
                found.add(opened)
        return found

    def recovered(self, seeds: set[bytes]) -> set[bytes]:
        """What these keys open of what is wrapped to the recovery key."""
        found: set[bytes] = set()
        for seed in seeds:
            packed = self.world.opening.unwrap(
                seed, (self.folder / "recovery-groups").read_bytes(), recovery_place()
            )
            found |= {packed[at : at + 32] for at in range(0, len(packed), 32)} if packed else set()
            for row in self.tables["group_epoch"]:
                if row["recovery_blob"] is not None:
                    place = epochs.recovery_place(Group(row["group"]), row["epoch"])
                    opened = self.world.opening.unwrap(seed, row["recovery_blob"], place)
                    found |= {opened} if opened else set()
        return found

    def wrapped(self) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
        """Every wrapped key with the model's name of its part and its place."""
        places = {part: one for sent in self.world.sent.values() for part, one in sent.places.items()}
        for row in self.tables["wrap"]:
            name, place = places[UUID(row["part_id"])]
            yield name, place, row

    def recipients(self) -> dict[str, set[Token]]:
        """To whom each part is wrapped, by the names of the keys."""
        found: dict[str, set[Token]] = {}
        for name, _place, row in self.wrapped():
            found.setdefault(name, set()).add(self.world.names[row["key_id"]])
        return found

    def opens(self, seeds: set[bytes]) -> set[str]:
        """The parts that these keys open; what a key opens is what it was made for."""
        found = set()
        for name, place, row in self.wrapped():
            for seed in seeds:
                key = self.world.opening.unwrap(seed, row["blob"], place)
                if key is not None:
                    found.add(name)
                    self._is_right(name, UUID(row["part_id"]), key)
        for row in self.tables["sealed_field"]:  # and as if they were the keys of the answers themselves
            sent = next(one for one in self.world.sent.values() if UUID(row["part_id"]) in one.places)
            for seed in seeds:
                part = PartKey(sent.draft.submission_id, UUID(row["part_id"]), Compartment.CONTENT, seed)
                assert self.world.opening.field(part, row) is None
        return found

    def _is_right(self, name: str, part_id: UUID, key: bytes) -> None:
        submission, kind = name.split("/")
        draft = self.world.sent[submission].draft
        if kind == Compartment.CONTENT.value:
            part = PartKey(draft.submission_id, part_id, Compartment.CONTENT, key)
            told = [
                self.world.opening.field(part, row)
                for row in self.tables["sealed_field"]
                if UUID(row["part_id"]) == part_id and row["name"] == "narrative"
            ]
            assert told == [NARRATIVE.format(name=submission)]

    def segments(self) -> Iterator[tuple[dict[str, Any], bytes, Token]]:
        """Every segment of an index, with its wrapped key and the name of whose it is."""
        there = {row["id"]: row for row in self.tables["index_segment"]}
        for row in self.tables["segment_key"]:
            if row["segment_id"] in there:
                yield there[row["segment_id"]], row["blob"], self.world.names[row["key_id"]]

    def opens_segment(self, seeds: set[bytes], segment: dict[str, Any], blob: bytes) -> bool:
        place = segment_place(segment["group"], UUID(segment["id"]))
        return any(self.world.opening.unwrap(seed, blob, place) is not None for seed in seeds)
