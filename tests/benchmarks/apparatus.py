"""What the benchmarks stand on: a founded instance, the real server over loopback, and its clock and memory.

Processor time and memory are read from ``/proc`` for the server's processes alone (its first process and all
workers), so that what the measuring side costs is not counted.
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from builders import Instance, an_instance

from portal.vault import totp

MIB = 1024 * 1024
HOST = "127.0.0.1"
SERVER = "gunicorn, gthread, as `portal run` starts it"
_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 30.0
_TOKEN_TAG = re.compile(rb"<input[^>]*csrf_token[^>]*>")
_VALUE = re.compile(rb'value="([^"]+)"')
_FORM = "application/x-www-form-urlencoded"


@contextmanager
def fresh_instance() -> Iterator[Instance]:
    """Found an instance in a folder on the disk (not in memory: durability is part of what is measured)."""
    with tempfile.TemporaryDirectory(prefix="portal-benchmark-") as folder:
        instance = an_instance(Path(folder) / "instance")
        try:
            yield instance
        finally:
            instance.database.dispose()


@dataclass
class Server:
    """A running server and what the kernel knows of it."""

    process: "subprocess.Popen[bytes]"
    port: int

    def pids(self) -> list[int]:
        """The first process and its workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def cpu(self, *which: int) -> float:
        """CPU-seconds spent so far, user (11) and system (12), in steps of one clock tick (usually 10 ms)."""
        spent = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            spent += sum(int(fields[place]) for place in which or (11, 12))
        return spent / _TICK

    def memory(self, what: str = "VmRSS") -> float:
        """Resident memory of all processes in MiB; ``VmHWM`` is the highest since `reset_peak`."""
        total = 0
        for pid in self.pids():
            found = re.search(rf"^{what}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
            total += int(found[1]) if found else 0
        return total / 1024

    def reset_peak(self) -> None:
        """Begin a new highest resident memory."""
        for pid in self.pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(
    instance: Instance, face: str, *, workers: int = 2, settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Serve one face with ``portal run`` until the block ends."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="portal-sessions-", dir="/dev/shm") as sessions:
        environment = {
            **os.environ,
            "PORTAL_SECURE_COOKIES": "0",
            "PORTAL_QUIET_ACCOUNTS": "1000000",
            "PORTAL_SESSION_FOLDER": str(Path(sessions) / "halves"),
            **(settings or {}),
        }
        command = [
            str(Path(sys.executable).with_name("portal")),
            "run",
            f"--instance={instance.settings.instance}",
            f"--face={face}",
            f"--bind={HOST}:{port}",
            f"--workers={workers}",
        ]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            _wait(port)
            yield Server(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)


def _wait(port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            visitor = Visitor(port)
            visitor.ask("GET", "/")
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            visitor.close()
            return


@dataclass
class Visitor:
    """A browser without scripts: cookies, tokens, no redirects of its own."""

    port: int
    cookies: SimpleCookie = field(default_factory=SimpleCookie)
    token: str = ""
    length: int = 0
    path: str = ""

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(HOST, self.port, timeout=300)

    def headers(self) -> dict[str, str]:
        """The headers that go with every request."""
        return {"Cookie": "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())}

    def ask(self, method: str, path: str, body: bytes | None = None, **more: str) -> int:
        """Send a request, take the answer in whole, and return its status."""
        headers = {**self.headers(), **{name.replace("_", "-"): value for name, value in more.items()}}
        self.connection.request(method, path, body, headers)
        return self.take()

    def take(self) -> int:
        """Take an answer in whole and return its status."""
        answer = self.connection.getresponse()
        body = answer.read()
        self.length = len(body)
        self.path = answer.getheader("Location") or ""
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        tag = _TOKEN_TAG.search(body)
        value_found = _VALUE.search(tag[0]) if tag else None
        self.token = value_found[1].decode() if value_found else self.token
        return answer.status

    def fill(self, path: str, **fields: str) -> int:
        """Open a page and send its form; returns the status of the second answer."""
        self.ask("GET", path)
        body = urlencode({"csrf_token": self.token, "action": "continue", **fields}).encode()
        return self.ask("POST", path, body, Content_Type=_FORM)

    def press(self, path: str) -> int:
        """Send a form that has nothing but its token, loaded before."""
        body = urlencode({"csrf_token": self.token}).encode()
        return self.ask("POST", path, body, Content_Type=_FORM)

    def upload(self, path: str, blocks: Sequence[bytes]) -> int:
        """Send a file made of these blocks, one after the other, as a form without scripts does."""
        boundary = "b7f1c2d3e4a5968778695a4b3c2d1e0f"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{self.token}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        length = len(head) + sum(map(len, blocks)) + len(tail)
        self.connection.putrequest("POST", path)
        more = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(length)}
        for name, value in {**self.headers(), **more}.items():
            self.connection.putheader(name, value)
        self.connection.endheaders()
        for block in (head, *blocks, tail):
            self.connection.send(block)
        return self.take()

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def sign_in(instance: Instance, server: Server, name: str) -> Visitor:
    """Sign a founder in through the page, by the real clock."""
    visitor, one = Visitor(server.port), instance.founders[name]
    code = totp.code(one.bundle.totp_secret, datetime.now(UTC))
    if visitor.fill("/en/sign-in", name=name, passphrase=one.passphrase, code=code) != 303:
        raise RuntimeError("the sign-in was refused")
    return visitor


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * len(ordered) * 1000) // 1000) - 1))]


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """The middle and the slow end of some durations, in milliseconds."""
    return {
        "p50_ms": round(quantile(seconds, 0.5) * 1000, 2),
        "p99_ms": round(quantile(seconds, 0.99) * 1000, 2),
        "max_ms": round(max(seconds) * 1000, 2),
    }


def report(figures: Mapping[str, object]) -> None:
    """Print one JSON object."""
    load = os.getloadavg()[0]
    about = {"server": SERVER, "cores": os.cpu_count(), "load_at_end": round(load, 1)}
    sys.stdout.write(json.dumps({**about, **figures}, indent=1) + "\n")
