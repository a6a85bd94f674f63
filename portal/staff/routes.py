"""Pages of those who work here: people, invitations, groups' keys, and who may do what."""

from functools import partial
from http import HTTPStatus
from uuid import UUID

from flask import Response, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.errors import InvalidError, NotFoundError
from portal.permissions import GRANTS, MAY_HOLD, Access, Group, Permission, Role
from portal.staff import epochs, groups, service
from portal.staff.current import actor
from portal.staff.forms import ConfirmForm, GrantForm, GroupForm, InviteForm, typed
from portal.staff.labels import DUTIES, GROUPS, PERMISSIONS, ROLES
from portal.staff.pages import fingerprint, pages
from portal.vault.directory import Request
from portal.web.edge import Refusal, db, now, parts, recipients, refuse, settings
from portal.web.locale import gettext as _
from portal.web.locale import language
from portal.web.locale import lazy_gettext as _l
from portal.web.notices import done


@pages.page("/staff", access=Permission.STAFF_SEE, menu=_l("Staff"))
def people() -> ResponseReturnValue:
    """Show who works here, who is on the way, and which keys are missing."""
    by = actor()
    return render_template(
        "staff/people.html",
        people=service.everybody(db(), by=by),
        invitations=service.open_invitations(db(), by=by, now=now()),
        form=ConfirmForm(formdata=None),
        awaits=partial(groups.awaited, current=epochs.current(db())),
        may_manage=by.may(Permission.STAFF_MANAGE),
        me=by.id,
        roles=ROLES,
        groups=GROUPS,
    )


@pages.page("/staff/invite", access=Permission.STAFF_MANAGE, methods=("GET", "POST"), fresh=True)
def invite() -> ResponseReturnValue:
    """Invite one person; the words are shown on the answer and nowhere else."""
    form = InviteForm()
    if form.validate_on_submit():
        role = Role(form.role.data)
        try:
            words = service.invite(
                db(),
                by=actor(),
                name=typed(form.name),
                role=role,
                now=now(),
                language=language(),
                groups=form.groups(),
                before=bool(form.before.data),
            )
        except InvalidError as problem:
            wrong = form.name if form.groups() <= MAY_HOLD[role] else form.more
            wrong.errors = [_(str(problem))]
        else:
            address = settings().desk_address + url_for(".join")
            return render_template(
                "staff/invited.html",
                name=form.name.data,
                role=ROLES[role],
                words=words.split(),
                address=address,
                days=service.INVITATION_DAYS,
            )
    page = render_template("staff/invite.html", form=form)
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


@pages.page(
    "/staff/invitations/<uuid:invitation_id>/withdraw", access=Permission.STAFF_MANAGE, methods=("POST",)
)
def withdraw(invitation_id: UUID) -> ResponseReturnValue:
    """Close an invitation that was not used."""
    service.withdraw_invitation(db(), by=actor(), invitation_id=invitation_id)
    done(_("Done: nobody can join with that invitation any more."))
    return redirect(url_for(".people"), 303)


@pages.page("/staff/<uuid:staff_id>/end", access=Permission.STAFF_MANAGE, methods=("GET", "POST"), fresh=True)
def end(staff_id: UUID) -> ResponseReturnValue:
    """End a person's access, after asking once."""
    form = ConfirmForm()
    if form.validate_on_submit():
        service.end(db(), by=actor(), staff_id=staff_id)
        done(_("Done: this person's access has ended."))
        return redirect(url_for(".people"), 303)
    return render_template(
        "staff/end.html",
        form=form,
        person=service.somebody(db(), by=actor(), staff_id=staff_id),
        alone=[GROUPS[group] for group in groups.only_holder_of(db(), by=actor(), staff_id=staff_id)],
        roles=ROLES,
    )


@pages.page("/staff/keys", access=Permission.GROUP_GRANT, menu=_l("Keys"))
def keys() -> ResponseReturnValue:
    """Show who waits for a key that the visitor can hand on."""
    by = actor()
    rows = [
        (person, fingerprint(person.public_key), awaited, GrantForm(formdata=None))
        for person, awaited in groups.waiting(db(), by=by)
    ]
    standings = epochs.standings(db(), by=by)
    for one in standings:
        if one.strange:
            _refuse(one.group, one.epoch + 1)
    unvouched = [
        (person, fingerprint(person.public_key), group) for person, group in groups.unvouched(db(), by=by)
    ]
    return render_template(
        "staff/keys.html",
        rows=rows,
        unvouched=unvouched,
        mine=[GROUPS[group] for group in sorted(by.seeds)],
        standings=[(one, fingerprint(one.proposed) if one.proposed else "") for one in standings],
        renew=GroupForm(formdata=None),
        may_move=lambda group: group is not Group.AUDITORS and "release.rewrap" in current_app.view_functions,
        earlier=lambda group: len(by.ring(group)) > 1,
        roles=ROLES,
        groups=GROUPS,
    )


@pages.page("/staff/keys/renew", access=Permission.GROUP_GRANT, methods=("POST",), fresh=".keys")
def renew_key() -> ResponseReturnValue:
    """Make a group's next key; it is used once the root has signed it."""
    form = GroupForm()
    if not form.validate():
        raise NotFoundError
    epochs.propose(db(), by=actor(), group=Group(typed(form.group)), keys=recipients(), now=now())
    done(_("Done: the new key waits for the root's signature."))
    return redirect(url_for(".keys"), 303)


@pages.page("/staff/keys/<string:group>/request.json", access=Permission.GROUP_GRANT)
def key_request(group: str) -> ResponseReturnValue:
    """Give the file that the root is asked to sign."""
    if group not in set(Group):
        raise NotFoundError
    keys = recipients()
    try:
        asked = epochs.asked_for(db(), by=actor(), group=Group(group), keys=keys)
    except epochs.StrangeKeyError:
        _refuse(Group(group), keys.epochs.get(group, 1) + 1)
        raise
    answer = Response(Request(parts().directory.edition(), (asked,)).to_json(), mimetype="application/json")
    name = f"{group}-{asked.epoch}.request.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _refuse(group: Group, epoch: int) -> None:
    """Have the ledger say that a proposed key was made by nobody who could."""
    refuse(Refusal("group.strange", f"{group.value} {epoch}"))


@pages.page("/staff/<uuid:staff_id>/keys", access=Permission.GROUP_GRANT, methods=("POST",), fresh=".keys")
def grant(staff_id: UUID) -> ResponseReturnValue:
    """Hand one key on to one person."""
    form = GrantForm()
    if not form.validate():
        raise NotFoundError
    recipients()  # which key is the present one stands in the database: it must agree with the directory
    groups.grant(
        db(),
        by=actor(),
        staff_id=staff_id,
        group=Group(typed(form.group)),
        now=now(),
        before=bool(form.before.data),
        compared=typed(form.mark).replace(" ", ""),
    )
    done(_("Done: the key has been handed on."))
    return redirect(url_for(".keys"), 303)


@pages.page("/roles", access=Access.STAFF)
def roles() -> ResponseReturnValue:
    """Show what every role may do, from the very table that the doors ask."""
    return render_template(
        "staff/roles.html",
        lines=[(ROLES[role], DUTIES[role]) for role in Role],
        roles=ROLES,
        permissions=PERMISSIONS,
        grants=GRANTS,
    )
