"""Blueprints whose every page must say who may open it; there is no default.

The order is fixed: is the page open to this visitor, is the request his own (token, same origin), then the
view, then the commit. Services ask again for the object itself.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import wraps
from typing import Any, ParamSpec, cast

from flask import Blueprint, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms.validators import ValidationError

from portal.config import Face
from portal.permissions import Access, Permission, allows
from portal.web import edge, freshness
from portal.web.sessions import SealedSession

P = ParamSpec("P")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
UNSENT = "unsent"
MOST_UNSENT = 20_000
"""Characters of a message that are kept while its writer finds the nine words."""


class Token(StrEnum):
    """Where the page's anti-forgery token is checked."""

    GUARD = auto()  # before the view runs
    FORM = auto()  # by the form, so that a page can be shown again with everything typed
    STREAM = auto()  # by the upload parser, before the first byte of a file is taken


@dataclass(frozen=True)
class Page:
    """One row of the table of pages."""

    endpoint: str
    rule: str
    access: Permission | Access
    methods: tuple[str, ...]
    face: Face
    fresh: bool = False
    """Whether the visitor proves anew who they are, unless they did within the last minutes."""


@dataclass(frozen=True)
class MenuItem:
    """A page that the navigation names, for those who may open it."""

    endpoint: str
    label: Any
    access: Permission | Access


class Pages(Blueprint):
    """A feature's URL table; ``page`` is the only way to add to it."""

    def __init__(self, name: str, import_name: str, *, face: Face, url_prefix: str = "") -> None:
        super().__init__(name, import_name, url_prefix=f"/<language:language>{url_prefix}")
        self.face = face
        self.table: list[Page] = []
        self.menu: list[MenuItem] = []

    def page(
        self,
        rule: str,
        *,
        access: Permission | Access,
        methods: Sequence[str] = ("GET",),
        writes: bool = False,
        token: Token = Token.GUARD,
        menu: Any = None,
        fresh: bool | str = False,
    ) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
        """Register a view: its rule, who may open it, and whether looking leaves a trace (``writes``).

        ``fresh`` asks for a proof of who the visitor is within the last five minutes; where this page is none
        to come back to, it names the one that has the button, such as ``".show"``.
        """
        if fresh and access in {Access.PUBLIC, Access.SOURCE}:
            raise ValueError("Only staff can prove who they are.")

        def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
            endpoint = f"{self.name}.{view.__name__}"
            back = endpoint if fresh is True else f"{self.name}{fresh}"
            self.table.append(Page(endpoint, rule, access, tuple(methods), self.face, bool(fresh)))
            if menu is not None:
                self.menu.append(MenuItem(endpoint, menu, access))

            guarded = _guarded(view, access=access, writes=writes, token=token, back=back if fresh else "")
            self.add_url_rule(rule, view.__name__, guarded, methods=list(methods))
            return guarded

        return decorate


def _guarded(
    view: Callable[P, ResponseReturnValue],
    *,
    access: Permission | Access,
    writes: bool,
    token: Token,
    back: str,
) -> Callable[P, ResponseReturnValue]:
    """Put the checks before a view and the commit behind it; ``back`` comes after a fresh proof, if any."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not may_open(access):
            return _refusal(access)
        if request.method not in SAFE:
            _check_origin()
            if token is Token.GUARD:
                check_token(request.form.get("csrf_token"))
        if back and not freshness.is_fresh():
            return freshness.ask_again(back, keep=back == request.endpoint and _token_holds())
        g.writes = writes or request.method not in SAFE
        with _together():
            answer = view(*args, **kwargs)
            edge.finish()
        return answer

    return guarded


def may_open(access: Permission | Access) -> bool:
    """Tell whether the visitor may open pages of this access."""
    if access is Access.PUBLIC:
        return True
    if access is Access.SOURCE:
        return "folder" in session
    if not current_user.is_authenticated:
        return False
    return True if isinstance(access, Access) else allows(current_user.role, access)


def _refusal(access: Permission | Access) -> ResponseReturnValue:
    """Return the refusing answer: the way in for strangers, 403 for staff without the permission."""
    if access is Access.SOURCE:
        _keep_unsent()
        return redirect(url_for("folder.come_back"), 303)
    if not current_user.is_authenticated:
        return redirect(url_for("staff.sign_in"), 303)
    return abort(403)


def _keep_unsent() -> None:
    """Keep what a source typed into a folder that has closed meanwhile, until the words open it again."""
    if request.method not in SAFE and request.mimetype == "application/x-www-form-urlencoded":
        _check_origin()
        typed = request.form.get("text", "")
        if typed.strip():
            session[UNSENT] = typed[:MOST_UNSENT]


@contextmanager
def _together() -> Iterator[None]:
    """Undo the session with the transaction: a page must never say *kept* of what was not committed."""
    try:
        yield
    except Exception:
        cast(SealedSession, session).undo()
        raise


def _check_origin() -> None:
    """Refuse a request that another site made, where the browser says so (Fetch Metadata)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403)


def _token_holds() -> bool:
    with suppress(ValidationError):
        validate_csrf(request.form.get("csrf_token"))
        return True
    return False


def check_token(token: str | None) -> None:
    """Refuse a request that this visitor's own page did not send."""
    try:
        validate_csrf(token)
    except ValidationError as problem:
        raise CSRFError(problem.args[0]) from None
