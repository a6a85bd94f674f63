"""Who is signed in: Flask-Login over the sealed session, and the keys that live only there.

The session holds ``identity`` (the person's 32-byte seed) and ``group_seeds`` (opened group keys by
membership id). Both exist in clear only while the visitor's cookie is being answered.
"""

from uuid import UUID

from flask import Flask, current_app, g, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from portal.errors import RefusedError
from portal.permissions import Group, Role
from portal.staff import service
from portal.staff.actor import Actor
from portal.staff.models import Membership, Staff
from portal.staff.service import SignedIn
from portal.vault.seal import UnsealError
from portal.vault.wrap import SEED_SIZE, public_key
from portal.web import edge
from portal.web.sessions import SealedSession
from portal.web.throttle import Throttle

_THROTTLE = "staff_throttle"


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
    app.extensions[_THROTTLE] = Throttle()


def throttle() -> Throttle:
    """Return the running desk's count of wrong attempts."""
    found = current_app.extensions[_THROTTLE]
    assert isinstance(found, Throttle)  # noqa: S101 - set by install, for the type checker
    return found


def _load(user_id: str) -> SignedInUser | None:
    """Find the person behind a session; nobody, when access has ended or the session's seed is not theirs.

    It reads in a unit of work of its own: the request's one begins later, with the view, so that no lock is
    held while the request is still being read.
    """
    with edge.parts().database.session(write=False) as unit:
        person = service.present(unit, staff_id=UUID(user_id))
    return SignedInUser(person) if person is not None and _fits(person) else None


def _fits(person: Staff) -> bool:
    seed = session.get("identity", b"")
    return len(seed) == SEED_SIZE and public_key(seed) == person.public_key


def actor() -> Actor:
    """Return the signed-in person with the keys that this session may use; refuse anybody else."""
    if "actor" not in g:
        g.actor = _actor()
    found = g.actor
    assert isinstance(found, Actor)  # noqa: S101 - for the type checker
    return found


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
        return None
    return seed if edge.known_keys().is_group_key(one.group.value, one.epoch, public_key(seed)) else None


def begin(signed_in: SignedIn) -> None:
    """Begin a signed-in session under a fresh id and key; whatever the visitor's session held is gone."""
    person = service.present(edge.db(), staff_id=signed_in.staff_id)
    if person is None:
        raise RefusedError
    renew()
    login_user(SignedInUser(person))
    session.pop("_id", None)  # a digest of the visitor's address, which is nobody's business
    session["identity"] = signed_in.seed


def leave() -> None:
    """End the session on both sides."""
    logout_user()
    renew()


def renew() -> None:
    """Empty the session and change its id and key, because what it may open is about to change."""
    assert isinstance(session, SealedSession)  # noqa: S101 - the desk has no other kind
    session.clear()
    session.rotate()
    g.pop("actor", None)
