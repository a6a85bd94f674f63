"""What findings mean and what to do about them, in plain English; pages say the same in their language."""

from portal.ledger.report import Finding, Problem

_HALT = (
    "Stop both faces and change nothing. Copy the machine as it is, "
    "then compare the copy with the last backup that held."
)
_STOP = (
    "Stop intake, so that nothing is sealed to a stranger. "
    "Put back the copy of directory.json that was kept elsewhere."
)
_BACKUP = "Change nothing. Copy the machine as it is, then look for it in the last backup that held."
_ASK = "Ask whoever signed it to look, and hold what they have beside this: portal ledger compare."
_CLOCK = (
    "Ask who keeps the machine whether its clock was put back. "
    "If it was not, stop both faces and change nothing."
)
_KEYS = (
    "Stop both faces. Find out which of the two databases was put back, and bring back both of one moment. "
    "What sources took back stays taken back: portal sweep erases it again."
)
_NO_HEADS = (
    "If heads were signed since, somebody took them away: hold those that were kept elsewhere against it. "
    "If not, sign one every day: portal ledger checkpoint."
)
_TAGS = (
    "If entry.key was exchanged or damaged, put back the copy that was kept. "
    "If it is the right one, stop both faces and change nothing."
)

MEANINGS: dict[Finding, tuple[str, str]] = {
    Finding.DATABASE: ("A database is damaged or cannot be read.", _HALT),
    Finding.FILE_LIST: ("It cannot be told which files there should be.", _HALT),
    Finding.DIRECTORY: (
        "The signed list of keys does not hold: it was changed, or exchanged for another or an older one.",
        _STOP,
    ),
    Finding.ENTRY_MISSING: ("Entries were taken out of the ledger.", _HALT),
    Finding.ENTRY_ODD: ("An entry of the ledger was changed.", _HALT),
    Finding.ENTRY_CHANGED: ("An entry of the ledger was changed.", _HALT),
    Finding.ENTRY_FORM: ("An entry of the ledger was changed.", _HALT),
    Finding.ENTRY_DAY: ("An entry of the ledger was changed.", _HALT),
    Finding.ENTRY_UNTAGGED: ("An entry was put into the ledger past the portal.", _HALT),
    Finding.ENTRY_TAG: ("An entry was put into the ledger past the portal.", _TAGS),
    Finding.TAG_KEY: ("The key that shows who wrote the ledger's entries is damaged.", _TAGS),
    Finding.ENTRY_BACK: ("An entry of the ledger bears an earlier day than it can be of.", _CLOCK),
    Finding.ENTRY_MOVED: ("Entries of the ledger stand in another order.", _HALT),
    Finding.HEAD_ODD: ("What is kept beside a signed head was changed.", _HALT),
    Finding.HEAD_DAY: ("What is kept beside a signed head was changed.", _HALT),
    Finding.HEAD_EDGE: ("What is kept beside a signed head was changed.", _HALT),
    Finding.HEAD_FALSE: ("A head is not signed by this ledger.", _HALT),
    Finding.HEAD_OTHER: ("An older signed head stands in the place of a newer one.", _HALT),
    Finding.HEAD_SHORT: ("The ledger was cut short: entries that were signed are gone.", _HALT),
    Finding.HEAD_REWRITTEN: ("The ledger was rewritten: its entries are not those that were signed.", _HALT),
    Finding.HEAD_ABSENT: ("No signed head is there, although the ledger was written for days.", _NO_HEADS),
    Finding.HEAD_LATE: ("The newest entries have waited for a signed head for more than a week.", _NO_HEADS),
    Finding.HEAD_GONE: ("A signed head is gone that others had seen.", _HALT),
    Finding.WITNESS_FALSE: ("The co-signature of a witness does not hold.", _ASK),
    Finding.WITNESS_REWRITTEN: ("The ledger was rewritten after a witness had signed it.", _HALT),
    Finding.WITNESS_ABSENT: ("A witness whose signature is asked for has signed nothing that is here.", _ASK),
    Finding.WITNESS_UNKNOWN: ("A witness signed whose keys are not known here.", _ASK),
    Finding.TIME_FALSE: ("A time-stamp does not hold.", _ASK),
    Finding.TIME_UNCHECKED: (
        "Time-stamps were not checked.",
        "Install the extra for time-stamps, and give the authority's certificate.",
    ),
    Finding.TIME_WAITING: ("A time-stamp has not come back yet.", "Attach the answer, or ask again."),
    Finding.ROW_ODD: ("Something was written to the database past the portal.", _HALT),
    Finding.ROW_UNRECORDED: ("Something was put into the database past the portal.", _HALT),
    Finding.ROW_LEFT: ("Something is left of work that was interrupted.", "Nothing is lost: portal sweep."),
    Finding.ROW_BACK: ("Something is there again that had been erased.", _HALT),
    Finding.ROW_CHANGED: ("Something was changed in the database past the portal.", _HALT),
    Finding.ROW_MISSING: ("Something is missing that the ledger knows of.", _BACKUP),
    Finding.FILE_UNREADABLE: ("A file from a source is missing or cannot be read.", _BACKUP),
    Finding.FILE_SIZE: ("A file from a source was changed.", _BACKUP),
    Finding.FILE_CHANGED: ("A file from a source was changed.", _BACKUP),
    Finding.FILE_UNKNOWN: ("A file is there that nothing refers to.", "Nothing is lost: portal sweep."),
}
"""What each finding means, and what to do."""

_APART = ("The store of wrapped keys is not of the same moment as the rest.", _KEYS)
_WRAPS = frozenset({"wrap"})

THINGS = {
    "annotation": "a mark",
    "body": "a record of the registry",
    "case_note": "a note",
    "claim": "who works on a case",
    "coding_sheet": "a coding sheet",
    "consent": "a permission of a source",
    "contact_leave": "leave to write to a source again",
    "document": "the record of a file",
    "group_epoch": "a group's key",
    "invitation": "an invitation",
    "ledger_cosignature": "a co-signature",
    "ledger_timestamp": "a time-stamp",
    "legal_hold": "a legal hold",
    "link": "a link",
    "membership": "a key in somebody's hands",
    "message": "a message",
    "part": "a part of an account",
    "person": "a record of the registry",
    "place": "a record of the registry",
    "question": "a question to a source",
    "record": "a record of the registry",
    "record_name": "a name in the registry",
    "release": "a release",
    "release_file": "the file of a release",
    "release_key": "the key of a release",
    "sealed_field": "the words of a source",
    "staff": "a member of staff or their role",
    "statement": "a statement of the registry",
    "submission": "an account",
    "telling": "what a source is told",
    "tombstone": "the mark of a withdrawal",
    "wrap": "a wrapped key",
}
"""What the rows of a table are, for whoever does not know the tables; others are just rows."""


def explained(problem: Problem) -> tuple[str, str]:
    """Return what a finding means, and what to do."""
    if problem.kind == "row" and table_of(problem) in _WRAPS:
        apart = {Finding.ROW_BACK, Finding.ROW_MISSING, Finding.ROW_UNRECORDED}
        return _APART if problem.finding in apart else MEANINGS[problem.finding]
    return MEANINGS[problem.finding]


def table_of(problem: Problem) -> str:
    """Return the table of a row; empty for anything else."""
    return problem.object.partition("/")[0] if problem.kind == "row" else ""


def thing(problem: Problem) -> str:
    """Return what kind of thing was found, where it is a row of a table that has a name."""
    return THINGS.get(table_of(problem), "")
