"""The order of one accepted submission's system calls: nothing is answered before it is on the disk.

This stands in for a power cut, which killing a process does not test.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import Instance
from live import Browser, Server, straced

_CALLS = "write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,sendto,sendmsg"
_CALL = re.compile(r"^(?P<thread>\d+)\s+(?P<call>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<thread>\d+)\s+<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)$")
_FILE = re.compile(r"^\d+<(?P<path>[^>]*)>")
_NAMES = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WRITES = {"write", "pwrite64"}
_SYNCS = {"fsync", "fdatasync"}


@dataclass(frozen=True)
class Step:
    """One finished call: what was done to which file."""

    call: str
    path: str
    said: str


def steps_of(trace: Path) -> list[Step]:
    """All calls in the order in which they ended; a call that another thread interrupted is put together."""
    begun: dict[str, tuple[str, str]] = {}
    steps = []
    for line in trace.read_text(encoding="latin-1").splitlines():
        resumed, whole = _RESUMED.match(line), _CALL.match(line)
        if resumed and resumed["thread"] in begun:
            call, rest = begun.pop(resumed["thread"])
            rest += resumed["rest"]
        elif whole and whole["rest"].endswith("<unfinished ...>"):
            begun[whole["thread"]] = whole["call"], whole["rest"].removesuffix("<unfinished ...>")
            continue
        elif whole:
            call, rest = whole["call"], whole["rest"]
        else:
            continue
        assert not re.search(r"= -1 E(?!AGAIN)", rest), line
        found = _FILE.match(rest)
        names = _NAMES.findall(rest)
        path = found["path"] if found else " -> ".join(names)
        steps.append(Step(call, path, names[0] if found and names else ""))
    return steps


def place(steps: list[Step], calls: set[str], ending: str, *, after: int = -1, last: bool = False) -> int:
    """Where such a call stands, the first behind ``after`` or the last of all."""
    found = [
        number
        for number, step in enumerate(steps)
        if number > after and step.call in calls and re.search(ending, step.path)
    ]
    assert found, f"no {sorted(calls)} of {ending}"
    return found[-1] if last else found[0]


def answers(steps: list[Step], after: int) -> int:
    """Where the next redirection was sent, which is how both steps are acknowledged."""
    return next(
        number
        for number, step in enumerate(steps)
        if number > after
        and step.call in {"sendto", "sendmsg", "write"}
        and step.said.startswith("HTTP/1.1 303")
    )


@pytest.fixture
def traced(sqlite_instance: Instance, servers: list[Server], tmp_path: Path) -> list[Step]:
    """One account with a file, sent while every call was written down."""
    trace = tmp_path / "trace" / "calls"
    trace.parent.mkdir()
    watched = straced(_CALLS, trace)
    servers.append(Server(sqlite_instance.settings.instance, prefix=watched, faces="intake"))
    source = Browser(servers[0].port("intake"))
    source.fill("account", narrative="One account.")
    source.get("documents")
    assert source.attach("documents", name="a.bin", content=b"letter" * 50_000).status == 303
    assert source.fill("check", reread="no").status == 303
    source.close()
    servers[0].end()
    return steps_of(trace)


def test_a_file_and_its_rows_are_on_the_disk_before_the_answer(traced: list[Step]) -> None:
    written = place(traced, _WRITES, r"/incoming/[0-9a-f]{32}\.part$", last=True)
    synced = place(traced, {"fsync"}, r"/incoming/[0-9a-f]{32}\.part$")
    moved = place(traced, {"rename", "renameat", "renameat2"}, r"\.part -> .*/files/../../[0-9a-f]{32}$")
    folder = place(traced, {"fsync"}, r"/files/[0-9a-f]{2}/[0-9a-f]{2}$")
    acknowledged = answers(traced, synced)
    assert written < synced < moved < folder < acknowledged

    rows = place(traced, _WRITES, r"/portal\.db-wal$", after=acknowledged, last=True)
    wraps = place(traced, _WRITES, r"/keys\.db-wal$", after=acknowledged, last=True)
    wraps_synced = place(traced, _SYNCS, r"/keys\.db-wal$", after=wraps)
    rows_synced = place(traced, _SYNCS, r"/portal\.db-wal$", after=rows)
    sent = answers(traced, rows)
    # The keys that rows need are there before the rows are.
    assert wraps < wraps_synced < rows_synced
    assert rows < rows_synced < sent


def test_a_submission_with_a_file_costs_no_more_syncs_than_it_needs(traced: list[Step]) -> None:
    begun = place(traced, _WRITES, r"\.part$")
    acknowledged = answers(traced, begun)
    sent = answers(traced, acknowledged)
    synced = [step.path for step in traced[acknowledged:sent] if step.call in _SYNCS]
    assert len([path for path in synced if path.endswith("portal.db-wal")]) <= 2
    assert len([path for path in synced if path.endswith("keys.db-wal")]) <= 2
