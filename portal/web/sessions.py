"""Sealed sessions: the cookie holds the key, the server's memory holds the sealed half.

Flask's own cookie session is signed but readable; this one opens only while the visitor's cookie and the
server's half meet in a request. The server's half is kept on memory-backed storage only.
"""

import hashlib
import secrets
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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


class Halves(Protocol):
    """Memory-backed storage of the server's halves: name -> (expiry as a Unix time, sealed bytes)."""

    def get(self, name: str) -> bytes | None:
        """Return the sealed half, if it is still kept."""

    def put(self, name: str, blob: bytes, expires: int) -> None:
        """Keep a sealed half until it expires."""

    def drop(self, name: str) -> None:
        """Forget a half."""

    def sweep(self, now: int) -> None:
        """Forget all that has expired."""


class ProcessHalves:
    """Halves in this process's own memory; gone when it ends."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, bytes]] = {}
        self._lock = Lock()

    def get(self, name: str) -> bytes | None:
        """Return the sealed half, if it is still kept."""
        with self._lock:
            found = self._kept.get(name)
        return found[1] if found else None

    def put(self, name: str, blob: bytes, expires: int) -> None:
        """Keep a sealed half until it expires."""
        with self._lock:
            self._kept[name] = (expires, blob)

    def drop(self, name: str) -> None:
        """Forget a half."""
        with self._lock:
            self._kept.pop(name, None)

    def sweep(self, now: int) -> None:
        """Forget all that has expired."""
        with self._lock:
            self._kept = {name: kept for name, kept in self._kept.items() if kept[0] > now}


class FolderHalves:
    """Halves as files in a tmpfs folder, so that several processes of one face share them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _in_memory(folder):
            raise UnavailableError(f"{folder} is on a disk; sessions need a memory-backed folder (tmpfs).")
        if stat.S_IMODE(folder.stat().st_mode) & 0o077:
            raise UnavailableError(f"{folder} can be read by others; its mode must be 0700.")
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        """Return the sealed half, if it is still kept."""
        try:
            return (self._folder / name).read_bytes()[_HEAD:]
        except FileNotFoundError:
            return None

    def put(self, name: str, blob: bytes, expires: int) -> None:
        """Keep a sealed half until it expires."""
        part = self._folder / f"{name}.{secrets.token_hex(4)}"
        part.write_bytes(expires.to_bytes(_HEAD, "big") + blob)
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
        self, content: Mapping[str, Any] = {}, *, token: bytes = b"", born: int = 0, seen: int = 0
    ) -> None:
        super().__init__(content)
        self.token = self._opened = token
        self.new = not token
        self.born = born
        self.seen = seen
        self.old_name = ""
        self._before = _SERIALIZER.dumps(dict(self))

    @property
    def touched(self) -> bool:
        """Tell whether the content differs from what was opened."""
        return _SERIALIZER.dumps(dict(self)) != self._before

    def rotate(self) -> None:
        """Change id and key; done whenever what the session may open changes."""
        self.old_name = _name(self.token) if self.token else ""
        self.token = b""

    def undo(self) -> None:
        """Go back to what was opened, id and key included; done when a request fails."""
        self.clear()
        self.update(_SERIALIZER.loads(self._before))
        self.token, self.old_name = self._opened, ""


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
            opened = unseal(token[_ID:], Sealed(blob), context(Label.SESSION, self.cookie, name))
        except UnsealError:
            return SealedSession(born=now)
        content = _SERIALIZER.loads(opened.decode())
        born, seen = content.pop("_born"), content.pop("_seen")
        idle, absolute = self.lifetime.idle.total_seconds(), self.lifetime.absolute.total_seconds()
        if not (born <= now + 60 and seen <= now + 60 and now - seen < idle and now - born < absolute):
            self.halves.drop(name)
            return SealedSession(born=now)
        return SealedSession(content, token=token, born=born, seen=seen)

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
        token = session.token or secrets.token_bytes(_ID + _KEY)
        name = _name(token)
        if not session.token:
            self.halves.sweep(now)
        born = session.born or now
        content = _SERIALIZER.dumps({**session, "_born": born, "_seen": now}).encode()
        expires = int(
            min(now + self.lifetime.idle.total_seconds(), born + self.lifetime.absolute.total_seconds())
        )
        self.halves.put(name, seal(token[_ID:], content, context(Label.SESSION, self.cookie, name)), expires)
        if token != session.token:
            value = urlsafe_b64encode(token).decode()
            response.set_cookie(self.cookie, value, secure=self.secure, httponly=True, samesite="Strict")


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
