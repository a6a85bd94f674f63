"""What the visitor's sealed session keeps: the draft, and the folder once the receipt has opened it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from flask import current_app, request, session

from portal.intake.drafts import Draft
from portal.web.guard import UNSENT
from portal.web.sessions import NOTHING_WRITTEN, SealedSession

_DRAFT, _FOLDER = "draft", "folder"
_FILE = "file "
"""Each file of the draft stands by itself: two that arrive at once must not write over each other.

Its place among the others stands with it, because a session forgets the order of its keys.
"""


@dataclass(frozen=True)
class Key:
    """What the receipt gave: which submission, and the seed that opens it."""

    submission_id: UUID
    seed: bytes = field(repr=False)


def draft() -> Draft:
    """Return the visitor's draft, begun now if there was none."""
    kept = session.get(_DRAFT)
    found = sorted((session[name] for name in session if name.startswith(_FILE)), key=itemgetter("place"))
    files = [{name: value for name, value in one.items() if name != "place"} for one in found]
    return Draft.from_session({**kept, "files": files}) if kept else Draft.new()


def draft_again(before: Draft) -> Draft | None:
    """Return the same draft as the visitor's other pages have left it while this request took its time.

    None when it was sent, or when the visitor has gone; the session becomes what it is now in either case.
    """
    fresh: Mapping[str, Any] = current_app.session_interface.open_session(current_app, request) or {}
    session.clear()
    session.update(fresh)
    now = draft()
    return now if now.submission_id == before.submission_id and not now.sent else None


def has_draft() -> bool:
    """Tell whether something was begun."""
    return _DRAFT in session


def keep(changed: Draft) -> None:
    """Keep the draft."""
    kept = changed.to_session()
    files = {
        f"{_FILE}{one['document_id'].hex}": {**one, "place": place}
        for place, one in enumerate(kept.pop("files"))
    }
    _forget_files(but=files)
    session[_DRAFT] = kept
    session[NOTHING_WRITTEN] = changed.untouched
    session.update(files)


def forget_draft() -> None:
    """Let the draft go, once it is sent and its receipt typed back."""
    session.pop(_DRAFT, None)
    session.pop(NOTHING_WRITTEN, None)
    _forget_files()


def _forget_files(*, but: Container[str] = ()) -> None:
    for name in [name for name in session if name.startswith(_FILE) and name not in but]:
        del session[name]


def open_folder(key: Key) -> None:
    """Remember what the receipt opened, under a new session id and key."""
    cast(SealedSession, session).rotate()
    session[_FOLDER] = {"submission_id": key.submission_id, "seed": key.seed}


def has_unsent() -> bool:
    """Tell whether a message was typed into a folder that had closed meanwhile."""
    return UNSENT in session


def unsent() -> str:
    """Give that message back, once."""
    return str(session.pop(UNSENT, ""))


def folder() -> Key:
    """Return what the receipt opened; the page's access made sure that there is something."""
    return Key(**session[_FOLDER])


def close_folder() -> None:
    """Forget everything."""
    session.clear()
