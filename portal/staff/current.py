"""Who is signed in: Flask-Login over the sealed session, and the keys that live only there.

The session holds ``identity`` (the person's 32-byte seed) and ``group_seeds`` (opened group keys by
membership id). Both exist in clear only while the visitor's cookie is being answered. ``salt_mark`` ends the
session with the passphrase that opened it; ``handle`` is its name on the roll, where its owner can end it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import cast
from uuid import UUID

from flask import Flask, current_app, g, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from portal.errors import RefusedError
from portal.permissions import Group, Role
from portal.staff import service
from portal.staff.actor import Actor
from portal.staff.devices import Devices
from portal.staff.missed import Missed
from portal.staff.models import Membership, Staff
from portal.staff.roll import Roll
from portal.staff.service import SignedIn
from portal.vault.seal import UnsealError
from portal.vault.wrap import SEED_SIZE, public_key
from portal.web import edge, freshness
from portal.web.sessions import SealedSession, SealedSessions
from portal.web.shared import Shared
from portal.web.throttle import Throttle

_THROTTLE, _ROLL, _DEVICES, _MISSED = "staff_throttle", "staff_roll", "staff_devices", "staff_missed"


class SignedInUser(UserMixin):  # type: ignore[misc] # Flask-Login ships no types
    """What pages and Flask-Login need to know of the visitor; it carries no key."""

    def __init__(self, person: Staff) -> None:
        self.id = str(person.id)
        self.name = person.name
        self.role: Role = person.role
        self.active = person.active

    @property
    def is_active(self) -> bool:
        """Tell whether the person's access lasts."""
        return self.active


def install(app: Flask) -> None:
    """Set Flask-Login up: no remember-me, no binding to addresses (Tor changes them), one loader."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)
    manager.user_loader(_load)
    kind = cast(SealedSessions, app.session_interface)
    shared = Shared(kind.halves)
    app.extensions[_THROTTLE] = Throttle(shared)
    app.extensions[_ROLL] = Roll(shared, kind.lifetime)
    app.extensions[_MISSED] = Missed(shared)
    app.extensions[_DEVICES] = Devices(app.config["SECRET_KEY"])


def throttle() -> Throttle:
    """Return the desk's count of wrong attempts."""
    return cast(Throttle, current_app.extensions[_THROTTLE])


def roll() -> Roll:
    """Return the desk's roll of sessions."""
    return cast(Roll, current_app.extensions[_ROLL])


def missed() -> Missed:
    """Return who is to hear of right passphrases with wrong codes."""
    return cast(Missed, current_app.extensions[_MISSED])


def devices() -> Devices:
    """Return what makes and recognises the cookies of devices."""
    return cast(Devices, current_app.extensions[_DEVICES])


def _load(user_id: str) -> SignedInUser | None:
    """Find the person behind a session; nobody, when access or session has ended or the seed is not theirs.

    It reads in a unit of work of its own: the request's one begins later, with the view, so that no lock is
    held while the request is still being read.
    """
    if not roll().holds(UUID(user_id), session.get("handle", ""), edge.now()):
        return None
    with edge.parts().database.session(write=False) as unit:
        person = service.present(unit, staff_id=UUID(user_id))
    return SignedInUser(person) if person is not None and _fits(person) else None


def _fits(person: Staff) -> bool:
    seed, mark = session.get("identity", b""), session.get("salt_mark", b"")
    return (
        len(seed) == SEED_SIZE
        and public_key(seed) == person.public_key
        and hmac.compare_digest(mark, _salt_mark(person))
    )


def _salt_mark(person: Staff) -> bytes:
    """Return a mark of the present passphrase: sessions that an earlier one opened end with it."""
    return hashlib.sha256(person.salt).digest()[:8]


def actor() -> Actor:
    """Return the signed-in person with the keys that this session may use; refuse anybody else."""
    if "actor" not in g:
        g.actor = _actor()
    found = g.actor
    assert isinstance(found, Actor)  # noqa: S101 - for the type checker
    return found


def look_again() -> None:
    """Ask anew who is signed in, after a pause in which their access may have ended."""
    g.pop("actor", None)


def _actor() -> Actor:
    if not current_user.is_authenticated:
        raise RefusedError
    person = service.present(edge.db(), staff_id=UUID(current_user.id), hold=g.get("writes", False))
    if person is None or not _fits(person):
        raise RefusedError
    return Actor(person.id, person.name, person.role, session["identity"], _group_seeds(person))


def _group_seeds(person: Staff) -> dict[Group, dict[int, bytes]]:
    """Open the person's group keys once per session; those of ended memberships are forgotten."""
    kept: dict[str, bytes] = session.get("group_seeds", {})
    seeds = {one: kept.get(one.id.hex) or _opened(one) for one in person.memberships}
    found = {one: seed for one, seed in seeds.items() if seed is not None}
    session["group_seeds"] = {one.id.hex: seed for one, seed in found.items()}
    rings: dict[Group, dict[int, bytes]] = {}
    for one, seed in found.items():
        rings.setdefault(one.group, {})[one.epoch] = seed
    return rings


def _opened(one: Membership) -> bytes | None:
    """Open one group key, and take it only if the signed directory has its public half.

    Anybody can wrap something to a public key; who writes to the database must not slip a key of theirs in.
    """
    try:
        seed = service.opened(one, session["identity"])
    except UnsealError:
        seed = b""
    if len(seed) == SEED_SIZE and edge.known_keys().is_group_key(
        one.group.value, one.epoch, public_key(seed)
    ):
        return seed
    if one.epoch > edge.known_keys().epochs.get(one.group.value, 1):
        return None  # made for the next epoch, and waiting for the root's signature
    edge.refuse(edge.Refusal("group.refused", f"{one.group.value} {one.epoch}", one.staff_id))
    return None


def begin(signed_in: SignedIn, *, known: bool = False) -> Staff:
    """Begin a signed-in session under a fresh id and key; whatever the visitor's session held is gone.

    ``known`` says that the person had signed in on this device before.
    """
    person = service.present(edge.db(), staff_id=signed_in.staff_id)
    if person is None:
        raise RefusedError
    half, handle = renew(), secrets.token_hex(8)
    roll().enter(person.id, handle, half=half, known=known, now=edge.now())
    session["identity"], session["salt_mark"] = signed_in.seed, _salt_mark(person)
    session["handle"] = handle
    login_user(SignedInUser(person))
    session.pop("_id", None)  # a digest of the visitor's address, which is nobody's business
    freshness.prove()
    return person


def proved() -> None:
    """Go on under a fresh id and key: the person has just proved once more who they are."""
    half = _sealed_session().rotate()
    roll().move(UUID(current_user.id), session["handle"], half=half, now=edge.now())
    freshness.prove()


def reopened(person: Staff) -> None:
    """Keep this session, alone of all, after its person's passphrase has changed."""
    session["salt_mark"] = _salt_mark(person)
    proved()
    end_stays(lambda handle: handle != session["handle"])


def end_stays(which: Callable[[str], bool]) -> int:
    """End those of the visitor's own sessions whose handle is meant; say how many."""
    return roll().end(UUID(current_user.id), which=which, now=edge.now())


def leave() -> None:
    """End the session on both sides."""
    handle = session["handle"]
    end_stays(lambda one: one == handle)
    logout_user()
    renew()


def renew() -> str:
    """Empty the session and change its id and key, because what it may open is about to change."""
    session.clear()
    g.pop("actor", None)
    return _sealed_session().rotate()


def _sealed_session() -> SealedSession:
    assert isinstance(session, SealedSession)  # noqa: S101 - the desk has no other kind
    return session
