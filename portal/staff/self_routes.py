"""Pages of one's own access: who one is here, and what one holds."""

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.permissions import GRANTS, MAY_HOLD, Access
from portal.staff.current import actor
from portal.staff.labels import DUTIES, GROUPS, PERMISSIONS, ROLES
from portal.staff.pages import fingerprint, pages
from portal.vault.wrap import public_key
from portal.web.locale import lazy_gettext as _l


@pages.page("/me", access=Access.STAFF, menu=_l("My access"))
def me() -> ResponseReturnValue:
    """Show the visitor who they are here, which keys they hold and what their role may do."""
    by = actor()
    return render_template(
        "staff/me.html",
        me=by,
        role=ROLES[by.role],
        duty=DUTIES[by.role],
        fingerprint=fingerprint(public_key(by.seed)),
        held=[GROUPS[group] for group in sorted(by.seeds)],
        missing=[GROUPS[group] for group in sorted(MAY_HOLD[by.role] - by.seeds.keys())],
        allowed=[words for permission, words in PERMISSIONS.items() if permission in GRANTS[by.role]],
    )
