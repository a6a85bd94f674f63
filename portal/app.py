"""The portal as a web application: the only place where its parts are joined, one face at a time."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from jinja2 import StrictUndefined

import portal.erasure  # noqa: F401 - both faces can withdraw, so both know all that goes along
from portal.config import Face, Settings, bundled
from portal.database import Database
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import Group
from portal.staff.recipients import agree
from portal.store.directory import SignedKeys
from portal.store.files import FileStore
from portal.vault import sign, wrap
from portal.web import edge, guard, locale, responses
from portal.web.sessions import Lifetime, SealedSessions, halves_for
from portal.web.uploads import PortalRequest

_LIFETIME = {
    Face.INTAKE: Lifetime(idle=timedelta(hours=3), absolute=timedelta(hours=24)),
    Face.DESK: Lifetime(idle=timedelta(minutes=15), absolute=timedelta(hours=8)),
}

_RESERVE = 256 * 1024 * 1024
"""Bytes of the disk that uploads leave to the databases."""


def _features(face: Face) -> list[guard.Pages]:
    """Return the blueprints of a face; imported here so that each process loads only its own side."""
    if face is Face.INTAKE:
        from portal.intake import (  # noqa: F401, PLC0415 - only this face needs them
            draft_routes,
            folder_file_routes,
            letting_in_routes,
            names_routes,
            numbers_routes,
            own_routes,
            permission_routes,
            piece_routes,
            sending_routes,
            upload_routes,
        )
        from portal.intake.folder_routes import pages as folder  # noqa: PLC0415
        from portal.intake.routes import pages as intake  # noqa: PLC0415

        return [intake, folder]
    from portal.casework import routes as case_routes  # noqa: F401, PLC0415 - first: people begin at the queue

    # isort: split
    from portal.casework import (  # noqa: F401, PLC0415
        asking_routes,
        circle_routes,
        hold_routes,
        message_routes,
        search_routes,
        skim_routes,
        work_routes,
    )
    from portal.casework.pages import pages as casework  # noqa: PLC0415
    from portal.linking import (  # noqa: F401, PLC0415
        account_pair_routes,
        duplicates_routes,
        mention_routes,
        reviewing_routes,
        speaking_routes,
        together_routes,
    )
    from portal.linking.routes import pages as linking  # noqa: PLC0415
    from portal.registry import drawing_routes, exchange_routes  # noqa: F401, PLC0415
    from portal.registry.routes import pages as registry  # noqa: PLC0415
    from portal.release import (  # noqa: F401, PLC0415
        deciding_routes,
        pattern_routes,
        publishing_routes,
        recalling_routes,
        receiver_routes,
    )
    from portal.release.routes import pages as release  # noqa: PLC0415
    from portal.staff import door_routes, hardware_routes, member_routes, routes, self_routes  # noqa: F401, PLC0415
    from portal.staff.audit import pages as audit  # noqa: PLC0415
    from portal.staff.pages import pages as staff  # noqa: PLC0415

    return [casework, linking, registry, release, staff, audit]


def _bare(settings: Settings) -> Flask:
    """Make an application that has its limits and its templates, and no pages yet."""
    app = Flask("portal", template_folder=str(bundled("templates")), instance_path=str(settings.instance))
    app.request_class = PortalRequest
    app.config.update(
        SECRET_KEY=(settings.instance / "web.key").read_bytes(),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        MAX_CONTENT_LENGTH=8 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=8 * 1024 * 1024,
        MAX_FORM_PARTS=200,
        TRAP_BAD_REQUEST_ERRORS=False,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    return app


def create_app(
    settings: Settings,
    face: Face,
    *,
    database: Database | None = None,
    clock: Callable[[], datetime] = edge.utc_now,
) -> Flask:
    """Join the parts into one face of the portal: the only place where that happens."""
    wrap.self_test()
    sign.self_test()
    app = _bare(settings)
    halves = halves_for(settings.session_folder / face.value if settings.session_folder else None)
    app.session_interface = SealedSessions(
        halves, cookie=face.value, lifetime=_LIFETIME[face], secure=settings.secure_cookies
    )
    features = _features(face)
    directory = SignedKeys(settings.instance, settings.root_fingerprint)
    directory.keys()  # a face whose directory does not hold does not start
    if database is None:
        database = Database(settings.main_url, settings.wraps_url)
        auditors = lambda: directory.last.groups[Group.AUDITORS.value]  # noqa: E731 - asked at each entry
        ledger.attach(database, auditors, key=read_key(settings))
    database.clock = clock
    files = FileStore(settings.files, reserve=_RESERVE)
    app.extensions["portal"] = edge.Parts(settings, database, files, clock, directory, agree)
    app.teardown_appcontext(edge.release)
    locale.install(app, settings.languages(face))
    responses.install(app, secure=settings.secure_cookies, onion_address=settings.onion_address)
    if face is Face.DESK:
        from portal.staff import current  # noqa: PLC0415 - only the desk knows staff

        current.install(app)
    _mount(app, face, features)
    return app


def _mount(app: Flask, face: Face, features: list[guard.Pages]) -> None:
    for pages in features:
        app.register_blueprint(pages)
    app.extensions["portal_pages"] = [page for pages in features for page in pages.table]
    menu = [item for pages in features for item in pages.menu]
    digests: dict[str, str] = {}

    def static_url(name: str) -> str:
        if name not in digests:
            content = (Path(app.static_folder or "") / name).read_bytes()
            digests[name] = hashlib.sha256(content).hexdigest()[:16]
        return url_for("static", filename=name, v=digests[name])

    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.globals["csrf_token"] = generate_csrf

    @app.context_processor
    def _navigation() -> dict[str, Any]:
        here = [item for item in menu if guard.may_open(item.access)]
        signed_in = current_user.name if face is Face.DESK and current_user.is_authenticated else ""
        return {
            "signed_in": signed_in,
            "navigation": [
                {
                    "label": item.label,
                    "url": url_for(item.endpoint),
                    "current": request.endpoint == item.endpoint,
                }
                for item in here
            ],
            "face": face.value,
        }

    @app.get("/")
    def root() -> ResponseReturnValue:
        """Send the visitor to the first page in a language the browser asks for, Persian first."""
        best = request.accept_languages.best_match(locale.offered(app), default=locale.first(app))
        first = "intake.start" if face is Face.INTAKE else "staff.home"
        return redirect(url_for(first, language=best), 303)
