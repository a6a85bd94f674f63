"""Sealed sessions: the cookie holds the key, the server's memory holds the sealed half.

Flask's own cookie session is signed but readable; this one opens only while the visitor's cookie and the
server's half meet in a request. The server's half is kept on memory-backed storage only.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from flask import Flask, Request, Response
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin

from portal.errors import UnavailableError
from portal.vault.seal import Label, Sealed, UnsealError, context, seal, unseal
from portal.web import edge

_ID, _KEY = 16, 32
_HEAD = 8
_REFRESH = timedelta(seconds=30)
_SWEEP = 60
"""Seconds between two sweeps: whoever opens many sessions must not make each of them read all others."""
PROVED = "proved"
"""When the visitor last proved who they are (Unix time); it dies with the session's id."""
_MOST = 50_000
_ROOM = 16 * 1024 * 1024
"""Bytes of the folder that are kept for the sessions there are; nobody new comes in on their account."""
_SHED = 8
_LIGHT = 0o400
"""The mode of a light half's file, by which it is told from others without being opened."""
NOTHING_WRITTEN = "nothing-written"
"""Said by a visit of its own draft: the page that is open has all that was ever typed."""
_LIGHT_KEYS = frozenset({"csrf_token", "letting-in", "draft", NOTHING_WRITTEN})


class Halves(Protocol):
    """Memory-backed storage of the server's halves: name -> (expiry as a Unix time, sealed bytes)."""

    def get(self, name: str) -> bytes | None:
        """Return the sealed half, if it is still kept."""

    def put(self, name: str, blob: bytes, expires: int, *, light: bool = False) -> None:
        """Keep a sealed half until it expires; a light one only as long as there is room for all."""

    def drop(self, name: str) -> None:
        """Forget a half."""

    def sweep(self, now: int) -> None:
        """Forget all that has expired."""

    def room(self, now: int) -> bool:
        """Tell whether one more session may begin.

        Forgets first, once a minute, what has expired; and where that is not enough, the light halves that
        were not used for the longest time, some of them at once.
        """

    def alone(self) -> AbstractContextManager[None]:
        """Let nobody else read and write back meanwhile."""


class ProcessHalves:
    """Halves in this process's own memory; gone when it ends."""

    def __init__(self, most: int = _MOST) -> None:
        self._kept: dict[str, tuple[int, bytes]] = {}
        self._light: dict[str, None] = {}  # in the order of their last use
        self._lock, self._alone = Lock(), Lock()
        self._most, self._swept = most, 0

    def get(self, name: str) -> bytes | None:
        """Return the sealed half, if it is still kept."""
        with self._lock:
            found = self._kept.get(name)
        return found[1] if found else None

    def put(self, name: str, blob: bytes, expires: int, *, light: bool = False) -> None:
        """Keep a sealed half until it expires; a light one only as long as there is room for all."""
        with self._lock:
            self._kept[name] = (expires, blob)
            self._light.pop(name, None)
            if light:
                self._light[name] = None

    def drop(self, name: str) -> None:
        """Forget a half."""
        with self._lock:
            self._kept.pop(name, None)
            self._light.pop(name, None)

    def sweep(self, now: int) -> None:
        """Forget all that has expired."""
        with self._lock:
            self._kept = {name: kept for name, kept in self._kept.items() if kept[0] > now}
            self._light = {name: None for name in self._light if name in self._kept}

    def room(self, now: int) -> bool:
        """Tell whether one more session may begin, and make room for it at the expense of light ones."""
        if now // _SWEEP != self._swept:
            self._swept = now // _SWEEP
            self.sweep(now)
        if len(self._kept) >= self._most:
            for name in list(self._light)[: 1 + len(self._light) // _SHED]:
                self.drop(name)
        return len(self._kept) < self._most

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other thread read and write back meanwhile."""
        with self._alone:
            yield


class FolderHalves:
    """Halves as files in a tmpfs folder, so that several processes of one face share them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _in_memory(folder):
            raise UnavailableError(f"{folder} is on a disk; sessions need a memory-backed folder (tmpfs).")
        if stat.S_IMODE(folder.stat().st_mode) & 0o077:
            raise UnavailableError(f"{folder} can be read by others; its mode must be 0700.")
        self._folder = folder
        self._swept = 0

    def get(self, name: str) -> bytes | None:
        """Return the sealed half, if it is still kept."""
        try:
            return (self._folder / name).read_bytes()[_HEAD:]
        except FileNotFoundError:
            return None

    def put(self, name: str, blob: bytes, expires: int, *, light: bool = False) -> None:
        """Keep a sealed half until it expires; a light one only as long as there is room for all."""
        part = self._folder / f"{name}.{secrets.token_hex(4)}"
        part.write_bytes(expires.to_bytes(_HEAD, "big") + blob)
        if light:
            part.chmod(_LIGHT)
        part.replace(self._folder / name)

    def drop(self, name: str) -> None:
        """Forget a half."""
        (self._folder / name).unlink(missing_ok=True)

    def sweep(self, now: int) -> None:
        """Forget all that has expired."""
        for path in self._folder.iterdir():
            try:
                with path.open("rb") as half:
                    head = half.read(_HEAD)
            except FileNotFoundError:
                continue
            # A shorter head is one that another process is writing just now.
            if len(head) == _HEAD and int.from_bytes(head, "big") <= now:
                path.unlink(missing_ok=True)

    def room(self, now: int) -> bool:
        """Tell whether one more session may begin, and make room for it at the expense of light ones."""
        if now // _SWEEP != self._swept:
            self._swept = now // _SWEEP
            self.sweep(now)
        if self._free() < _ROOM:
            with self.alone():  # one process at a time, and the others find what it has done
                if self._free() < _ROOM:
                    self._shed()
        return self._free() >= _ROOM

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free

    def _shed(self) -> None:
        """Forget an eighth of the light halves, those that were not used for the longest time."""
        found = []
        for entry in os.scandir(self._folder):
            with suppress(FileNotFoundError):
                about = entry.stat()
                if stat.S_IMODE(about.st_mode) == _LIGHT:
                    found.append((about.st_mtime_ns, entry.name))
        for _used, name in sorted(found)[: 1 + len(found) // _SHED]:
            self.drop(name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other thread or process read and write back meanwhile."""
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _in_memory(folder: Path) -> bool:
    """Tell whether the folder lies on tmpfs or ramfs (Linux)."""
    place, best, kind = folder.resolve(), "", ""
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, mount, filesystem, *_ = line.split(" ")
        if place.is_relative_to(mount) and len(mount) >= len(best):
            best, kind = mount, filesystem
    return kind in {"tmpfs", "ramfs"}


@dataclass(frozen=True)
class Lifetime:
    """How long a session may rest, and how long it may last at all."""

    idle: timedelta
    absolute: timedelta


class SealedSession(dict[str, Any], SessionMixin):
    """What the visitor's pages share; it knows whether it was touched."""

    def __init__(
        self,
        content: Mapping[str, Any] = {},
        *,
        token: bytes = b"",
        born: int = 0,
        seen: int = 0,
        blob: bytes = b"",
    ) -> None:
        super().__init__(content)
        self.token = self._opened = token
        self.new = not token
        self.born = born
        self.seen = seen
        self.blob = blob
        self.old_name = ""
        self.coming = b""
        self._before = _SERIALIZER.dumps(dict(self))

    @property
    def touched(self) -> bool:
        """Tell whether the content differs from what was opened."""
        return _SERIALIZER.dumps(dict(self)) != self._before

    def over(self, newer: Mapping[str, Any]) -> dict[str, Any]:
        """Put what this request changed, and only that, over what another request kept meanwhile."""
        before = _SERIALIZER.loads(self._before)
        merged = {name: value for name, value in newer.items() if name in self or name not in before}
        return merged | {name: value for name, value in self.items() if before.get(name) != value}

    def rotate(self) -> str:
        """Change id and key, as whenever what the session may open changes; return the coming half's name."""
        if self.token:
            self.old_name = _name(self.token)
        self.token, self.coming = b"", secrets.token_bytes(_ID + _KEY)
        self.pop(PROVED, None)
        return _name(self.coming)

    def undo(self) -> None:
        """Go back to what was opened, id and key included; done when a request fails."""
        self.clear()
        self.update(_SERIALIZER.loads(self._before))
        self.token, self.old_name, self.coming = self._opened, "", b""


_SERIALIZER = TaggedJSONSerializer()


def _name(token: bytes) -> str:
    return hashlib.sha256(token[:_ID]).hexdigest()


class SealedSessions(SessionInterface):
    """Flask's session interface over halves that only the visitor's cookie opens."""

    def __init__(self, halves: Halves, *, cookie: str, lifetime: Lifetime, secure: bool) -> None:
        self.halves = halves
        self.cookie = f"__Host-{cookie}" if secure else cookie
        self.lifetime = lifetime
        self.secure = secure

    def open_session(self, app: Flask, request: Request) -> SealedSession:
        """Open the visitor's session, or begin an empty one; expiry fails closed on any clock."""
        now = _unix(edge.parts(app).clock())
        token = _decode(request.cookies.get(self.cookie, ""))
        blob = self.halves.get(_name(token)) if token else None
        if blob is None:
            return SealedSession(born=now)
        name = _name(token)
        try:
            content = self._opened(token, blob)
        except UnsealError:
            return SealedSession(born=now)
        born, seen = content.pop("_born"), content.pop("_seen")
        idle, absolute = self.lifetime.idle.total_seconds(), self.lifetime.absolute.total_seconds()
        if not (born <= now + 60 and seen <= now + 60 and now - seen < idle and now - born < absolute):
            self.halves.drop(name)
            return SealedSession(born=now)
        return SealedSession(content, token=token, born=born, seen=seen, blob=blob)

    def _keep(self, session: SealedSession, token: bytes, now: int) -> bool:
        """Seal the session; one that another request ended meanwhile stays ended."""
        name, content = _name(token), dict(session)
        if session.token:
            kept = self.halves.get(name)
            if kept is None:
                return False
            if kept != session.blob:
                content = session.over(self._opened(token, kept))
        born = session.born or now
        expires = int(
            min(now + self.lifetime.idle.total_seconds(), born + self.lifetime.absolute.total_seconds())
        )
        sealed = _SERIALIZER.dumps({**content, "_born": born, "_seen": now}).encode()
        blob = seal(token[_ID:], sealed, context(Label.SESSION, self.cookie, name))
        self.halves.put(name, blob, expires, light=_is_light(content))
        return True

    def _opened(self, token: bytes, blob: bytes) -> dict[str, Any]:
        """Open a half with its cookie; raises `UnsealError`."""
        opened = unseal(token[_ID:], Sealed(blob), context(Label.SESSION, self.cookie, _name(token)))
        content: dict[str, Any] = _SERIALIZER.loads(opened.decode())
        return content

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Seal what changed; an emptied session is forgotten on both sides."""
        assert isinstance(session, SealedSession)  # noqa: S101 - for the type checker
        now = _unix(edge.parts(app).clock())
        response.vary.add("Cookie")
        if session.old_name:
            self.halves.drop(session.old_name)
        if not session:
            if session.token:
                self.halves.drop(_name(session.token))
            if session.token or session.old_name:
                response.delete_cookie(self.cookie, secure=self.secure, httponly=True, samesite="Strict")
            return
        if session.token and not session.touched and now - session.seen < _REFRESH.total_seconds():
            return
        token = session.token or session.coming or secrets.token_bytes(_ID + _KEY)
        if not session.token and not session.old_name and not self.halves.room(now):
            # Those who are writing keep their pages; who comes now is asked to come again.
            response.set_data(app.jinja_env.get_template("errors/plain.html").render())
            response.status_code, response.mimetype = HTTPStatus.SERVICE_UNAVAILABLE, "text/html"
            response.headers.pop("Location", None)
            response.headers["Retry-After"] = str(_SWEEP)
            return
        with self.halves.alone():
            if not self._keep(session, token, now):
                return
        if token != session.token:
            value = urlsafe_b64encode(token).decode()
            response.set_cookie(self.cookie, value, secure=self.secure, httponly=True, samesite="Strict")


def _is_light(content: Mapping[str, Any]) -> bool:
    """Tell whether nothing is lost with a session: nobody is signed in, nothing was opened or written.

    Whoever opens many such visits must not keep others out; a form that is sent after its visit was
    forgotten shows again all that was typed.
    """
    return content.keys() <= _LIGHT_KEYS and ("draft" not in content or bool(content.get(NOTHING_WRITTEN)))


def _decode(value: str) -> bytes:
    try:
        token = urlsafe_b64decode(value)
    except ValueError:
        return b""
    return token if len(token) == _ID + _KEY else b""


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())


def halves_for(folder: Path | None) -> Halves:
    """Return tmpfs storage where a folder is set, else this process's own memory."""
    return FolderHalves(folder) if folder else ProcessHalves()
