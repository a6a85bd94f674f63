"""A real server process over a founded instance, and browsers without scripts that visit it."""

import http.client
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from builders import Instance

from portal.vault import totp

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EVERYTHING = bool(os.environ.get("PORTAL_REQUIRE_EVERYTHING"))
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_WORDS = re.compile(r'<ol class="words".*?</ol>', re.DOTALL)
_WORD = re.compile(r"<bdi[^>]*>([^<]+)</bdi>")


@contextmanager
def temporary_memory() -> Iterator[Path | None]:
    """A folder on tmpfs, where there is one."""
    memory = Path("/dev/shm")  # noqa: S108 - memory is the point
    if not memory.is_dir() or not os.access(memory, os.W_OK):
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="portal-", dir=memory))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Server:
    """A server process; what it says goes to ``log``, temporary files to ``temp``."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        prefix: Sequence[str] = (),
        sessions: Path | None = None,
        faces: str = "intake,desk",
    ) -> None:
        self.log, self.temp = folder.parent / "server.log", folder.parent / "temp"
        self.temp.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self.temp),
            "PORTAL_SECURE_COOKIES": "0",
            "SERVED_FACES": faces,
            "PORTAL_QUIET_ACCOUNTS": "1000000",
        } | ({"PORTAL_SESSION_FOLDER": str(sessions)} if sessions else {})
        command = [*prefix, sys.executable, str(HERE / "serve_faces.py"), str(folder), *options]
        self.child = folder.parent / "child"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self.said = self._wait()

    def _wait(self) -> dict[str, object]:
        ended = time.monotonic() + 60
        while time.monotonic() < ended and self.process.poll() is None:
            for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith("{"):
                    said: dict[str, object] = json.loads(line)
                    return said
            time.sleep(0.02)
        raise RuntimeError(f"The server did not start: {self.log.read_text(encoding='utf-8')[-2000:]}")

    def port(self, face: str) -> int:
        """Where a face listens."""
        return int(str(self.said[face]))

    def kill_child(self) -> bool:
        """Kill the child that serves now; False when there was none."""
        try:
            os.kill(int(self.child.read_text(encoding="ascii")), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return False
        return True

    def end(self) -> None:
        """End it at once, with the child it may have."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(int(str(self.said["pid"])), signal.SIGKILL)
            if self.child.exists():
                self.kill_child()
        self.process.wait(30)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes = field(repr=False)
    location: str
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()


class Browser:
    """One browser: cookies and forms; redirects are followed only when asked."""

    def __init__(self, port: int, language: str = "en") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: SimpleCookie = SimpleCookie()
        self.base = f"/{language}/"
        self.token = ""

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request."""
        kept = "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        where = path if path.startswith("/") else self.base + path
        try:
            self.connection.request(method, where, body, {"Cookie": kept, **sent})
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        if answer.getheader("Content-Type", "").startswith("text/html"):
            found = _TOKEN.search(content.decode())
            self.token = found.group(1) if found else self.token
        return Answer(answer.status, content, answer.getheader("Location", ""), dict(answer.getheaders()))

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page, following where it leads."""
        answer = self.send("GET", path, **headers)
        while answer.status in {302, 303}:
            where = urlsplit(answer.location)
            answer = self.send("GET", where.path + (f"?{where.query}" if where.query else ""))
        return answer

    def post(self, path: str, **fields: str) -> Answer:
        """Press a button with the last token."""
        form = urlencode({"csrf_token": self.token, "action": "continue", **fields}).encode()
        return self.send("POST", path, form, Content_Type="application/x-www-form-urlencoded")

    def fill(self, path: str, **fields: str) -> Answer:
        """Open a page, then send its form."""
        self.get(path)
        return self.post(path, **fields)

    def attach(self, path: str, *, name: str, content: bytes, caption: str = "") -> Answer:
        """Send a file as a plain form does."""
        border = secrets.token_hex(16)
        fields = {"csrf_token": self.token, "caption": caption}
        head = "".join(
            f'--{border}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        )
        head += f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        head += "Content-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + content + f"\r\n--{border}--\r\n".encode()
        return self.send("POST", path, body, Content_Type=f"multipart/form-data; boundary={border}")

    def sign_in(self, instance: Instance, name: str) -> Answer:
        """Sign a founder in, by the real clock."""
        one = instance.founders[name]
        code = totp.code(one.bundle.totp_secret, datetime.now(UTC))
        return self.fill("sign-in", name=name, passphrase=one.passphrase, code=code)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def words_on(page: Answer) -> tuple[str, ...]:
    """The receipt's words on the page that shows them."""
    found = _WORDS.search(page.text)
    return tuple(word.strip() for word in _WORD.findall(found.group(0))) if found else ()


def straced(calls: str, out: Path, *, size: int = 64) -> list[str]:
    """What to put before a command to watch its system calls; skips where that cannot be done."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed")
    if subprocess.run([program, "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not watch processes here")
    return [
        program,
        "-f",
        "-y",
        "-qq",
        "-e",
        f"trace={calls}",
        "-e",
        "signal=none",
        "-s",
        str(size),
        "-o",
        str(out),
    ]
