"""Where a visit is let in, before the first thing of it is stored that lasts; once for each account.

What is known of it lies in the visit's own sealed session: its challenge, its place, whether it is in. So
neither proof nor place serves another visit, and a restart of the server loses neither.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast

from flask import current_app, redirect, session, url_for
from flask.typing import ResponseReturnValue

from portal.intake import visit
from portal.intake.letting_in import ASKS, Challenge, Load, Verdict, remaining
from portal.intake.letting_in_words import SEED, Question, question
from portal.web import edge
from portal.web.locale import language
from portal.web.sessions import SealedSessions
from portal.web.shared import Shared

_STATE = "letting-in"
_ENTRY = "letting-in", "accounts"
_KEPT = 24 * 60 * 60
WAITED_FOR = ("check", "documents", "voice", "code")
"""Pages that somebody may be on the way to; *check* is where an account is sent."""


def _shared() -> Shared:
    return Shared(cast("SealedSessions", current_app.session_interface).halves)


def _now() -> int:
    return int(edge.now().timestamp())


def standing() -> Load:
    """Return how many write just now."""
    return Load.of(_shared().read(*_ENTRY))


def _level(load: Load, now: int) -> int:
    return load.level(now, edge.settings().quiet_accounts)


def _state() -> dict[str, Any]:
    """Return what is known of letting this account in; drawn when its first page is shown."""
    account = visit.draft().submission_id.hex
    kept: dict[str, Any] = session.get(_STATE, {})
    if kept.get("account") != account:
        now = _now()
        after, ripe = _counted(lambda load: load.place(now))
        kept = {"account": account, "in": False, "ripe": ripe, "seed": secrets.token_bytes(SEED)}
        kept |= _challenge(after, now)
        session[_STATE] = kept
    return kept


def _counted(change: Callable[[Load], tuple[Load, int]]) -> tuple[Load, int]:
    """Change what all workers know; where even the memory is full, people are let in as on a quiet day."""
    after, found = change(Load())
    with suppress(OSError), _shared().change(*_ENTRY, expires=_now() + _KEPT) as entry:
        after, found = change(Load.of(entry))
        entry.update(after.kept())
    return after, found


def _challenge(load: Load, now: int) -> dict[str, Any]:
    new = Challenge.new(secrets.token_bytes, level=_level(load, now), now=now)
    return {"salt": new.salt, "bits": new.bits, "made": new.made}


def _change(**values: object) -> None:
    session[_STATE] = {**_state(), **values}


def is_in() -> bool:
    """Tell whether this account was let in; one that is kept under its code was, when that was done first."""
    return visit.kept() is not None or (visit.has_draft() and bool(_state()["in"]))


def let_in() -> None:
    """Let this account in, and count it."""
    if not is_in():
        now = _now()
        _counted(lambda load: (load.one_more(now), 0))
        _change(**{"in": True, "salt": b""})


def challenge() -> Challenge | None:
    """Return the work that would let this account in; none when it is in, or nothing was begun."""
    if not visit.has_draft() or is_in() or visit.draft().sent:
        return None
    kept = _state()
    return Challenge(kept["salt"], kept["bits"], kept["made"])


def judge(answer: bytes) -> Verdict:
    """Let the account in for a right answer, and spend it; for any other, make a new challenge."""
    asked, now = challenge(), _now()
    if asked is None:
        return Verdict.RIGHT if is_in() else Verdict.OLD
    verdict = asked.judge(answer, level=_level(standing(), now), now=now)
    if verdict is Verdict.RIGHT:
        let_in()
    else:
        _change(**_challenge(standing(), now))
    return verdict


def waits() -> int:
    """Return the seconds that this account still waits without a proof."""
    now = _now()
    return remaining(_state()["ripe"], level=_level(standing(), now), now=now)


def asked() -> Question | None:
    """Return the small question that comes after the wait; none while few write."""
    return question(language(), _state()["seed"]) if _level(standing(), _now()) >= ASKS else None


def choose(word: str) -> bool:
    """Let the account in if this is the place of the right word; else there is another question."""
    one = asked()
    right = waits() == 0 and (one is None or word == str(one.right))
    if right:
        let_in()
    else:
        _change(seed=secrets.token_bytes(SEED))
    return right


def quietly() -> bool:
    """Tell whether the account is in, letting it in now if that takes neither a wait nor a question."""
    if not is_in() and waits() == 0 and asked() is None:
        let_in()
    return is_in()


def first(then: str) -> ResponseReturnValue | None:
    """Return the way to the waiting page, whence it goes on to ``then``; None for who is in."""
    if not visit.has_draft() or quietly():
        return None
    return redirect(url_for("intake.wait", then=then), HTTPStatus.SEE_OTHER)
