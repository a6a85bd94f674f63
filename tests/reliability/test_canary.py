"""No word of an account is ever written to a file in clear: call by call, then on the disk."""

import base64
import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from builders import Instance
from coded import CANARY, COLUMNS, accounts
from live import Browser, Server, straced, words_on

from portal.release.columns import NAMES
from portal.release.policy import ColumnRole

_CALLS = "write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,openat"
_WRITE = re.compile(r"^\d+\s+(?P<call>\w+)\((?P<fd>\d+)<(?P<path>[^>]*)>(?P<rest>.*)$")
_TEXTS = re.compile(r'"((?:[^"\\]|\\.)*)"')
_CASE = re.compile(r"/en/cases/([0-9a-f-]{36})")
_DOCUMENT = re.compile(r"/documents/([0-9a-f-]{36})")
_REVISION = re.compile(r'name="revision"[^>]*value="(\d+)"')
_MARK = re.compile(r'name="mark"[^>]*value="([0-9a-f ]+)"')
_SEEN = re.compile(r'name="seen"[^>]*value="([0-9a-f]{64})"')

TOLD = {
    "narrative": "Zarrinkhat told of the corridor قاصدک‌خاموش and of nobody else",
    "called": "Mahtabgoon",
    "contact": "Nilufarane at the bakery",
    "caption": "Panjshirlamp beside the door",
    "name": "Kabootarnameh.bin",
    "draft": "Shabdaraneh was begun and left for another day",
    "message": "Derakhteanar wrote a second time",
    "note": "Ghobareshab noted at the desk",
    "mark": "Zarrinkhat told",
    "file": "SarveravanBYTES",
}
FILE = (TOLD["file"].encode() + b"\x00\xff ") * 180_000


def spellings(word: str) -> Iterator[bytes]:
    """One word as it may stand in a file: plain, UTF-16, percent-encoded, JSON-escaped, base64."""
    raw = word.encode()
    yield raw
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    for encoded in (quote(word), quote_plus(word), quote(word, safe=""), quote(word).lower()):
        yield encoded.encode()
    yield word.encode("ascii", "backslashreplace")
    for shift in range(3):
        # Without the edges, which depend on the neighbours.
        yield base64.b64encode(bytes(shift) + raw)[4:-4]


def needles(words: dict[str, str]) -> dict[bytes, str]:
    return {spelt: name for name, word in words.items() for spelt in spellings(word) if len(spelt) >= 8}


def found_in(content: bytes, wanted: dict[bytes, str]) -> set[str]:
    return {name for spelt, name in wanted.items() if spelt in content}


def on_disk(folders: list[Path], wanted: dict[bytes, str]) -> dict[str, set[str]]:
    """Which words stand in which files below the folders."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    hits = {path.name: found_in(path.read_bytes(), wanted) for path in files}
    return {name: words for name, words in hits.items() if words}


def in_calls(trace: Path, wanted: dict[bytes, str]) -> tuple[dict[str, set[str]], int]:
    """Which words were written to which files, and how many writes to files there were."""
    hits: dict[str, set[str]] = {}
    count = 0
    with trace.open("rb") as lines:
        for line in lines:
            match = _WRITE.match(line.decode("latin-1"))
            if match is None or match["call"] == "openat" or not match["path"].startswith("/"):
                continue
            if match["path"].startswith("/memfd:"):
                continue
            count += 1
            raw = b"".join(
                codecs.escape_decode(text.encode("latin-1"))[0] for text in _TEXTS.findall(match["rest"])
            )
            for word in found_in(raw, wanted):
                hits.setdefault(match["path"], set()).add(word)
    return hits, count


def leave_unsent(server: Server) -> None:
    """Somebody writes, adds a file, and rests: the draft stays where it is kept."""
    resting = Browser(server.port("intake"))
    assert resting.fill("code").status == 303
    assert resting.fill("account", narrative=TOLD["draft"]).status == 303
    resting.get("documents")
    assert resting.attach("documents", name=TOLD["name"], content=FILE, caption=TOLD["caption"]).status == 303
    assert TOLD["draft"] in resting.get("account").text
    resting.close()


def submit_and_return(server: Server) -> dict[str, str]:
    """A source sends an account with a file, comes back, reads it and writes; the receipt's words."""
    source = Browser(server.port("intake"))
    assert source.fill("code").status == 303
    source.fill("account", narrative=TOLD["narrative"])
    source.fill("you", relation="sibling")
    source.get("documents")
    assert source.attach("documents", name=TOLD["name"], content=FILE, caption=TOLD["caption"]).status == 303
    source.fill("permissions", **dict.fromkeys(("contact", "read", "link", "research"), "yes"))
    source.fill("reaching", called=TOLD["called"], contact=TOLD["contact"], reread="yes")
    assert source.fill("check").status == 303
    words = words_on(source.get("received"))
    assert len(words) == 9
    source.fill("received/words", words=" ".join(words))
    source.close()
    again = Browser(server.port("intake"))
    assert again.fill("return", words=" ".join(words)).status == 303
    assert TOLD["narrative"] in again.get("folder").text
    assert again.post("folder/reply", text=TOLD["message"]).status == 303
    again.close()
    leave_unsent(server)
    return {"receipt": " ".join(words), "receipt joined": "-".join(words)}


def read_at_the_desk(server: Server, instance: Instance) -> None:
    """A reviewer finds the case, takes it up, marks words, notes, and fetches a piece of the file."""
    desk = Browser(server.port("desk"))
    assert desk.sign_in(instance, "cedar").status == 303
    queue = desk.get("cases/?status=received").text
    case = next(one for one in _CASE.findall(queue) if TOLD["narrative"] in desk.get(f"cases/{one}").text)
    desk.get(f"cases/{case}")
    assert desk.post(f"cases/{case}/claim").status == 303
    page = desk.get(f"cases/{case}").text
    assert desk.post(f"cases/{case}/notes", note=TOLD["note"]).status == 303
    text = re.search(r'name="text"[^>]*value="([0-9a-f-]{36})"', page)
    assert text is not None
    mark = {"text": text[1], "kind": "person", "quote": TOLD["mark"], "start": "", "end": "", "comment": ""}
    assert desk.post(f"cases/{case}/marks", **mark).status == 303
    document = _DOCUMENT.search(page)
    assert document is not None
    piece = desk.send("GET", f"cases/{case}/documents/{document[1]}", Range="bytes=1000000-1199999")
    assert (piece.status, piece.body) == (206, FILE[1_000_000:1_200_000])
    desk.close()


def export(server: Server, instance: Instance) -> bytes:
    """The administrator asks for a release, a lead makes it, the administrator fetches it."""
    asking, deciding = Browser(server.port("desk")), Browser(server.port("desk"))
    assert asking.sign_in(instance, "rowan").status == 303
    assert deciding.sign_in(instance, "maple").status == 303
    roles = {f"column_{name}": COLUMNS.get(name, ColumnRole.DROP).value for name in NAMES}
    wish = {"purpose": "a study", "recipient": "a university", "k": "5", **roles}
    wish |= {"receiver": "", "l": "1", "t": "1.0", "delta": "1.0"}
    release = asking.fill("releases/new", **wish).location
    deciding.get(release)
    seen = deciding.post(f"{release}/preview").text
    revision, mark, looked = _REVISION.search(seen), _MARK.search(seen), _SEEN.search(seen)
    assert revision is not None
    assert looked is not None
    assert mark is not None
    sent = {"revision": revision[1], "mark": mark[1], "seen": looked[1], "same": "y"}
    assert deciding.post(f"{release}/approve", **sent).status == 303
    fetched = asking.get(f"{release}/release.zip")
    assert fetched.body[:2] == b"PK"
    asking.close()
    deciding.close()
    return fetched.body


def play(server: Server, instance: Instance) -> dict[bytes, str]:
    """Everything that handles clear words, and the words to look for."""
    words = submit_and_return(server)
    read_at_the_desk(server, instance)
    export(server, instance)
    secrets = {f"passphrase of {name}": one.passphrase for name, one in instance.founders.items()}
    return needles({**TOLD, **words, **secrets, "coded": CANARY})


def folders(server: Server, instance: Instance) -> list[Path]:
    """The instance with its databases and logs, the temporary folder, and what the server said."""
    return [instance.settings.instance, server.temp, server.log.parent]


def looked_for(server: Server, instance: Instance, wanted: dict[bytes, str]) -> None:
    control = needles({"control": str(server.said["control"])})
    assert set(on_disk(folders(server, instance), control)) >= {server.log.name}
    assert on_disk(folders(server, instance), wanted) == {}


@pytest.fixture
def filled(sqlite_instance: Instance) -> Instance:
    accounts(sqlite_instance, 40)
    return sqlite_instance


def test_no_word_reaches_a_file_while_it_is_handled_or_afterwards(
    filled: Instance, servers: list[Server], tmp_path: Path
) -> None:
    trace = tmp_path / "trace" / "calls"
    trace.parent.mkdir()
    watched = straced(_CALLS, trace, size=300_000)
    servers.append(Server(filled.settings.instance, prefix=watched))
    wanted = play(servers[0], filled)
    servers[0].end()
    hits, count = in_calls(trace, wanted)
    assert count > 100
    assert hits == {}
    control, _count = in_calls(trace, needles({"control": str(servers[0].said["control"])}))
    assert set(control) == {str(servers[0].log)}
    trace.unlink()
    looked_for(servers[0], filled, wanted)


def test_no_word_stands_on_the_disk_while_the_portal_runs_or_after_it_was_killed(
    filled: Instance, servers: list[Server]
) -> None:
    servers.append(Server(filled.settings.instance))
    wanted = play(servers[0], filled)
    looked_for(servers[0], filled, wanted)
    servers[0].end()
    looked_for(servers[0], filled, wanted)
