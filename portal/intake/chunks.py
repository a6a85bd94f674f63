"""Files that come in pieces: each sealed on arrival under its number, then sealed anew as one document.

Whoever has the draft's key finds its pieces again, after a lost line, a night or a restart; nobody else can
tell whose they are. Finished, it is the very document that a streamed form makes (`documents.receiving`).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol
from uuid import UUID

from portal.errors import InvalidError, NotFoundError, StaleError
from portal.intake import documents
from portal.intake.drafts import DraftFile
from portal.intake.journey import LINE
from portal.intake.media import file_name, kind_of_sound
from portal.intake.sealing import PartKey
from portal.store.arrivals import Arrivals, Lock
from portal.store.files import FileStore, new_name
from portal.vault.seal import Label, Sealed, UnsealError, context, derive, seal, unseal

SMALLEST, LARGEST = 64 * 1024, 1024 * 1024
"""Bytes that a piece may be cut to; the last of a file, and every slice of a recording, may be shorter."""

DIGEST = 32
MOST_PIECES = 40_000
"""Of one file or recording; a limit of 2 GiB in the smallest pieces is 32,768."""


@dataclass(frozen=True)
class Limits:
    """What a draft may hold that was not sent: bytes of one file, files, and bytes in all."""

    file: int
    files: int
    total: int
    full: str = "That is as many files as one account can carry. Send it, then add more from your folder."
    """What is said when there are as many files as there may be."""


@dataclass(frozen=True)
class Coming:
    """What was said at the beginning: the file's name, its length and how it is cut.

    Of a recording (``spoken``) nobody knows the length yet: ``size`` is then the most it may become.
    """

    name: str
    size: int
    piece: int
    spoken: bool = False
    caption: str = ""

    @property
    def count(self) -> int:
        """How many pieces there will be; of a recording, how many there may be."""
        return MOST_PIECES if self.spoken else -(-self.size // self.piece)

    def length_of(self, index: int) -> int:
        """Return the length of one piece of a file."""
        return min(self.piece, self.size - index * self.piece)


@dataclass(frozen=True)
class Unfinished:
    """An upload that was begun: how many of its bytes are here, how many there will be."""

    upload_id: UUID
    coming: Coming
    arrived: int


class Held(Protocol):
    """A file that is here already, as far as its room counts."""

    @property
    def stored_size(self) -> int:
        """Bytes on the disk."""


class IncompleteError(Exception):
    """Pieces are missing, or are not what the sender has; they are to be sent (again)."""

    def __init__(self, missing: Sequence[int]) -> None:
        super().__init__()
        self.missing = list(missing)


class Landing:
    """The place where the files of one draft arrive."""

    def __init__(self, arrivals: Arrivals, part: PartKey) -> None:
        self._arrivals, self._part = arrivals, part
        self._key, self._owner = part.arrival_key, part.arrival_owner

    def document_id(self, upload_id: UUID) -> UUID:
        """Return the id of the document that an upload becomes, the same however often it is finished."""
        drawn = derive(self._key, context(Label.KEY_ARRIVAL, "document", upload_id))
        return UUID(bytes=drawn[:16], version=4)

    def begin(self, upload_id: UUID, coming: Coming, *, held: Sequence[Held], limits: Limits) -> None:
        """Make room for a file; said again in the same words, it changes nothing.

        Raises `InvalidError` for what cannot be taken, `StaleError` when the id means another file already.
        """
        _check(coming, limits)
        with self._arrivals.alone(self._owner):
            try:
                known = self.coming(upload_id)
            except NotFoundError:
                self._check_room(coming, held, limits)
                head = seal(self._piece_key(upload_id), _written(coming), self._place(upload_id))
                self._arrivals.begin(self._owner, upload_id.hex, head)
                return
        if replace(known, caption=coming.caption) != coming:
            raise StaleError

    def coming(self, upload_id: UUID) -> Coming:
        """Return what was said of an upload; raises `NotFoundError` when it is not one of this draft."""
        head = self._arrivals.head(self._owner, upload_id.hex)
        try:
            opened = unseal(self._piece_key(upload_id), Sealed(head), self._place(upload_id))
        except UnsealError:
            raise NotFoundError("This upload is not there.") from None
        return Coming(**json.loads(opened))

    def take(self, upload_id: UUID, index: int, data: bytes, digest: bytes) -> None:
        """Seal a piece under its number, whenever and however often it comes.

        Raises `InvalidError` when it is not what its hash (SHA-256) says, or has not the length of its place.
        """
        coming = self.coming(upload_id)
        if not hmac.compare_digest(hashlib.sha256(data).digest(), digest):
            raise InvalidError("This piece was damaged on its way.")
        if index >= coming.count or not 0 < len(data) <= coming.piece:
            raise InvalidError("This piece does not belong here.")
        if coming.spoken:
            here = self._arrivals.pieces(self._owner, upload_id.hex)
            if sum(size for other, size in here.items() if other != index) + len(data) > coming.size:
                raise InvalidError("This recording is as long as one can be. Stop, and begin another.")
        elif len(data) != coming.length_of(index):
            raise InvalidError("This piece does not belong here.")
        sealed = seal(self._piece_key(upload_id), digest + data, self._place(upload_id, index))
        self._arrivals.put(self._owner, upload_id.hex, index, sealed)

    def missing(self, upload_id: UUID, count: int | None = None) -> list[int]:
        """Return which of an upload's pieces are not here, in order."""
        coming = self.coming(upload_id)
        here = self._arrivals.pieces(self._owner, upload_id.hex)
        wanted = count if count is not None else 0 if coming.spoken else coming.count
        return [index for index in range(wanted) if index not in here]

    def unfinished(self) -> list[Unfinished]:
        """Return the uploads that were begun, as far as they open."""
        found = []
        for name in self._arrivals.uploads(self._owner):
            upload_id = UUID(name)
            try:
                coming = self.coming(upload_id)
            except NotFoundError:
                continue
            here = self._arrivals.pieces(self._owner, name)
            known = sum(here.values() if coming.spoken else (coming.length_of(index) for index in here))
            found.append(Unfinished(upload_id, coming, known))
        return found

    def lock(self, upload_id: UUID) -> Lock | None:
        """Take an upload for oneself while it is finished; None when another request has it."""
        return self._arrivals.lock(self._owner, upload_id.hex)

    def finish(
        self,
        files: FileStore,
        upload_id: UUID,
        digests: Sequence[bytes] | None,
        *,
        into: PartKey | None = None,
    ) -> DraftFile:
        """Seal the pieces anew as one document, piece by piece in memory, and describe it.

        It becomes one of the part with whose key it arrived, or of ``into``.

        ``digests`` are the hashes (SHA-256) of all pieces in order, as the sender has them; None takes a
        recording as far as it came. Raises `IncompleteError`, and leaves nothing, when pieces are missing or
        differ. The pieces stay until `drop`, so that a finish that was interrupted can be asked for again.
        """
        coming = self.coming(upload_id)
        wanted = self._wanted(upload_id, coming, digests)
        document_id, stored_name = self.document_id(upload_id), new_name()
        with documents.receiving(files, into or self._part, document_id, stored_name) as target:
            differing = []
            for index, digest in enumerate(wanted):
                try:
                    data = self._opened(upload_id, index, digest)
                except (UnsealError, NotFoundError):
                    differing.append(index)
                    continue
                if not differing:
                    target.write(data)
            if differing:
                raise IncompleteError(differing)
        file = documents.draft_file(
            target, document_id=document_id, stored_name=stored_name, name=coming.name, caption=coming.caption
        )
        return replace(file, content_type=kind_of_sound(file.content_type)) if coming.spoken else file

    def _wanted(
        self, upload_id: UUID, coming: Coming, digests: Sequence[bytes] | None
    ) -> Sequence[bytes | None]:
        """Return the hash of each piece in order (None: whatever came), once all of them are here."""
        if digests is None:
            here = self._arrivals.pieces(self._owner, upload_id.hex)
            count = next(index for index in range(len(here) + 1) if index not in here)
            if not coming.spoken or not count:
                raise IncompleteError(self.missing(upload_id))
            return [None] * count
        if not digests or (len(digests) != coming.count and not coming.spoken):
            raise InvalidError("This is not the file that was begun.")
        if missing := self.missing(upload_id, len(digests)):
            raise IncompleteError(missing)
        return digests

    def drop(self, upload_id: UUID) -> None:
        """Erase an upload with its pieces; twice is as good as once."""
        self._arrivals.drop(self._owner, upload_id.hex)

    def forget(self) -> None:
        """Erase everything of this draft that is still arriving."""
        self._arrivals.forget(self._owner)

    def _opened(self, upload_id: UUID, index: int, digest: bytes | None) -> bytes:
        sealed = self._arrivals.piece(self._owner, upload_id.hex, index)
        opened = unseal(self._piece_key(upload_id), Sealed(sealed), self._place(upload_id, index))
        if digest is not None and not hmac.compare_digest(opened[:DIGEST], digest):
            raise UnsealError
        return opened[DIGEST:]

    def _check_room(self, coming: Coming, held: Sequence[Held], limits: Limits) -> None:
        begun = [one.coming for one in self.unfinished()]
        if len(held) + len(begun) >= limits.files:
            raise InvalidError(limits.full)
        if sum(one.stored_size for one in held) + sum(one.size for one in begun) + coming.size > limits.total:
            raise InvalidError(
                "Together with the files that are here, this is more than one account can carry at a time."
            )

    def _piece_key(self, upload_id: UUID) -> bytes:
        return derive(self._key, context(Label.KEY_ARRIVAL, "pieces", upload_id))

    def _place(self, upload_id: UUID, index: int | None = None) -> bytes:
        ids = (self._part.submission_id, self._part.part_id, upload_id)
        if index is None:
            return context(Label.ARRIVAL, *ids)
        return context(Label.ARRIVAL_PIECE, *ids, index)


def said(told: Mapping[str, object], *, limit: int) -> Coming:
    """Read what a script says of a file; a recording may become ``limit`` bytes long.

    Raises `InvalidError` when it does not say what it must.
    """
    name, size, piece = told.get("name"), told.get("size"), told.get("piece")
    caption = told.get("caption", "")
    spoken = told.get("spoken") is True
    size = limit if spoken else size
    if not isinstance(name, str) or type(size) is not int or type(piece) is not int:
        raise InvalidError("This piece does not belong here.")
    if not isinstance(caption, str) or len(caption) > LINE:
        raise InvalidError("This piece does not belong here.")
    return Coming(file_name(name), size, piece, spoken, caption.strip())


def _check(coming: Coming, limits: Limits) -> None:
    if coming.size <= 0:
        raise InvalidError("The file was empty. Choose it again, please.")
    if coming.size > limits.file:
        raise InvalidError("This file is larger than one file can be. Send a smaller copy, or part of it.")
    if not SMALLEST <= coming.piece <= LARGEST or coming.count > MOST_PIECES:
        raise InvalidError("This piece does not belong here.")


def _written(coming: Coming) -> bytes:
    return json.dumps(asdict(coming), ensure_ascii=False, sort_keys=True).encode()
