"""Time-stamps of a real authority hold; each wrong one is named for what is wrong with it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from authority import Authority, an_authority
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from portal.errors import InvalidError, UnavailableError
from portal.vault import timestamp
from portal.vault.timestamp import Asked, Authorities, TimestampError, Wrong, ask, check

HEAD = b"ledger.example/test\n3\nroot\n\nsigned\n"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return an_authority(tmp_path_factory.mktemp("tsa") / "authority")


def wrong(response: bytes, asked: Asked, pinned: Authorities, *, data: bytes = HEAD) -> Wrong:
    with pytest.raises(TimestampError) as found:
        check(response, data, nonce=asked.nonce, since=LONG_AGO, authorities=pinned)
    return found.value.wrong


def test_an_answer_to_the_request_holds_and_says_when_and_who(authority: Authority) -> None:
    asked = ask(HEAD)
    pinned = Authorities.read([authority.root])
    response = authority.answer(asked.der)
    assert timestamp.nonce_of(response) == asked.nonce
    stamp = check(response, HEAD, nonce=asked.nonce, since=LONG_AGO, authorities=pinned)
    assert abs(stamp.time - datetime.now(UTC)) < timedelta(minutes=5)
    assert stamp.authority == "CN=authority signer"


def test_the_signer_itself_can_be_pinned_as_well(authority: Authority, tmp_path: Path) -> None:
    asked = ask(HEAD)
    response = authority.answer(asked.der)
    both = Authorities.read([authority.root, authority.signer])
    assert check(response, HEAD, nonce=asked.nonce, since=LONG_AGO, authorities=both)
    other = an_authority(tmp_path / "other")
    assert wrong(response, asked, Authorities.read([authority.root, other.signer])) is Wrong.UNKNOWN


def test_each_wrong_answer_is_named(authority: Authority, tmp_path: Path) -> None:
    asked, pinned = ask(HEAD), Authorities.read([authority.root])
    good = authority.answer(asked.der)
    assert wrong(good, asked, pinned, data=HEAD + b"\n") is Wrong.OTHER_DIGEST
    assert wrong(authority.answer(ask(HEAD).der), asked, pinned) is Wrong.OTHER_NONCE
    assert wrong(authority.answer(ask(b"another head").der), asked, pinned) is Wrong.OTHER_DIGEST
    stranger = an_authority(tmp_path / "stranger")
    assert wrong(stranger.answer(asked.der), asked, pinned) is Wrong.UNKNOWN
    assert wrong(good, asked, Authorities()) is Wrong.UNKNOWN
    for days in ((-30, -10), (10, 30)):
        late = an_authority(tmp_path / f"late{days[0]}", lasts=days)
        assert wrong(late.answer(asked.der), asked, Authorities.read([late.root])) is Wrong.EXPIRED
    assert wrong(authority.answer(b"\x30\x03\x02\x01\x01"), asked, pinned) in {Wrong.REFUSED, Wrong.GARBLED}
    for cut in (b"", b"no answer", good[:-1], good + b"\x00", good[: len(good) // 2]):
        assert wrong(cut, asked, pinned) is Wrong.GARBLED
        assert timestamp.nonce_of(cut) is None


def test_an_answer_that_does_not_say_who_signed_it_is_not_believed(authority: Authority) -> None:
    bare = TimestampRequestBuilder(HEAD, HashAlgorithm.SHA256, cert_req=False).build()
    asked = Asked(bare.as_bytes(), bare.nonce or 0)
    assert wrong(authority.answer(asked.der), asked, Authorities.read([authority.root])) is Wrong.UNKNOWN


def test_a_time_before_the_head_is_refused(authority: Authority) -> None:
    asked = ask(HEAD)
    with pytest.raises(TimestampError) as found:
        check(
            authority.answer(asked.der),
            HEAD,
            nonce=asked.nonce,
            since=datetime.now(UTC) + timedelta(days=1),
            authorities=Authorities.read([authority.root]),
        )
    assert found.value.wrong is Wrong.EARLY


def test_every_flipped_bit_of_what_is_signed_is_noticed(authority: Authority) -> None:
    """Certificates that nobody relies on, and names that only help to find one, may change unnoticed."""
    asked, pinned = ask(HEAD), Authorities.read([authority.root])
    good = authority.answer(asked.der)
    start = good.index(timestamp.hashlib.sha256(HEAD).digest())
    for place in [*range(start - 20, start + 32), *range(len(good) - 60, len(good))]:
        changed = bytearray(good)
        changed[place] ^= 0x04
        wrong(bytes(changed), asked, pinned)


def test_certificates_are_sorted_and_anything_else_is_refused(authority: Authority) -> None:
    read = Authorities.read([authority.root + authority.signer, authority.root])
    assert (len(read.roots), len(read.between), len(read.signers)) == (1, 0, 1)
    assert not Authorities.read([authority.signer])
    with pytest.raises(InvalidError):
        Authorities.read([b"no certificate"])


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamp, "available", lambda: False)
    with pytest.raises(UnavailableError, match="timestamps"):
        ask(HEAD)
