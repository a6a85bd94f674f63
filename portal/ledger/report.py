"""What a check of the instance found, each finding with a name of its own."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Self


class Finding(Enum):
    """Everything that a check can find: the kind of thing it is found at, and what is said of it."""

    def __new__(cls, name: str, kind: str, what: str) -> Self:
        """Let each finding be a value of its own, though two may be said alike."""
        one = object.__new__(cls)
        one._value_ = name
        one.kind = kind
        one.what = what
        return one

    kind: str
    what: str

    DATABASE = "database", "database", "%(why)s"
    FILE_LIST = "file-list", "database", "the list of files cannot be read: %(why)s"
    DIRECTORY = "directory", "directory", "%(why)s"
    ENTRY_MISSING = "entry-missing", "entry", "missing from the ledger"
    ENTRY_ODD = "entry-odd", "entry", "%(column)s is not stored as the portal stores it"
    ENTRY_CHANGED = "entry-changed", "entry", "the leaf hash does not fit the body"
    ENTRY_FORM = "entry-form", "entry", "the body is not a canonical entry"
    ENTRY_MOVED = "entry-moved", "entry", "the body is that of entry %(seq)s"
    ENTRY_DAY = "entry-day", "entry", "the day differs from the body's"
    ENTRY_UNTAGGED = "entry-untagged", "entry", "has no tag: the portal did not write it"
    ENTRY_TAG = "entry-tag", "entry", "the tag is not one that this portal made for it"
    TAG_KEY = "tag-key", "entry", "no tag was checked: %(why)s"
    ENTRY_BACK = "entry-back", "entry", "its day is before that of an entry which stands before it"
    HEAD_ODD = "head-odd", "checkpoint", "%(column)s is not stored as the portal stores it"
    HEAD_FALSE = "head-false", "checkpoint", "%(why)s"
    HEAD_OTHER = "head-other", "checkpoint", "the note is that of size %(size)s"
    HEAD_DAY = "head-day", "checkpoint", "the day differs from the signed one"
    HEAD_SHORT = "head-short", "checkpoint", "%(size)s entries were signed, %(there)s are there"
    HEAD_REWRITTEN = "head-rewritten", "checkpoint", "the entries are not those that were signed"
    HEAD_EDGE = "head-edge", "checkpoint", "the kept edge does not fit the entries"
    HEAD_ABSENT = "head-absent", "checkpoint", "there is no head, though entries are of %(first)s to %(last)s"
    HEAD_LATE = "head-late", "checkpoint", "is of %(day)s and the newest; entries go on to %(last)s"
    HEAD_GONE = "head-gone", "checkpoint", "is gone, although others said that they saw it"
    WITNESS_FALSE = "witness-false", "witness", "%(why)s"
    WITNESS_REWRITTEN = "witness-rewritten", "witness", "the entries are not those that were co-signed"
    WITNESS_ABSENT = "witness-absent", "witness", "has co-signed no head that is here"
    WITNESS_UNKNOWN = "witness-unknown", "witness", "is not known here; give its keys to check what it signed"
    TIME_FALSE = "time-false", "timestamp", "%(why)s"
    TIME_UNCHECKED = "time-unchecked", "timestamp", "was not checked: %(why)s"
    TIME_WAITING = "time-waiting", "timestamp", "was asked for and has not come back"
    ROW_ODD = "row-odd", "row", "%(column)s is not stored as the portal stores it"
    ROW_UNRECORDED = "row-unrecorded", "row", "is in no ledger entry"
    ROW_LEFT = "row-left", "row", "left by an interrupted transaction; nothing refers to it"
    ROW_BACK = "row-back", "row", "is there although the ledger says it was erased"
    ROW_CHANGED = "row-changed", "row", "was changed without the ledger"
    ROW_MISSING = "row-missing", "row", "is missing"
    FILE_UNREADABLE = "file-unreadable", "file", "%(why)s"
    FILE_SIZE = "file-size", "file", "has %(there)s bytes instead of %(size)s"
    FILE_CHANGED = "file-changed", "file", "was changed"
    FILE_UNKNOWN = "file-unknown", "file", "no row refers to it"


_BY_KIND = {
    "database": Finding.DATABASE,
    "directory": Finding.DIRECTORY,
    "entry": Finding.ENTRY_FORM,
    "checkpoint": Finding.HEAD_FALSE,
    "row": Finding.ROW_CHANGED,
    "file": Finding.FILE_UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: `kind` is the finding's, `object` names the thing, `what` is said in English."""

    kind: str
    object: str
    what: str
    finding: Finding = Finding.DATABASE

    def __str__(self) -> str:
        return f"{self.kind} {self.object}: {self.what}"


@dataclass(slots=True)
class Report:
    """All findings. Warnings are leftovers of interrupted work: no testimony is missing or changed."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Tell whether nothing is missing or changed."""
        return not self.problems

    def find(self, finding: Finding, subject: str, **values: object) -> None:
        """Add a problem."""
        self.problems.append(Problem(finding.kind, subject, _said(finding, values), finding))

    def mention(self, finding: Finding, subject: str, **values: object) -> None:
        """Add a warning."""
        self.warnings.append(Problem(finding.kind, subject, _said(finding, values), finding))

    def add(self, kind: str, subject: str, what: str) -> None:
        """Add a problem in words of its own."""
        self.problems.append(Problem(kind, subject, what, _BY_KIND.get(kind, Finding.DATABASE)))

    def count(self, what: str, number: int = 1) -> None:
        """Count what was checked."""
        self.counts[what] = self.counts.get(what, 0) + number


def _said(finding: Finding, values: dict[str, object]) -> str:
    return finding.what % values if values else finding.what
