"""The cookie by which a browser is known to have been signed in here by its person (see `devices`)."""

from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response

from portal.staff.current import devices
from portal.staff.devices import DAYS
from portal.staff.models import Staff
from portal.web.edge import now, settings


def _device_name() -> str:
    return "__Host-device" if settings().secure_cookies else "device"


def device_cookie() -> str:
    """Return what the visitor's browser keeps of having been signed in here; empty if nothing."""
    return request.cookies.get(_device_name(), "")


def keep_device(answer: Response, person: Staff) -> Response:
    """Let the browser remember, for 90 days, that its person was signed in here."""
    answer.set_cookie(
        _device_name(),
        devices().cookie(person, now().date()),
        max_age=timedelta(days=DAYS),
        secure=settings().secure_cookies,
        httponly=True,
        samesite="Strict",
    )
    return answer


def forget_device(answer: Response) -> Response:
    """Let the browser forget it."""
    answer.delete_cookie(_device_name(), secure=settings().secure_cookies, httponly=True, samesite="Strict")
    return answer
