"""A document on its way into the store, sealed as it comes, and the row that describes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from uuid import UUID

from portal.errors import InvalidError
from portal.intake.drafts import DraftFile
from portal.intake.media import HEAD_SIZE, file_name, kind_of
from portal.intake.models import Document
from portal.intake.sealing import PartKey, custody_record, seal_record
from portal.store.files import FileStore
from portal.vault.seal import Label
from portal.vault.stream import SealedFile, SealingWriter

SOFTWARE = f"testimony-portal {version('testimony-portal')}"


class Receiving:
    """A file on its way into the store: counts nothing twice, remembers how the file begins."""

    def __init__(self, writer: SealingWriter) -> None:
        self._writer = writer
        self.head = b""
        self.sealed: SealedFile | None = None

    def write(self, data: bytes) -> None:
        """Take some bytes."""
        if len(self.head) < HEAD_SIZE:
            self.head += data[: HEAD_SIZE - len(self.head)]
        self._writer.write(data)

    def finish(self) -> None:
        """Seal the last bytes."""
        self.sealed = self._writer.finish()


@contextmanager
def receiving(store: FileStore, part: PartKey, document_id: UUID, stored_name: str) -> Iterator[Receiving]:
    """Give a writer whose bytes land sealed in the store; an exception inside leaves nothing there."""
    with store.create(stored_name) as target:
        coming = Receiving(SealingWriter(part.file_key(document_id), part.file_place(document_id), target))
        yield coming
        coming.finish()


def draft_file(
    coming: Receiving, *, document_id: UUID, stored_name: str, name: str, caption: str
) -> DraftFile:
    """Describe a file that has just been taken in whole."""
    if coming.sealed is None:
        raise InvalidError("The file was empty. Choose it again, please.")
    return DraftFile(
        document_id=document_id,
        stored_name=stored_name,
        name=file_name(name),
        content_type=kind_of(coming.head),
        caption=caption,
        length=coming.sealed.length,
        stored_size=coming.sealed.stored_size,
        sha256=coming.sealed.sha256,
        stored_sha256=coming.sealed.sealed_sha256,
    )


def document_row(part: PartKey, file: DraftFile, number: int, day: date, *, message: str = "") -> Document:
    """Describe a stored file in its row; ``message`` is the id of the one that staff sent it with."""
    record = {
        "caption": file.caption,
        "content_type": file.content_type,
        "kind": file.kind,
        "length": file.length,
        "maker": file.maker,
        "name": file.name,
        "original": file.original,
        "sha256": file.sha256.hex(),
        **({"message": message} if message else {}),
    }
    custody = custody_record(
        sha256=file.sha256, stored_sha256=file.stored_sha256, length=file.length, day=day, software=SOFTWARE
    )
    return Document(
        id=file.document_id,
        part_id=part.part_id,
        number=number,
        day=day,
        stored_name=file.stored_name,
        stored_size=file.stored_size,
        stored_sha256=file.stored_sha256,
        record=seal_record(part, file.document_id, Label.FILE_RECORD, record),
        custody=seal_record(part, file.document_id, Label.CUSTODY, custody),
    )
