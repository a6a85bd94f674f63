"""Sealed sessions: neither half opens alone, every doubt about time closes, nothing is left behind."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import Clock, Instance
from flask import Flask, session
from flask.testing import FlaskClient
from jinja2 import DictLoader
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

from portal.errors import UnavailableError
from portal.store.directory import SignedKeys
from portal.vault.seal import Label, Sealed, UnsealError, context, unseal
from portal.web import edge, sessions
from portal.web.sessions import FolderHalves, Lifetime, ProcessHalves, SealedSessions, halves_for

SECRET = "what a survivor typed and has not sent"
HOURS = Lifetime(idle=timedelta(hours=3), absolute=timedelta(hours=24))


@pytest.fixture
def halves() -> ProcessHalves:
    return ProcessHalves()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(sqlite_instance: Instance, halves: ProcessHalves, clock: Clock) -> Flask:
    """The smallest app that has sessions."""
    made = Flask(__name__)
    directory = SignedKeys(sqlite_instance.settings.instance)
    made.extensions["portal"] = edge.Parts(
        sqlite_instance.settings,
        sqlite_instance.database,
        sqlite_instance.files,
        clock,
        directory,
        agree=lambda *_: None,
    )
    made.session_interface = SealedSessions(halves, cookie="intake", lifetime=HOURS, secure=False)

    @made.get("/set/<word>")
    def _set(word: str) -> str:
        session["word"] = word
        return "set"

    @made.get("/see")
    def _see() -> str:
        return str(session.get("word", "nothing"))

    @made.get("/clear")
    def _clear() -> str:
        session.clear()
        return "cleared"

    @made.get("/rotate")
    def _rotate() -> str:
        session.rotate()  # type: ignore[attr-defined]
        return "rotated"

    @made.get("/leave")
    def _leave() -> str:
        session.clear()
        session.rotate()  # type: ignore[attr-defined]
        return "left"

    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def cookie(client: FlaskClient, name: str = "intake") -> str:
    found = client.get_cookie(name)
    return found.value if found else ""


def kept(halves: ProcessHalves) -> dict[str, tuple[int, bytes]]:
    return halves._kept


def test_what_was_kept_comes_back_to_the_visitor(client: FlaskClient) -> None:
    client.get(f"/set/{SECRET}")
    assert client.get("/see").text == SECRET


def test_a_visitor_who_keeps_nothing_gets_no_cookie(client: FlaskClient, halves: ProcessHalves) -> None:
    answer = client.get("/see")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Vary"] == "Cookie"
    assert not kept(halves)


def test_the_servers_half_holds_no_plaintext_and_does_not_name_the_cookie(
    client: FlaskClient, halves: ProcessHalves
) -> None:
    client.get(f"/set/{SECRET}")
    [(name, (_, blob))] = kept(halves).items()
    assert SECRET.encode() not in blob
    token = urlsafe_b64decode(cookie(client))
    assert token[:16].hex() not in name
    assert token[16:] not in blob


def test_the_servers_half_opens_with_the_cookies_key_alone_and_only_in_its_place(
    client: FlaskClient, halves: ProcessHalves
) -> None:
    client.get(f"/set/{SECRET}")
    [(name, (_, blob))] = kept(halves).items()
    key, place = urlsafe_b64decode(cookie(client))[16:], context(Label.SESSION, "intake", name)
    assert SECRET.encode() in unseal(key, Sealed(blob), place)
    for other_key, other_place in (
        (bytes(32), place),
        (key, context(Label.SESSION, "desk", name)),
        (key, context(Label.SESSION, "intake", "0" * 64)),
    ):
        with pytest.raises(UnsealError):
            unseal(other_key, Sealed(blob), other_place)


def test_two_sessions_of_the_same_words_share_no_bytes(app: Flask, halves: ProcessHalves) -> None:
    for visitor in (app.test_client(), app.test_client()):
        visitor.get(f"/set/{SECRET}")
    (_, one), (_, two) = kept(halves).values()
    assert one != two


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a wrong key": lambda token: token[:-1] + bytes([token[-1] ^ 1]),
    "a wrong name": lambda token: bytes([token[0] ^ 1]) + token[1:],
    "too short": lambda token: token[:-1],
    "too long": lambda token: token + b"x",
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_cookie_that_was_changed_opens_nothing(client: FlaskClient, change: str) -> None:
    client.get(f"/set/{SECRET}")
    token = urlsafe_b64decode(cookie(client))
    client.set_cookie("intake", urlsafe_b64encode(CHANGES[change](token)).decode())
    assert client.get("/see").text == "nothing"


@pytest.mark.parametrize("value", ["x", "===", "ü" * 64, "A" * 63, "A" * 5000, "%%%", "' or 1=1"])
def test_a_cookie_that_is_no_token_is_no_error(app: Flask, value: str) -> None:
    found = app.test_client(use_cookies=False).get(
        "/see", headers={"Cookie": f"intake={value}".encode().decode("latin-1")}
    )
    assert (found.status_code, found.text) == (200, "nothing")


def test_a_cookie_whose_half_is_gone_opens_nothing(client: FlaskClient, halves: ProcessHalves) -> None:
    client.get(f"/set/{SECRET}")
    halves.drop(next(iter(kept(halves))))
    assert client.get("/see").text == "nothing"


# time


def test_a_session_that_rested_too_long_is_closed_on_both_sides(
    client: FlaskClient, clock: Clock, halves: ProcessHalves
) -> None:
    client.get(f"/set/{SECRET}")
    clock.advance(hours=2, minutes=59, seconds=59)
    assert client.get("/see").text == SECRET
    clock.advance(hours=3)
    assert client.get("/see").text == "nothing"
    assert not kept(halves)


def test_a_session_that_is_used_all_day_ends_all_the_same(client: FlaskClient, clock: Clock) -> None:
    client.get(f"/set/{SECRET}")
    for _ in range(23):
        clock.advance(hours=1)
        assert client.get("/see").text == SECRET
    clock.advance(hours=1)
    assert client.get("/see").text == "nothing"


def test_the_half_is_forgotten_when_the_shorter_of_both_times_has_passed(
    client: FlaskClient, clock: Clock, halves: ProcessHalves
) -> None:
    client.get(f"/set/{SECRET}")
    born = int(clock().timestamp())
    assert [expires for expires, _ in kept(halves).values()] == [born + 3 * 3600]
    for _ in range(11):
        clock.advance(hours=2)
        client.get("/see")
    assert [expires for expires, _ in kept(halves).values()] == [born + 24 * 3600]


@pytest.mark.parametrize("hours", [-1, -24, -24 * 365, 24 * 365])
def test_a_clock_that_jumps_closes_the_session(
    client: FlaskClient, clock: Clock, halves: ProcessHalves, hours: int
) -> None:
    client.get(f"/set/{SECRET}")
    clock.advance(hours=hours)
    assert client.get("/see").text == "nothing"
    assert not kept(halves)


def test_a_clock_that_is_set_right_by_seconds_closes_nothing(client: FlaskClient, clock: Clock) -> None:
    client.get(f"/set/{SECRET}")
    clock.advance(seconds=-30)
    assert client.get("/see").text == SECRET


def test_only_looking_writes_no_half_for_half_a_minute(
    client: FlaskClient, clock: Clock, halves: ProcessHalves
) -> None:
    client.get(f"/set/{SECRET}")
    before = dict(kept(halves))
    clock.advance(seconds=29)
    client.get("/see")
    assert kept(halves) == before
    clock.advance(seconds=1)
    client.get("/see")
    assert kept(halves) != before


def test_a_new_session_sweeps_the_expired_ones(app: Flask, clock: Clock, halves: ProcessHalves) -> None:
    app.test_client().get("/set/old")
    clock.advance(hours=4)
    app.test_client().get("/set/new")
    assert len(kept(halves)) == 1


# changing and ending


def test_rotation_gives_a_new_cookie_and_drops_the_old_half(
    client: FlaskClient, halves: ProcessHalves
) -> None:
    client.get(f"/set/{SECRET}")
    before, old = cookie(client), dict(kept(halves))
    client.get("/rotate")
    assert cookie(client) != before
    assert not set(old) & set(kept(halves))
    assert client.get("/see").text == SECRET
    client.set_cookie("intake", before)
    assert client.get("/see").text == "nothing"


def test_who_is_here_keeps_a_place_when_all_places_are_taken(
    client: FlaskClient, app: Flask, halves: ProcessHalves
) -> None:
    client.get(f"/set/{SECRET}")
    halves._most = 1
    app.jinja_loader = None
    app.jinja_env.loader = DictLoader({"errors/plain.html": "come again"})
    stranger = app.test_client().get("/set/x")
    assert (stranger.status_code, stranger.text) == (503, "come again")
    assert "Set-Cookie" not in stranger.headers
    assert client.get("/rotate").text == "rotated"
    assert client.get("/see").text == SECRET


def test_a_session_that_ended_while_a_request_ran_stays_ended(
    app: Flask, client: FlaskClient, halves: ProcessHalves
) -> None:
    @app.get("/slow")
    def _slow() -> str:
        session["word"] = "changed"
        halves._kept.clear()
        return "slow"

    client.get(f"/set/{SECRET}")
    client.get("/slow")
    assert not kept(halves)
    assert client.get("/see").text == "nothing"


def test_what_two_requests_changed_at_once_is_both_kept(app: Flask, client: FlaskClient) -> None:
    @app.get("/slow")
    def _slow() -> str:
        session["own"] = "mine"
        other = app.test_client()
        other.set_cookie("intake", cookie(client))
        other.get("/set/theirs")
        return "slow"

    @app.get("/both")
    def _both() -> str:
        return f"{session['word']} {session['own']}"

    client.get(f"/set/{SECRET}")
    client.get("/slow")
    assert client.get("/both").text == "theirs mine"


def test_rotating_a_session_that_does_not_exist_yet_leaves_nothing(
    client: FlaskClient, halves: ProcessHalves
) -> None:
    assert "Set-Cookie" not in client.get("/rotate").headers
    assert not kept(halves)


@pytest.mark.parametrize("way", ["/clear", "/leave"])
def test_an_emptied_session_is_forgotten_on_both_sides(
    client: FlaskClient, halves: ProcessHalves, way: str
) -> None:
    client.get(f"/set/{SECRET}")
    answer = client.get(way)
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert cookie(client) == ""
    assert not kept(halves)


def test_emptying_nothing_sets_no_cookie(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/clear").headers


def set_cookie(answer: TestResponse) -> dict[str, Any]:
    return {part.split("=")[0].strip(): part for part in answer.headers["Set-Cookie"].split(";")}


def test_the_cookie_ends_with_the_browser_and_is_out_of_reach_of_scripts_and_other_sites(app: Flask) -> None:
    given = set_cookie(app.test_client().get("/set/x"))
    assert not {"Expires", "Max-Age", "Domain"} & set(given)
    assert {"HttpOnly", "SameSite", "Path"} <= set(given)
    assert given["SameSite"].strip() == "SameSite=Strict"


def test_over_tls_the_cookie_is_bound_to_the_host(app: Flask, halves: ProcessHalves) -> None:
    app.session_interface = SealedSessions(halves, cookie="intake", lifetime=HOURS, secure=True)
    client = app.test_client()
    answer = client.get("/set/x", base_url="https://localhost")
    assert "__Host-intake" in parse_cookie(answer.headers["Set-Cookie"])
    given = set_cookie(answer)
    assert "Secure" in given
    assert given["Path"].strip() == "Path=/"
    gone = set_cookie(client.get("/clear", base_url="https://localhost"))
    assert {"Secure", "HttpOnly"} <= set(gone)


# halves in a folder


def test_a_folder_on_a_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_in_memory", lambda _: False)
    with pytest.raises(UnavailableError, match="memory-backed"):
        FolderHalves(tmp_path / "sessions")


def test_a_disk_reached_through_a_link_in_memory_is_refused(memory: Path, tmp_path: Path) -> None:
    if sessions._in_memory(tmp_path):
        pytest.skip("this machine keeps its temporary files in memory")
    (tmp_path / "disk").mkdir(mode=0o700)
    (memory / "link").symlink_to(tmp_path / "disk")
    with pytest.raises(UnavailableError, match="memory-backed"):
        FolderHalves(memory / "link")


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o770, 0o777])
def test_a_folder_that_others_can_read_is_refused(memory: Path, mode: int) -> None:
    loose = memory / "loose"
    loose.mkdir()
    loose.chmod(mode)
    with pytest.raises(UnavailableError, match="0700"):
        FolderHalves(loose)


def test_processes_that_share_a_folder_share_their_sessions(
    app: Flask, client: FlaskClient, memory: Path
) -> None:
    folder = memory / "intake"
    for _ in range(2):
        app.session_interface = SealedSessions(
            halves_for(folder), cookie="intake", lifetime=HOURS, secure=False
        )
        if not cookie(client):
            client.get(f"/set/{SECRET}")
        assert client.get("/see").text == SECRET
    assert folder.stat().st_mode & 0o777 == 0o700
    [half] = folder.iterdir()
    assert SECRET.encode() not in half.read_bytes()
    client.get("/clear")
    assert not list(folder.iterdir())


def test_a_folders_halves_are_kept_replaced_dropped_and_swept(memory: Path) -> None:
    halves = FolderHalves(memory / "halves")
    assert halves.get("one") is None
    halves.put("one", b"first", 100)
    halves.put("one", b"second", 100)
    halves.put("two", b"other", 200)
    assert halves.get("one") == b"second"
    halves.sweep(100)
    assert (halves.get("one"), halves.get("two")) == (None, b"other")
    halves.drop("two")
    halves.drop("two")
    assert not list((memory / "halves").iterdir())


def test_a_sweep_spares_a_half_that_is_being_written_and_minds_no_other_sweep(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halves = FolderHalves(memory / "halves")
    part = memory / "halves" / "name.0011aabb"
    part.write_bytes(b"")
    halves.sweep(10**10)
    assert part.exists()
    gone = memory / "halves" / "gone"
    monkeypatch.setattr(Path, "iterdir", lambda _: iter([gone]))
    halves.sweep(10**10)


def test_without_a_folder_halves_live_in_the_process() -> None:
    assert isinstance(halves_for(None), ProcessHalves)


def test_a_mount_is_told_from_the_disk_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = ("/dev/sda / ext4", "tmpfs /run tmpfs", "/dev/sdb /run/disk ext4", "none /r ramfs")
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "".join(f"{one} rw 0 0\n" for one in mounts))
    in_memory = {
        "/srv": False,
        "/run": True,
        "/run/a": True,
        "/run/disk/a": False,
        "/r/a": True,
        "/runs": False,
    }
    assert {folder: sessions._in_memory(Path(folder)) for folder in in_memory} == in_memory


def test_a_session_shows_whether_it_was_touched_and_can_be_undone() -> None:
    one = sessions.SealedSession({"word": "before", "key": b"\x00"}, token=b"t" * 48)
    assert not one.touched
    assert not one.new
    one["word"] = "after"
    one.rotate()
    assert one.touched
    one.undo()
    assert (dict(one), one.token, one.old_name) == ({"word": "before", "key": b"\x00"}, b"t" * 48, "")
    assert sessions.SealedSession().new


def test_session_names_are_safe_file_names() -> None:
    assert set(sessions._name(os.urandom(48))) <= set("0123456789abcdef")
