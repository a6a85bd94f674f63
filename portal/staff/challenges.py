"""Questions put to a visitor's security key, kept in their sealed session: for five minutes, once."""

import secrets
from datetime import timedelta
from enum import StrEnum

from flask import request, session

from portal.staff.webauthn import CHALLENGE_SIZE, Asked, Site, site_of
from portal.web.edge import now, settings

LASTS = timedelta(minutes=5)
_KEPT = "challenges"


class Purpose(StrEnum):
    """What an answer is for; one that was asked for something else does not count."""

    USE = "use"
    ADD = "add"
    PROVE = "prove"


def here() -> Site | None:
    """Return the site of this request, if security keys can be used at its address."""
    addresses = settings().desk_address, settings().desk_onion_address
    return site_of(request.host, addresses)


def ask(purpose: Purpose) -> Asked | None:
    """Draw a question and keep it; None at an address where security keys cannot be used."""
    site = here()
    if site is None:
        return None
    challenge = secrets.token_bytes(CHALLENGE_SIZE)
    until = int((now() + LASTS).timestamp())
    session[_KEPT] = {**session.get(_KEPT, {}), purpose.value: [challenge, until, site.origin]}
    return Asked(site, challenge)


def taken(purpose: Purpose) -> Asked | None:
    """Return the question that was kept and forget it; None when there is none, or it is too old."""
    kept = dict(session.get(_KEPT, {}))
    found = kept.pop(purpose.value, None)
    if found is None:
        return None
    session[_KEPT] = kept
    challenge, until, origin = found
    site = here()
    if site is None or site.origin != origin or now().timestamp() > until:
        return None
    return Asked(site, challenge)
