"""Column types that the registry's tables share: words of a vocabulary, keys of names, dates."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, Enum, String
from sqlalchemy.orm import composite, mapped_column

from portal.dates.calendars import Calendar
from portal.dates.reading import Precision, Qualifier
from portal.registry.periods import Period

RECORD = "registry_record.id"
SOURCE = "registry_source.id"

# Prefix search is a range of keys, which only byte order answers; PostgreSQL must be told.
KEY = String(300).with_variant(String(300, collation="C"), "postgresql")

Day = date | None


def token(words: type[StrEnum]) -> Enum:
    """Store the value of the word, in a plain text column."""
    return Enum(
        words, native_enum=False, length=16, values_callable=lambda kind: [word.value for word in kind]
    )


def dated(prefix: str) -> Any:
    """Keep a date as `Period`, in six columns whose names begin with the prefix; all may be empty."""
    return composite(
        Period,
        mapped_column(f"{prefix}_words", String(200), nullable=True),
        mapped_column(f"{prefix}_calendar", token(Calendar), nullable=True),
        mapped_column(f"{prefix}_earliest", Date, nullable=True),
        mapped_column(f"{prefix}_latest", Date, nullable=True),
        mapped_column(f"{prefix}_precision", token(Precision), nullable=True),
        mapped_column(f"{prefix}_qualifier", token(Qualifier), nullable=True),
    )
