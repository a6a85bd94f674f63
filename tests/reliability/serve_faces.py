"""Serve an instance's faces until killed: `serve_faces.py FOLDER [--again]`; prints one line of JSON.

With ``--again`` the faces are served by a child that is made anew whenever it was killed, on the same
listening sockets, as a server with workers does it.
"""

import json
import os
import sys
from pathlib import Path
from threading import Thread

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from portal.app import create_app
from portal.config import Face, Settings, load_settings
from portal.store.directory import read_public_keys

import portal.casework.routes  # isort: skip
import portal.casework.message_routes
import portal.casework.work_routes
import portal.intake.folder_routes
import portal.intake.routes
import portal.linking.routes
import portal.release.routes
import portal.staff.routes  # noqa: F401

CONTROL = "CONTROLWORDSEENBYTHESCAN"


class Quiet(WSGIRequestHandler):
    """Writes no line about anybody's visit, and gives up on visitors who say nothing."""

    timeout = 10

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Write nothing."""


def listen() -> BaseWSGIServer:
    """Take a free port; the app comes later."""
    return make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True, request_handler=Quiet)


def serve(settings: Settings, servers: dict[Face, BaseWSGIServer]) -> None:
    """Serve for good."""
    for face, server in servers.items():
        server.app = create_app(settings, face)
    threads = [Thread(target=server.serve_forever) for server in servers.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    """Serve, once or again and again."""
    folder, again = Path(sys.argv[1]), "--again" in sys.argv
    settings = load_settings(os.environ, folder, read=read_public_keys)
    faces = [Face(name) for name in os.environ["SERVED_FACES"].split(",")]
    servers = {face: listen() for face in sorted(faces)}
    ports = {face.value: server.server_port for face, server in servers.items()}
    print(json.dumps({"pid": os.getpid(), "control": CONTROL, **ports}), flush=True)  # noqa: T201
    while again:
        child = os.fork()
        if not child:
            break
        (folder.parent / "child").write_text(str(child), encoding="ascii")
        os.waitpid(child, 0)
    serve(settings, servers)


main()
