"""Files for people outside: what is an age key, and that the programs people have open what we encrypt."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.vault import age

# The identity of the test suite that goes with the specification (C2SP, CCTV), and its public half.
SECRET = "AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6"
PUBLIC = "age1w3tyke4gev25vaxxsvcgqu4484rf6ejpmavs57p6yz6lhy2sfs5swrvwyn"


def opened(data: bytes, secret: str = SECRET) -> bytes:
    return bytes(pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(secret)]))


def test_the_key_of_the_specification_is_a_key() -> None:
    assert str(pyrage.x25519.Identity.from_str(SECRET).to_public()) == PUBLIC
    assert age.recipient(PUBLIC) == PUBLIC


@pytest.mark.parametrize("typed", [f" {PUBLIC}\r\n", PUBLIC.upper(), f"{PUBLIC[:20]} {PUBLIC[20:]}"])
def test_blanks_and_large_letters_do_not_matter(typed: str) -> None:
    assert age.recipient(typed) == PUBLIC


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "begins with age1 and has 62"),
        (PUBLIC[:-1], "begins with age1 and has 62"),
        (PUBLIC + "q", "begins with age1 and has 62"),
        ("AGE" + PUBLIC[4:], "begins with age1"),
        (PUBLIC[:30] + "b" + PUBLIC[31:], "a letter in it that no age key has"),
        (PUBLIC[:30] + "é" + PUBLIC[31:], "a letter in it that no age key has"),
        (SECRET, "the secret key"),
        (f"# public key: {PUBLIC}\n{SECRET}", "the secret key"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA", "of this kind"),
        ("age1pq1" + "q" * 1950, "of this kind"),
        ("age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e", "of this kind"),
    ],
)
def test_what_is_no_age_key_is_refused_with_what_to_do(typed: str, why: str) -> None:
    with pytest.raises(InvalidError, match=why):
        age.recipient(typed)


@given(st.integers(4, 61), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_a_letter_that_is_wrong_is_noticed(place: int, letter: str) -> None:
    typed = PUBLIC[:place] + letter + PUBLIC[place + 1 :]
    if typed != PUBLIC:
        with pytest.raises(InvalidError, match="A letter of this age key is wrong"):
            age.recipient(typed)


def test_two_letters_that_changed_places_are_noticed() -> None:
    swapped = PUBLIC[:8] + PUBLIC[9] + PUBLIC[8] + PUBLIC[10:]
    with pytest.raises(InvalidError, match="wrong"):
        age.recipient(swapped)


def test_a_key_that_keeps_nothing_secret_is_refused() -> None:
    nothing = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqspk5c4"  # the point of order 1
    with pytest.raises(InvalidError):
        age.recipient(nothing)


def test_the_fingerprint_is_what_sha256sum_prints() -> None:
    assert age.fingerprint(PUBLIC) == hashlib.sha256(PUBLIC.encode()).hexdigest()[:32]


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 300_000])
def test_what_is_encrypted_opens_with_its_key_alone(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    sealed = age.encrypt(data, PUBLIC)
    assert opened(sealed) == data
    assert sealed != age.encrypt(data, PUBLIC)
    with pytest.raises(pyrage.DecryptError):
        opened(sealed, str(pyrage.x25519.Identity.generate()))
    with pytest.raises(pyrage.DecryptError):
        opened(sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_it_is_the_format_of_the_specification() -> None:
    head, *stanzas = age.encrypt(b"x", PUBLIC).split(b"\n---")[0].split(b"\n-> ")
    assert head == b"age-encryption.org/v1"
    assert [one.split()[0] for one in stanzas if not one.split()[0].endswith(b"-grease")] == [b"X25519"]


@pytest.mark.skipif(not shutil.which("age"), reason="the program age is not installed")
def test_the_program_that_people_have_opens_it(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text(SECRET + "\n", encoding="ascii")
    data = b"a table" * 20_000
    (tmp_path / "release.zip.age").write_bytes(age.encrypt(data, PUBLIC))
    ran = subprocess.run(
        ["age", "-d", "-i", "key.txt", "release.zip.age"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert ran.stdout == data
    said = subprocess.run(
        ["age-keygen", "-y", "key.txt"], cwd=tmp_path, capture_output=True, check=True, text=True, timeout=20
    )
    assert age.recipient(said.stdout) == PUBLIC
