"""What every answer carries, and the pages people see when something went wrong."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import cast
from urllib.parse import quote

from flask import Flask, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError

from portal.errors import (
    InvalidError,
    KeylessError,
    NotFoundError,
    PortalError,
    RefusedError,
    StaleError,
    UnavailableError,
)
from portal.store.disk import STORAGE
from portal.web import lighter
from portal.web.languages import FINISHED
from portal.web.locale import gettext as _
from portal.web.locale import language, language_of_page

log = logging.getLogger("portal")

STATUS_OF: Mapping[type[PortalError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    RefusedError: HTTPStatus.FORBIDDEN,
    StaleError: HTTPStatus.CONFLICT,
    InvalidError: HTTPStatus.BAD_REQUEST,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}

_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
POLICY = "; ".join(f"{name} {value}" for name, value in _SOURCES.items())

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def _words(status: int) -> tuple[str, str]:
    """Return what happened and what to do, in the words of a kind clerk."""
    table = {
        400: (
            _("This could not be taken as it was sent."),
            _("Go back, look at what you entered, and send it again."),
        ),
        403: (
            _("This page is not open to you."),
            _("If you think it should be, speak to the person who runs the portal."),
        ),
        404: (_("There is nothing here."), _("The address may be mistyped, or what was here is gone.")),
        409: (
            _("Somebody else changed this while you had it open."),
            _("Open the page again, look at the change, and decide again."),
        ),
        413: (_("This is larger than we can take."), _("Go back and send a smaller file, or part of it.")),
        429: (_("That was tried too often."), _("Wait a little, then try again. Nothing is lost.")),
        503: (_("This cannot be done just now."), _("Nothing was lost. Wait a few minutes and try again.")),
    }
    fallback = (
        _("Something went wrong on our side."),
        _("Nothing you sent before is lost. Please try again in a while."),
    )
    return table.get(status, table[400] if status < InternalServerError.code else fallback)


def _keyless() -> tuple[str, str]:
    """Return what somebody reads who has joined and waits for the first key."""
    return _("No key has reached you yet."), _(
        "Cases open with a key that a colleague hands on after a call. “My access” says which one you wait"
        " for, and shows the mark to read out."
    )


def error_page(status: int, detail: str = "", words: tuple[str, str] | None = None) -> ResponseReturnValue:
    """Render the one error page; ``detail`` is written for the reader, never an exception's text."""
    if words is None:
        # Every language has these words, also where it has none for the page that was asked for.
        g.spoken = language_of_page()
    what, remedy = words or _words(status)
    told = _(detail)
    return render_template(
        "errors/error.html",
        what=what,
        remedy=remedy,
        detail=told,
        known=told != detail or language() in FINISHED,
        status=status,
    ), status


def _register_errors(app: Flask) -> None:
    @app.errorhandler(PortalError)
    def _portal_error(error: PortalError) -> ResponseReturnValue:
        status = next(
            (status for kind, status in STATUS_OF.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST
        )
        # Only what a service wrote for people is shown; whether a thing exists never is.
        detail = _(str(error)) if isinstance(error, InvalidError | StaleError | UnavailableError) else ""
        return error_page(int(status), detail, _keyless() if isinstance(error, KeylessError) else None)

    @app.errorhandler(StaleDataError)
    @app.errorhandler(IntegrityError)
    def _second(error: Exception) -> ResponseReturnValue:
        # Two requests changed the same thing at once; the database let one of them through.
        log.warning("%s", type(error).__name__)
        return error_page(HTTPStatus.CONFLICT)

    @app.errorhandler(CSRFError)
    def _csrf_error(error: CSRFError) -> ResponseReturnValue:
        del error
        return error_page(
            400, _("The page was open for too long. Go back, load it again, and send it once more.")
        )

    @app.errorhandler(HTTPException)
    def _http_error(error: HTTPException) -> ResponseReturnValue:
        if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
            return error
        return error_page(error.code)

    @app.errorhandler(OverflowError)
    def _no_such_number(error: OverflowError) -> ResponseReturnValue:
        del error  # a number typed into an address that no database can hold
        return error_page(HTTPStatus.NOT_FOUND)

    app.register_error_handler(Exception, _last_resort)
    # What gets past every handler is logged no less plainly; Flask would write message and address.
    app.log_exception = lambda exc_info: _log_place(cast("BaseException", exc_info[1]))  # type: ignore[method-assign] # no words


def _last_resort(error: Exception) -> ResponseReturnValue:
    _log_place(error)
    # Without the context of pages: what made it fail may lie there, and would fail again.
    return current_app.jinja_env.get_template("errors/plain.html").render(), 500


def _log_place(error: BaseException) -> None:
    """Log the kind and the place, never the message: messages may hold what people wrote."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}" if frame else "?"
    log.error("%s at %s", type(error).__name__, place)


def _register_outages(app: Flask) -> None:
    """Say plainly what may work again in a while: nothing was committed."""

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeoutError)
    def _database_away(error: Exception) -> ResponseReturnValue:
        # Full, locked, gone or too busy.
        log.error("%s", type(error).__name__)
        return error_page(HTTPStatus.SERVICE_UNAVAILABLE)

    @app.errorhandler(OSError)
    def _disk_away(error: OSError) -> ResponseReturnValue:
        return _database_away(error) if error.errno in STORAGE else _last_resort(error)


def install(app: Flask, *, secure: bool, onion_address: str = "") -> None:
    """Give every answer its headers and every error its page."""
    _register_errors(app)
    _register_outages(app)
    lighter.install(app)

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if onion_address:
            response.headers.setdefault("Onion-Location", onion_address + quote(request.path))
        if request.endpoint == "static" and response.status_code == HTTPStatus.OK:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            response.headers["Cache-Control"] = "no-store"
        return response
