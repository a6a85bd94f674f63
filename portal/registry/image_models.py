"""Tables of images: what is said of each in clear, the rest sealed; their bytes lie sealed in the store."""

from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.database import Base, SealedColumn, UtcDay
from portal.registry.columns import RECORD, SOURCE, token
from portal.registry.statement_models import Dated, Source
from portal.registry.vocabulary import Copy, ImageKind


class Image(Dated, Base):
    """An image of a record: what it shows, who made it and when, where the original is, who shows it.

    ``blob`` is sealed: what the file was called, its kind and both digests. One that was taken off
    (``off_day``) is shown no more and can be put back, until it is erased. What is ``restricted`` (None is
    no) is for those alone who hold the permission.
    """

    __tablename__ = "registry_image"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    record_id: Mapped[UUID] = mapped_column(ForeignKey(RECORD), index=True)
    kind: Mapped[ImageKind] = mapped_column(token(ImageKind))
    caption: Mapped[str] = mapped_column(Text)
    told: Mapped[str] = mapped_column(Text)
    """What is to be seen, for those who cannot see it."""
    maker: Mapped[str] = mapped_column(String(300), default="")
    original_at: Mapped[str] = mapped_column(String(300), default="")
    source_id: Mapped[UUID] = mapped_column(ForeignKey(SOURCE), index=True)
    locator: Mapped[str] = mapped_column(String(300), default="")
    restricted: Mapped[bool | None]
    width: Mapped[int]
    height: Mapped[int]
    blob: Mapped[bytes] = mapped_column(SealedColumn)
    author: Mapped[str] = mapped_column(String(100))
    day: Mapped[date] = mapped_column(UtcDay)
    off_by: Mapped[str | None] = mapped_column(String(100))
    off_day: Mapped[date | None] = mapped_column(UtcDay)
    off_reason: Mapped[str | None] = mapped_column(String(300))

    source: Mapped[Source] = relationship(lazy="selectin")
    files: Mapped[list["ImageFile"]] = relationship(cascade="all, delete-orphan")


class ImageFile(Base):
    """One of the two files of an image, as it lies in the store: as it came, or the copy that is shown."""

    __tablename__ = "registry_image_file"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("registry_image.id"), index=True)
    copy: Mapped[Copy] = mapped_column(token(Copy))
    sealed_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    sealed_size: Mapped[int]
