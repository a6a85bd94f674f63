"""``portal demo``: found, serve, send, print the ways in, wait; leave nothing behind unless told to."""

import logging
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from portal import schema
from portal.app import create_app
from portal.config import Face, Settings
from portal.database import Database
from portal.demo import stage
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import Group, Role
from portal.registry.starter import load_starter
from portal.staff.founding import Founder, found, founder, make_keys
from portal.store.directory import DIRECTORY, read_public_keys
from portal.upkeep import checkpoint, upgrade
from portal.vault import totp
from portal.vault.passphrase import Cost

HOST = "127.0.0.1"
PEOPLE = {
    "cedar": Role.REVIEWER,
    "maple": Role.LEAD,
    "rowan": Role.ADMINISTRATOR,
    "olive": Role.AUDITOR,
}
_COST = Cost(memory_kib=64 * 1024, iterations=3, lanes=1)


class _Quiet(WSGIRequestHandler):
    """Writes no line about anybody's visit: no address, no browser, no time."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's own name
        """Write nothing."""


@dataclass(frozen=True)
class Ports:
    """Where the two faces listen; 0 lets the system choose."""

    intake: int = 8000
    desk: int = 8001


@dataclass(frozen=True)
class Demo:
    """A demonstration that is being served."""

    intake: str
    desk: str
    founders: list[Founder]


def _free(port: int) -> int:
    """Return the port, or a free one for 0: pages name the address before anybody listens there."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((HOST, port))
        found: int = one.getsockname()[1]
    return found


def _settings(folder: Path, desk: int) -> Settings:
    return Settings(
        instance=folder,
        public_keys=read_public_keys(folder),
        secure_cookies=False,
        desk_address=f"http://{HOST}:{desk}",
        staff_memory_kib=_COST.memory_kib,
    )


def _serve(app: Flask, port: int) -> BaseWSGIServer:
    server = make_server(HOST, port, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _people() -> list[Founder]:
    return [founder(name, role) for name, role in PEOPLE.items()]


def _fill(database: Database, settings: Settings, founders: list[Founder], intake: BaseWSGIServer) -> None:
    """Load the registry, send the accounts through the pages, read some of them, sign the ledger's head."""
    now = datetime.now(UTC)
    with database.session(write=True) as session:
        load_starter(session, author="starter", now=now)
        load_starter(session, author="demonstration", now=now, document=stage.registry())
    for account in stage.accounts():
        stage.send(account, HOST, intake.server_port)
    with database.session(write=False) as session:
        at_work = {one.name: stage.actor(session, one) for one in founders}
        waiting = stage.waiting(session)
    desk = stage.Desk(at_work["cedar"], at_work["maple"], settings.public_keys, now)
    for case_id in waiting:
        with database.session(write=True) as session:
            stage.triage(session, desk, case_id)
    checkpoint(database, settings)


@contextmanager
def demonstration(folder: Path, ports: Ports) -> Iterator[Demo]:
    """Serve both faces from ``folder``: a fresh instance, or the one that is kept there."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    fresh = not (folder / DIRECTORY).exists()
    founders = _people() if fresh else []
    made = make_keys(folder, origin=f"demo.invalid/{secrets.token_hex(4)}")[1] if fresh else None
    ports = Ports(_free(ports.intake), _free(ports.desk))
    settings = _settings(folder, ports.desk)
    settings.files.mkdir(mode=0o700, exist_ok=True)
    database = Database(settings.main_url, settings.wraps_url)
    if fresh:
        schema.upgrade(database)
    else:
        upgrade(settings)
    faces = {face: create_app(settings, face, database=database) for face in Face}
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=read_key(settings))
    intake, desk = _serve(faces[Face.INTAKE], ports.intake), _serve(faces[Face.DESK], ports.desk)
    try:
        if made is not None:
            found(database, founders, made, cost=_COST, now=datetime.now(UTC))
            _fill(database, settings, founders, intake)
        yield Demo(f"http://{HOST}:{intake.server_port}/", f"http://{HOST}:{desk.server_port}/", founders)
    finally:
        for server in (intake, desk):
            server.shutdown()
            server.server_close()
        database.dispose()


def describe(demo: Demo, say: Callable[[str], None], *, kept: Path | None) -> None:
    """Print the addresses and the sign-ins, once."""
    say("")
    say(f"  For people who have something to tell   {demo.intake}")
    say(f"  For the people who read                 {demo.desk}")
    say("")
    for one in demo.founders:
        say(f"  {one.role.value:<14} name        {one.name}")
        say(f"  {'':<14} passphrase  {one.passphrase}")
        say(f"  {'':<14} second factor  {totp.typed_secret(one.bundle.totp_secret)}")
        say(f"  {'':<14} code now    {totp.code(one.bundle.totp_secret, datetime.now(UTC))}")
        say("")
    if not demo.founders:
        say("  The sign-ins are those that were printed when this folder was made.")
    say("  All people and accounts here are invented. These sign-ins are shown once.")
    say(f"  Kept in {kept}" if kept else "  Ctrl-C ends it and leaves nothing behind.")


def run(*, keep: Path | None, ports: Ports, say: Callable[[str], None]) -> None:
    """Run the demonstration until Ctrl-C or a request to end."""
    ended = threading.Event()
    folder = keep.resolve() if keep else Path(tempfile.mkdtemp(prefix="portal-demo-"))
    before = {
        number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with demonstration(folder, ports) as demo:
            describe(demo, say, kept=keep and folder)
            ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
