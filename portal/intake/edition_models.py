"""What is public: editions of the numbers, one shown at a time. The public page reads this table alone."""

from datetime import date
from enum import StrEnum

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, UtcDay
from portal.intake.models import words


class Ending(StrEnum):
    """Why an edition is not shown any more."""

    REPLACED = "replaced"
    TAKEN_BACK = "taken back"


class Edition(Base):
    """One edition: its bytes, which are public, as long as it is shown; after that only what they were."""

    __tablename__ = "edition"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1 for the first, and so on without a gap: of two at once, one finds its number taken."""
    day: Mapped[date] = mapped_column(UtcDay)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the document, in hexadecimal digits."""
    table_sha256: Mapped[str] = mapped_column(String(64))
    """Of the table in it, by which a copy is known."""
    document: Mapped[bytes | None] = mapped_column(LargeBinary)
    ended: Mapped[date | None] = mapped_column(UtcDay)
    ending: Mapped[Ending | None] = mapped_column(words(Ending))
    tag: Mapped[bytes] = mapped_column(LargeBinary)
    """What shows that the portal wrote the row (`portal.intake.editions`)."""
