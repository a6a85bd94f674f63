"""What a visitor's session has done already: so that a film looked at in a hundred ranges is one reading."""

from flask import session

from portal.web import edge

_DONE = "done"
_HOUR = 3600


def first_this_hour(what: str) -> bool:
    """Tell whether this session does something for the first time in this hour (UTC), and remember it.

    When the request fails, the guard undoes the session, and with it what is remembered here.
    """
    hour = int(edge.now().timestamp()) // _HOUR
    kept = {name: at for name, at in session.get(_DONE, {}).items() if at == hour}
    session[_DONE] = {**kept, what: hour}
    return what not in kept
