"""Pages of one person, for administrators: which keys are proposed and held, and which role they have."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.errors import NotFoundError
from portal.permissions import MAY_HOLD, Group, Permission, Role
from portal.staff import epochs, groups, service
from portal.staff.current import actor
from portal.staff.forms import GroupForm, ProposeForm, RoleForm, typed
from portal.staff.labels import GROUPS, ROLES
from portal.staff.models import Staff
from portal.staff.pages import pages
from portal.web.edge import db, now
from portal.web.locale import gettext as _
from portal.web.notices import done

_MEMBER = "/staff/<uuid:staff_id>"


def _propose_form(person: Staff) -> ProposeForm:
    form = ProposeForm()
    form.group.choices = [(group.value, GROUPS[group]) for group in sorted(MAY_HOLD[person.role])]
    return form


def _role_form(person: Staff) -> RoleForm:
    keys = bool(MAY_HOLD[person.role])
    return RoleForm(offered=[one for one in Role if one is not person.role and bool(MAY_HOLD[one]) is keys])


def _back(staff_id: UUID, said: str) -> ResponseReturnValue:
    done(said)
    return redirect(url_for(".member", staff_id=staff_id), 303)


@pages.page(_MEMBER, access=Permission.STAFF_MANAGE)
def member(staff_id: UUID) -> ResponseReturnValue:
    """Show one person: what they hold, what is proposed for them, and what can be changed."""
    by = actor()
    person = service.somebody(db(), by=by, staff_id=staff_id)
    if not person.active or person.id == by.id:
        raise NotFoundError
    return render_template(
        "staff/member.html",
        person=person,
        held=sorted({one.group for one in person.memberships}),
        alone=groups.only_holder_of(db(), by=by, staff_id=staff_id),
        awaited=groups.awaited(person, epochs.current(db())),
        form=_propose_form(person),
        role_form=_role_form(person),
        roles=ROLES,
        groups=GROUPS,
    )


@pages.page(f"{_MEMBER}/propose", access=Permission.STAFF_MANAGE, methods=("POST",), fresh=".member")
def propose(staff_id: UUID) -> ResponseReturnValue:
    """Propose one key for one person."""
    form = _propose_form(service.somebody(db(), by=actor(), staff_id=staff_id))
    if not form.validate():
        raise NotFoundError
    group = Group(form.group.data)
    groups.propose(db(), by=actor(), staff_id=staff_id, group=group, before=bool(form.before.data), now=now())
    return _back(staff_id, _("Done: somebody who holds the key can hand it on now."))


@pages.page(f"{_MEMBER}/take-back", access=Permission.STAFF_MANAGE, methods=("POST",))
def take_back(staff_id: UUID) -> ResponseReturnValue:
    """Take a proposal back."""
    groups.take_back(db(), by=actor(), staff_id=staff_id, group=_group())
    return _back(staff_id, _("Done: this key is not proposed any more."))


@pages.page(f"{_MEMBER}/revoke", access=Permission.STAFF_MANAGE, methods=("POST",), fresh=".member")
def revoke(staff_id: UUID) -> ResponseReturnValue:
    """Take a person out of one group."""
    groups.revoke(db(), by=actor(), staff_id=staff_id, group=_group())
    return _back(staff_id, _("Done: the key is gone from this person. Have it renewed now."))


@pages.page(f"{_MEMBER}/role", access=Permission.STAFF_MANAGE, methods=("POST",), fresh=".member")
def change_role(staff_id: UUID) -> ResponseReturnValue:
    """Give a person another role."""
    form = _role_form(service.somebody(db(), by=actor(), staff_id=staff_id))
    if not form.validate():
        raise NotFoundError
    groups.change_role(db(), by=actor(), staff_id=staff_id, role=Role(form.role.data))
    return _back(staff_id, _("Done: the new role holds from the next click on."))


def _group() -> Group:
    form = GroupForm()
    if not form.validate():
        raise NotFoundError
    return Group(typed(form.group))
