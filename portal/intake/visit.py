"""What the visitor's sealed session keeps: what opens the draft, and the folder once the code has opened it.

A draft that is kept under its private code stands in its row, and the session has only its key; one whose
code was put off stands in the session itself, and ends with it.
"""

import time
from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from flask import current_app, g, request, session

from portal.database import PortalSession
from portal.intake import draft_rows
from portal.intake.draft_rows import GoneError, Kept
from portal.intake.drafts import Draft
from portal.web import edge
from portal.web.guard import UNSENT
from portal.web.sessions import NOTHING_WRITTEN, SealedSession, SealedSessions

_DRAFT, _KEPT, _FOLDER = "draft", "kept", "folder"
_TURNS, _TURN = 6, 0.05
"""How often, and for how many seconds each time, a second press waits for what the first one keeps."""
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
    """Return the visitor's draft, begun now if there was none; read once for each request.

    Where the request may write, nobody else changes the draft until it ends. Raises `GoneError`.
    """
    if "draft" not in g:
        _open(edge.db(), lock=bool(g.get("writes"))) if kept() else _unkept()
    found: Draft = g.draft
    return found


def glance() -> Draft:
    """Return the draft for a request that takes its time: nobody waits for it. `draft_again` follows."""
    if "draft" not in g and kept():
        with edge.parts().database.session(write=False) as reading:
            _open(reading, lock=False)
    return draft()


def draft_again(before: Draft) -> Draft | None:
    """Return the same draft as the visitor's other pages have left it while this request took its time.

    None when it was sent or erased, or when the visitor has gone and had put the code off; a draft that is
    kept takes what came, even where the visit has ended meanwhile. The session becomes what it is now.
    """
    _refresh()
    g.pop("draft", None)
    try:
        if "kept" in g:
            _open(edge.db(), lock=True)
        now = draft()
    except GoneError:
        return None
    return now if now.submission_id == before.submission_id and not now.sent else None


def has_by_now(document_id: UUID) -> bool:
    """Tell whether a file is in the draft as the visitor's other requests have left it; nobody waits for it.

    Read apart from this request's own draft and session, which stay as they are.
    """
    pointer = kept()
    if pointer is None:
        return _file_name(document_id) in _fresh()
    with edge.parts().database.session(write=False) as reading, suppress(GoneError):
        return draft_rows.read(reading, pointer, lock=False)[0].has(document_id)
    return False


def _refresh() -> None:
    """Let the session become what the visitor's other requests have made of it."""
    fresh = _fresh()
    session.clear()
    session.update(fresh)


def _fresh() -> Mapping[str, Any]:
    return current_app.session_interface.open_session(current_app, request) or {}


def kept() -> Kept | None:
    """Return what opens the visitor's draft, if it is kept under its code."""
    if "kept" not in g:
        pointer = session.get(_KEPT)
        if pointer is None:
            return None
        g.kept = Kept(pointer["draft_id"], pointer["key"])
    found: Kept = g.kept
    return found


def forget_draft_of(case_id: UUID) -> None:
    """Let the draft go that became an account, if it is this visitor's.

    One that is kept is not opened for it: in another window it may be gone by now.
    """
    mine = submission_id() or (draft().submission_id if _DRAFT in session else None)
    if mine == case_id:
        forget_draft()


def submission_id() -> UUID | None:
    """Return which account the kept draft becomes."""
    pointer = session.get(_KEPT)
    return pointer["submission_id"] if pointer else None


def kept_until() -> date | None:
    """Return the last day on which the draft is kept; None when its code was put off."""
    until: date | None = g.get("until")
    return until


def _open(reading: PortalSession, *, lock: bool) -> None:
    pointer = kept()
    assert pointer is not None  # noqa: S101 - for the type checker
    g.draft, g.until = draft_rows.read(reading, pointer, lock=lock)


def _unkept() -> None:
    held = session.get(_DRAFT)
    found = sorted((session[name] for name in session if name.startswith(_FILE)), key=itemgetter("place"))
    files = [{name: value for name, value in one.items() if name != "place"} for one in found]
    g.draft = Draft.from_session({**held, "files": files}) if held else Draft.new()


def has_draft() -> bool:
    """Tell whether something was begun."""
    return _DRAFT in session or _KEPT in session


def has_ended() -> bool:
    """Tell whether this browser's visit ended meanwhile: it brings a cookie that opens nothing any more."""
    sessions = cast(SealedSessions, current_app.session_interface)
    return not cast(SealedSession, session).token and bool(request.cookies.get(sessions.cookie))


def keep(changed: Draft) -> None:
    """Keep the draft: in its row, for as many days again as the settings say, or in the session."""
    g.draft = changed
    if (pointer := kept()) is not None:
        g.until = next_until()
        draft_rows.save(edge.db(), pointer, changed, until=g.until)
        return
    held = changed.to_session()
    files = {
        _file_name(one["document_id"]): {**one, "place": place} for place, one in enumerate(held.pop("files"))
    }
    _forget_files(but=files)
    session[_DRAFT] = held
    session[NOTHING_WRITTEN] = changed.untouched
    session.update(files)


def _file_name(document_id: UUID) -> str:
    return f"{_FILE}{document_id.hex}"


def next_until() -> date:
    """Return the last day on which what is saved now is kept."""
    return edge.today() + timedelta(days=edge.settings().draft_days)


def keep_under(pointer: Kept, submission_id: UUID) -> None:
    """Go on with a draft that is kept under its code; the visit has its key and nothing else of it."""
    forget_draft()
    session[_KEPT] = {"draft_id": pointer.draft_id, "key": pointer.key, "submission_id": submission_id}
    session[NOTHING_WRITTEN] = False


def open_kept(pointer: Kept, submission_id: UUID) -> None:
    """Remember what the private code opened, under a new session id and key."""
    cast(SealedSession, session).rotate()
    session.pop(_FOLDER, None)
    keep_under(pointer, submission_id)


def has_sent(done: Draft) -> None:
    """Keep what is left to show of a draft that was sent."""
    forget_draft()
    keep(done.once_sent())


def knows_of_sending() -> bool:
    """Tell whether this visit has sent its draft: a press that won may keep that just now, so wait a little.

    The draft of a visit that has not sent it itself is let go.
    """
    for _turn in range(_TURNS):
        if _KEPT not in session:
            break
        time.sleep(_TURN)
        _refresh()
    session.pop(_KEPT, None)
    g.pop("kept", None)
    return _DRAFT in session


def forget_draft() -> None:
    """Let the draft go: it was sent and its code typed back, or it was erased."""
    session.pop(_DRAFT, None)
    session.pop(_KEPT, None)
    _forget_files()
    for name in ("draft", "kept", "until"):
        g.pop(name, None)


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
