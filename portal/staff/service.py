"""What can be done about staff: invite, join, sign in, end; roles and keys are in `groups`."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.database import PortalSession, pause
from portal.errors import InvalidError, NotFoundError, StaleError
from portal.ledger.service import note
from portal.permissions import MAY_HOLD, USUAL, Group, Permission, Role
from portal.staff import epochs, hardware, locks
from portal.staff.actor import Actor
from portal.staff.credentials import SALT_SIZE, Bundle, group_place, lock, new_bundle
from portal.staff.models import Invitation, Membership, Proposal, Staff
from portal.staff.names import clean, fold, skeleton
from portal.staff.webauthn import Asked, output
from portal.vault import totp
from portal.vault.passphrase import SIGNING_IN, Cost, Line, generate, normalise, spend
from portal.vault.seal import Sealed
from portal.vault.words import word_list
from portal.vault.wrap import unwrap

INVITATION_DAYS = 7
INVITATION_WORDS = 6
_NOBODY = new_bundle()
"""Keys that are tried where a passphrase opened none, so that a wrong one takes as long as a right one."""


@dataclass(frozen=True)
class SignedIn:
    """The outcome of a sign-in: who, and the seed that opens what was wrapped to them."""

    staff_id: UUID
    seed: bytes = field(repr=False)


def _code_hash(invitation_id: UUID, code: str) -> bytes:
    return hashlib.sha256(invitation_id.bytes + normalise(code).lower()).digest()


def member(session: PortalSession, staff_id: UUID, *, lock: bool = False) -> Staff:
    """Return a person who joined once; ``lock`` lets nobody else change them in the meantime."""
    found = session.get(Staff, staff_id, populate_existing=lock, with_for_update=lock or None)
    if found is None:
        raise NotFoundError
    return found


def _id_of(session: PortalSession, kind: type[Staff | Invitation], name: str) -> UUID | None:
    """Find a name however it was typed; all are read, because no database folds case and letters as we do."""
    wanted = fold(name)
    rows = session.execute(select(kind.id, kind.name)).all()
    return next(iter([one_id for one_id, one_name in rows if fold(one_name) == wanted]), None)


def _taken(session: PortalSession, name: str, *, now: datetime) -> bool:
    """Tell whether somebody has, or is invited under, a name that might be taken for this one."""
    invited = select(Invitation.name).where(Invitation.expires > now)
    names = [*session.scalars(select(Staff.name)), *session.scalars(invited)]
    return skeleton(name) in {skeleton(one) for one in names}


def _free(session: PortalSession, name: str, *, now: datetime) -> None:
    """Clear an invitation that has run out under a name; refuse a name that somebody has."""
    open_id = _id_of(session, Invitation, name)
    already = session.get(Invitation, open_id) if open_id else None
    if already is not None and already.expires <= now:
        session.delete(already)
        session.flush()
    if _taken(session, name, now=now):
        raise InvalidError("This name is taken. Choose another pseudonym.")


def _newcomer(bundle: Bundle, passphrase: str, *, cost: Cost, now: datetime, counter: int) -> Staff:
    """Make a person's row but for name and role; slow, because the passphrase is stretched here."""
    staff_id = uuid4()
    kept = lock(bundle, passphrase, staff_id=staff_id, cost=cost, salt=secrets.token_bytes(SALT_SIZE))
    return Staff(
        id=staff_id,
        joined=now.date(),
        public_key=bundle.public_key,
        salt=kept.salt,
        memory_kib=cost.memory_kib,
        iterations=cost.iterations,
        lanes=cost.lanes,
        bundle=kept.sealed,
        totp_counter=counter,
        active=True,
    )


def _admit(session: PortalSession, person: Staff, *, name: str, role: Role, invited_by: str) -> None:
    person.name, person.role, person.invited_by = clean(name), role, invited_by
    session.add(person)
    note(session, "staff.join", by=person.name, subject=person.id, detail={"role": role.value})


def enrol(
    session: PortalSession,
    *,
    name: str,
    role: Role,
    bundle: Bundle,
    passphrase: str,
    cost: Cost,
    now: datetime,
    counter: int = 0,
) -> Staff:
    """Add a person whose keys were just made, without an invitation; used when an instance is founded.

    ``counter`` is the step of the one-time code already shown (see `totp.accept`).
    """
    person = _newcomer(bundle, passphrase, cost=cost, now=now, counter=counter)
    _admit(session, person, name=name, role=role, invited_by="")
    return person


def hold(
    session: PortalSession,
    *,
    person: Staff,
    group: Group,
    seed: bytes,
    by: str,
    now: datetime,
    epoch: int = 1,
) -> None:
    """Wrap a group's key to a person whose role may hold it."""
    epochs.add_membership(person, group=group, epoch=epoch, seed=seed, by=by, day=now.date())
    detail = {"epoch": str(epoch), "group": group.value}
    note(session, "group.grant", by=by, subject=person.id, detail=detail)


def invite(
    session: PortalSession,
    *,
    by: Actor,
    name: str,
    role: Role,
    now: datetime,
    language: str = "en",
    groups: Collection[Group] | None = None,
    before: bool = False,
) -> str:
    """Open a way in for one person and return the words to hand over; they are shown this once.

    ``groups`` are proposed for whoever joins, the usual ones of the role unless told otherwise; ``before``
    proposes their earlier keys as well.
    """
    by.require(Permission.STAFF_MANAGE)
    wanted = USUAL[role] if groups is None else frozenset(groups)
    if not wanted <= MAY_HOLD[role]:
        raise InvalidError("This role may not hold one of these keys. Choose others.")
    pseudonym = clean(name)
    _free(session, pseudonym, now=now)
    code = generate(word_list(language), INVITATION_WORDS)
    invitation_id = uuid4()
    session.add(
        Invitation(
            id=invitation_id,
            name=pseudonym,
            role=role,
            code_hash=_code_hash(invitation_id, code),
            invited_by=by.name,
            expires=now + timedelta(days=INVITATION_DAYS),
            groups=" ".join(sorted(wanted)),
            before=before,
        )
    )
    detail = {"groups": " ".join(sorted(wanted)), "name": pseudonym, "role": role.value}
    note(session, "staff.invite", by=by.name, subject=invitation_id, detail=detail)
    return code


def invited(session: PortalSession, *, name: str, code: str, now: datetime, lock: bool = False) -> Invitation:
    """Return the open invitation that name and words belong to; the same refusal for every mistake.

    ``lock`` is for using it up.
    """
    # One statement more for a name of nobody, too: what follows takes as long for every mistake.
    found_id = _id_of(session, Invitation, name) or uuid4()
    found = session.get(Invitation, found_id, with_for_update=lock or None)
    expected = found.code_hash if found else bytes(32)
    given = _code_hash(found.id if found else UUID(int=0), code)
    if found is None or not hmac.compare_digest(expected, given) or found.expires <= now:
        raise NotFoundError
    return found


def proposed_in(invitation: Invitation) -> list[Group]:
    """Return the groups that an invitation proposes, as far as its role may hold their keys."""
    kept = invitation.groups
    wanted = USUAL[invitation.role] if kept is None else {Group(one) for one in kept.split()}
    return sorted(wanted & MAY_HOLD[invitation.role])


def join(
    session: PortalSession,
    *,
    name: str,
    code: str,
    bundle: Bundle,
    passphrase: str,
    cost: Cost,
    now: datetime,
    counter: int = 0,
) -> Staff:
    """Turn an invitation into a member of staff, who holds no key yet; those that it names are proposed.

    The passphrase is stretched before the first statement, so that no transaction waits for it.
    """
    person = _newcomer(bundle, passphrase, cost=cost, now=now, counter=counter)
    invitation = invited(session, name=name, code=code, now=now, lock=True)
    _admit(session, person, name=invitation.name, role=invitation.role, invited_by=invitation.invited_by)
    for group in proposed_in(invitation):
        session.add(
            Proposal(
                staff_id=person.id,
                group=group,
                before=bool(invitation.before),
                proposed_by=invitation.invited_by,
                day=now.date(),
            )
        )
    session.delete(invitation)
    return person


def sign_in(
    session: PortalSession,
    *,
    name: str,
    passphrase: str,
    code: str,
    cost: Cost,
    now: datetime,
    answer: str = "",
    asked: Asked | None = None,
    line: Line = SIGNING_IN,
    may_try: Callable[[UUID | None], bool] = lambda _opened: True,
    missed: Callable[[UUID | None], None] = lambda _opened: None,
) -> SignedIn | None:
    """Open a person's bundle and check the second factor; None for any mistake, after the same work.

    A security key's ``answer`` to what it was ``asked`` takes the code's place. ``cost`` is what is spent
    where nobody has joined. ``line`` is where the visitor waits for a place. ``may_try`` counts codes: it is
    told whose passphrase was right, None for nobody's; so is ``missed`` at each mistake. The unit of work
    must hold nothing unsaved: it is put aside while the passphrase is stretched.
    """
    staff_id, known = _meant(session, name)
    if staff_id is None:
        pause(session)
        spend(passphrase, cost, line)
        missed(None)
        return None
    kept = hardware.locks_of(session, member(session, staff_id))
    pause(session)
    unlocked = locks.unlock(kept, passphrase, staff_id=staff_id, output=output(answer), line=line)
    bundle = unlocked.bundle if unlocked is not None else _NOBODY
    again = member(session, staff_id, lock=True)
    opens = again.public_key == bundle.public_key and again.active and known
    if answer:
        second = hardware.assert_key(
            session, person=again, identity=bundle.identity, answer=answer, asked=asked
        )
    else:
        counter = totp.accept(bundle.totp_secret, code, now, again.totp_counter)
        second = may_try(staff_id if opens else None) and counter is not None
        counter = counter if second else None
        again.totp_counter = counter if opens and counter is not None else again.totp_counter
    if not (opens and second):
        missed(staff_id if opens else None)
        return None
    note(session, "staff.sign-in", by=again.name, subject=staff_id)
    return SignedIn(staff_id, bundle.identity)


def tell_missed(session: PortalSession, *, staff_id: UUID, times: int, day: date) -> None:
    """Record that a person hears, at the sign-in of this transaction, of wrong codes."""
    detail = {"last": day.isoformat(), "times": str(times)}
    note(session, "staff.missed", by=member(session, staff_id).name, subject=staff_id, detail=detail)


def _meant(session: PortalSession, name: str) -> tuple[UUID | None, bool]:
    """Return whose name this is, and whether it is anybody's.

    A name of nobody stands for somebody all the same, always for the same one, so that the same statements
    and the same work follow. None only where nobody has joined yet.
    """
    wanted = fold(name)
    rows = session.execute(select(Staff.id, Staff.name).order_by(Staff.id)).all()
    found = [one_id for one_id, one_name in rows if fold(one_name) == wanted]
    if found or not rows:
        return (found[0] if found else None), bool(found)
    number = int.from_bytes(hashlib.sha256(wanted.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return rows[number % len(rows)][0], False


def opened(one: Membership, seed: bytes) -> bytes:
    """Open a group's key that was wrapped to the person whose seed this is; raises `UnsealError`."""
    return unwrap(seed, Sealed(one.blob), group_place(one.staff_id, one.group, one.epoch))


def group_seeds(person: Staff, seed: bytes) -> dict[Group, dict[int, bytes]]:
    """Open the group keys that were wrapped to the person, by epoch."""
    found: dict[Group, dict[int, bytes]] = {}
    for one in person.memberships:
        found.setdefault(one.group, {})[one.epoch] = opened(one, seed)
    return found


def present(session: PortalSession, *, staff_id: UUID, hold: bool = False) -> Staff | None:
    """Return the person with their memberships while their access lasts.

    ``hold`` lets nobody end it before this transaction does: what it changes comes before the end, or never.
    """
    found = session.get(
        Staff,
        staff_id,
        options=[selectinload(Staff.memberships)],
        populate_existing=hold,
        with_for_update={"read": True} if hold else None,
    )
    return found if found is not None and found.active else None


def somebody(session: PortalSession, *, by: Actor, staff_id: UUID) -> Staff:
    """Return one person whose access this actor may end."""
    by.require(Permission.STAFF_MANAGE)
    return member(session, staff_id)


def end(session: PortalSession, *, by: Actor, staff_id: UUID) -> None:
    """End a person's access at once: no sign-in, no session, no wrapped key."""
    by.require(Permission.STAFF_MANAGE)
    person = member(session, staff_id, lock=True)
    if person.id == by.id:
        raise InvalidError("You cannot end your own access; ask another administrator.")
    if not person.active:
        raise StaleError("This person's access has already ended.")
    person.active = False
    epochs.mark_to_renew(session, sorted({one.group for one in person.memberships}))
    for one in [*person.memberships, *person.proposals]:
        session.delete(one)
    note(session, "staff.end", by=by.name, subject=person.id)
    # Who is gone must not come back by an invitation that they made for themselves.
    theirs = select(Invitation).where(Invitation.invited_by == person.name).with_for_update()
    for way in session.scalars(theirs).all():
        withdraw_invitation(session, by=by, invitation_id=way.id)


def everybody(session: PortalSession, *, by: Actor) -> Sequence[Staff]:
    """Return all staff, those still active first."""
    by.require(Permission.STAFF_SEE)
    query = select(Staff).options(selectinload(Staff.memberships), selectinload(Staff.proposals))
    return session.scalars(query.order_by(Staff.active.desc(), Staff.name)).all()


def open_invitations(session: PortalSession, *, by: Actor, now: datetime) -> Sequence[Invitation]:
    """Return the invitations that can still be used."""
    by.require(Permission.STAFF_SEE)
    query = select(Invitation).where(Invitation.expires > now).order_by(Invitation.expires)
    return session.scalars(query).all()


def withdraw_invitation(session: PortalSession, *, by: Actor, invitation_id: UUID) -> None:
    """Close a way in that was not used."""
    by.require(Permission.STAFF_MANAGE)
    found = session.get(Invitation, invitation_id)
    if found is None:
        raise NotFoundError
    session.delete(found)
    note(session, "staff.uninvite", by=by.name, subject=invitation_id, detail={"name": found.name})
