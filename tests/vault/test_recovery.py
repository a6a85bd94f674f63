"""Any k of n custodians open the seed, fewer learn nothing, and a rehearsal never touches it."""

import base64
import hashlib
import json
import time
from dataclasses import replace
from functools import cache
from itertools import chain, combinations, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.vault import recovery, shares
from portal.vault.recovery import Custodian, Kind, PartlyOpened, Shares
from portal.vault.seal import Label, UnsealError, context
from portal.vault.wrap import public_key, unwrap

SEED = bytes(range(32))
NAMES = ("Anar", "Bid", "Chenar", "Dena", "Elborz", "Farr", "Golnar", "Homa", "Iraj")
SEEDS = tuple(bytes([200 + number]) * 32 for number in range(9))
VECTOR: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "recovery.json").read_text())


@cache
def custodian(index: int) -> Custodian:
    return Custodian(NAMES[index], public_key(SEEDS[index]))


@cache
def made(need: int, count: int) -> Shares:
    return recovery.share(SEED, [custodian(index) for index in range(count)], need)


def peeled(given: Shares | PartlyOpened, *indices: int) -> PartlyOpened:
    now = recovery.begin(given) if isinstance(given, Shares) else given
    for index in indices:
        now = recovery.peel(now, SEEDS[index])
    return now


@pytest.mark.parametrize(("need", "count"), [(2, 2), (2, 3), (3, 3), (3, 5), (4, 5), (5, 6)])
def test_every_choice_of_k_opens_the_seed_and_every_smaller_one_is_refused(need: int, count: int) -> None:
    for some in chain.from_iterable(combinations(range(count), size) for size in range(count + 1)):
        sheets = [SEEDS[index] for index in reversed(some)]
        if len(some) >= need:
            assert recovery.open(made(need, count), sheets) == SEED
            recovery.rehearse(made(need, count), sheets)
        else:
            for act in (recovery.open, recovery.rehearse):
                with pytest.raises(InvalidError, match=f"^{need - len(some)} more of the custodians"):
                    act(made(need, count), sheets)


@pytest.mark.parametrize(("need", "count"), [(2, 3), (3, 5)])
def test_fewer_than_k_reach_no_layer_below_their_own(need: int, count: int) -> None:
    """Whatever k-1 of them unwrap in whatever order, all they come to is another wrapped layer."""
    given = made(need, count)
    for some in combinations(range(count), need - 1):
        for subset, blob in zip(shares.subsets(count, need), given.seeds, strict=True):
            inner, layer = bytes(blob), 0
            while layer < need and subset[layer] in some:
                place = context(Label.WRAP_RECOVERY, "seed", given.bound(Kind.SEED), bytes(subset), layer)
                inner, layer = unwrap(SEEDS[subset[layer]], inner, place), layer + 1
            assert layer < need
            assert SEED not in inner
            assert len(inner) > 1100
            for index in some:
                place = context(Label.WRAP_RECOVERY, "seed", given.bound(Kind.SEED), bytes(subset), layer)
                with pytest.raises(UnsealError):
                    unwrap(SEEDS[index], inner, place)


@pytest.mark.parametrize(("need", "count"), [(2, 3), (3, 4), (3, 5)])
def test_the_file_goes_from_custodian_to_custodian_in_the_order_of_the_list(need: int, count: int) -> None:
    for some in combinations(range(count), need):
        now: Shares | PartlyOpened = made(need, count)
        for left, index in enumerate(some):
            text = now.to_json()
            assert base64.b64encode(SEED).decode() not in text
            now = recovery.peel(shares.read_begun(text), SEEDS[index])
            assert now.missing == need - left - 1
        assert isinstance(now, PartlyOpened)
        assert now.secret == SEED


def test_any_other_order_is_refused_with_the_names_that_can_come() -> None:
    for order in permutations(range(5), 3):
        if list(order) == sorted(order):
            continue
        with pytest.raises(InvalidError, match=r"cannot come later|not .*'s turn"):
            peeled(made(3, 5), *order)
    with pytest.raises(InvalidError, match=r"not Dena's turn: 3 more .* be Anar or Bid or Chenar\."):
        peeled(made(3, 5), 3)
    with pytest.raises(InvalidError, match=r"Anar stands before Bid .* go on with Chenar or Dena\."):
        peeled(made(3, 5), 1, 0)


def test_the_same_custodian_twice_is_refused() -> None:
    with pytest.raises(InvalidError, match=r"Anar has opened .* be Bid or Chenar or Dena\."):
        peeled(made(3, 5), 0, 0)
    with pytest.raises(InvalidError, match="The sheet of Bid is there twice"):
        recovery.open(made(3, 5), [SEEDS[1], SEEDS[0], SEEDS[1]])


def test_a_foreign_custodian_is_refused() -> None:
    with pytest.raises(InvalidError, match="belongs to none of these custodians"):
        recovery.open(made(2, 3), [SEEDS[0], SEEDS[5]])
    with pytest.raises(InvalidError, match="belongs to none"):
        peeled(made(2, 3), 7)


def test_nobody_is_needed_when_it_is_open_and_what_is_opened_is_not_written() -> None:
    now = peeled(made(2, 2), 0, 1)
    assert now.next_names == []
    with pytest.raises(InvalidError, match="open already"):
        recovery.peel(now, SEEDS[0])
    with pytest.raises(ValueError, match="not written down"):
        now.to_json()
    with pytest.raises(InvalidError, match=r"^1 more"):
        _ = peeled(made(2, 2), 0).secret


def test_no_byte_of_a_layer_can_be_changed() -> None:
    given = made(2, 2)
    for index in range(0, len(given.seeds[0]), 7):
        blob = bytearray(given.seeds[0])
        blob[index] ^= 1
        forged = replace(given, seeds=(bytes(blob),))
        with pytest.raises(InvalidError, match="Anar's layer does not open"):
            recovery.open(forged, SEEDS[:2])
        with pytest.raises(InvalidError, match="Anar's layer does not open"):
            recovery.peel(forged, SEEDS[0])
        with pytest.raises(InvalidError, match="does not open"):
            recovery.rehearse(forged, SEEDS[:2])


def rehearse_in_all_pairs(text: str) -> None:
    for pair in combinations(SEEDS[:3], 2):
        recovery.rehearse(Shares.from_json(text), pair)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_character_of_the_file_can_be_changed_unnoticed(data: st.DataObject) -> None:
    """The file is refused, or a rehearsal fails: of every pair, for a pair opens no layer of another."""
    text = made(2, 3).to_json()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(sorted(set('0123abcdefABXYZ+/="{}[],: é') - {text[place]})))
    with pytest.raises(InvalidError):
        rehearse_in_all_pairs(text[:place] + other + text[place + 1 :])


def test_layers_that_changed_places_do_not_open() -> None:
    given = made(2, 3)
    swapped = replace(given, seeds=(given.seeds[1], given.seeds[0], given.seeds[2]))
    exchanged = replace(given, seeds=given.rehearsals, rehearsals=given.seeds)
    other = recovery.share(SEED, given.custodians, 2)
    mixed = replace(given, seeds=other.seeds)
    reordered = replace(given, custodians=(given.custodians[1], given.custodians[0], given.custodians[2]))
    for forged in (swapped, exchanged, reordered, replace(given, recovery=bytes(32))):
        with pytest.raises(InvalidError, match="does not open"):
            recovery.open(forged, SEEDS[:2])
    for forged in (swapped, exchanged, mixed, reordered, replace(given, need=3)):
        with pytest.raises((InvalidError, ValueError)):
            recovery.rehearse(forged, SEEDS[:2])


def test_a_name_that_was_put_right_fails_the_rehearsal_and_never_keeps_the_seed_shut() -> None:
    given = made(2, 2)
    renamed = replace(
        given, custodians=(Custodian("Anahita", given.custodians[0].public), given.custodians[1])
    )
    assert recovery.open(renamed, SEEDS[:2]) == SEED
    with pytest.raises(InvalidError, match="does not open"):
        recovery.rehearse(renamed, SEEDS[:2])


def test_a_forged_file_that_opens_to_something_else_is_refused() -> None:
    given = made(2, 2)
    started = recovery.begin(given)
    for kind, proof in ((Kind.SEED, bytes(32)), (Kind.REHEARSAL, started.proof)):
        held = started if kind is Kind.SEED else recovery.begin(given, kind)
        with pytest.raises(InvalidError, match="not what the file promises"):
            peeled(replace(held, proof=proof), 0, 1)
    long = recovery._layers(given, Kind.REHEARSAL, b"too short")
    with pytest.raises(InvalidError, match="not what the file promises"):
        recovery.rehearse(replace(given, rehearsals=long), SEEDS[:2])


def test_the_rehearsal_value_is_another_and_opens_without_the_seed() -> None:
    given = made(3, 5)
    value = peeled(recovery.begin(given, Kind.REHEARSAL), 0, 2, 4).secret
    assert value != SEED
    assert shares.digest_of(value) == given.rehearsal
    assert recovery.share(SEED, given.custodians, 3).rehearsal != given.rehearsal
    drawn = recovery.share(SEED, given.custodians, 3, random=lambda size: b"\x09" * size)
    assert peeled(recovery.begin(drawn, Kind.REHEARSAL), 1, 2, 3).secret == b"\x09" * 32


@pytest.mark.parametrize(("need", "count"), [(1, 3), (0, 3), (4, 3), (2, 1), (2, 0)])
def test_other_numbers_than_2_to_9_are_refused(need: int, count: int) -> None:
    with pytest.raises(InvalidError, match="2 to 9 custodians"):
        recovery.share(SEED, [custodian(index) for index in range(count)], need)


def test_ten_custodians_are_too_many_and_nine_are_not() -> None:
    tenth = Custodian("Jam", public_key(b"\x01" * 32))
    nine = [custodian(index) for index in range(9)]
    with pytest.raises(InvalidError, match="2 to 9"):
        recovery.share(SEED, [*nine, tenth], 9)
    whole = Shares.from_json(recovery.share(SEED, nine, 9).to_json())
    assert recovery.open(whole, SEEDS) == SEED


def test_nobody_stands_in_the_list_twice_and_everybody_has_a_name_and_a_key() -> None:
    with pytest.raises(InvalidError, match="the same key"):
        recovery.share(SEED, [custodian(0), Custodian("Other", custodian(0).public)], 2)
    with pytest.raises(InvalidError, match="the same name"):
        recovery.share(SEED, [custodian(0), Custodian("Anar", custodian(1).public)], 2)
    with pytest.raises(InvalidError, match="not a recipient's public key"):
        recovery.share(SEED, [custodian(0), Custodian("Bid", bytes(1216))], 2)
    for name in ("", "x" * 61, "An\x1b[2Jar", "a\nb"):
        with pytest.raises(InvalidError, match="visible characters"):
            recovery.share(SEED, [custodian(0), Custodian(name, custodian(1).public)], 2)
    half_space = Custodian("نگه\N{ZERO WIDTH NON-JOINER}دار", custodian(1).public)
    assert recovery.open(recovery.share(SEED, [custodian(0), half_space], 2), SEEDS[:2]) == SEED


def test_a_seed_of_another_size_is_not_shared() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        recovery.share(SEED[:31], [custodian(0), custodian(1)], 2)


def test_every_file_has_one_spelling() -> None:
    partly = peeled(made(2, 3), 0)
    public = shares.write_public(public_key(SEED))
    assert Shares.from_json(made(2, 3).to_json() + "\n") == made(2, 3)
    assert PartlyOpened.from_json(partly.to_json()) == partly
    assert Custodian.from_json(custodian(0).to_json()) == custodian(0)
    assert shares.read_public(public) == public_key(SEED)
    readers = {
        made(2, 3).to_json(): shares.read_begun,
        partly.to_json(): shares.read_begun,
        custodian(0).to_json(): Custodian.from_json,
        public: shares.read_public,
    }
    for text, read in readers.items():
        for changed in (
            text.replace(":", ": ", 1),
            text.replace('"', '"a":1,"', 1),
            json.dumps(json.loads(text)),
        ):
            with pytest.raises(InvalidError):
                read(changed)
        for wrong in ("", "{", "[]", "null", '"x"', "[" * 100_000, '{"format":"other"}'):
            with pytest.raises(InvalidError, match=r"damaged|no file of the kind"):
                read(wrong)


@pytest.mark.parametrize(
    ("of", "field", "value"),
    [
        ("shares", "custodians", 7),
        ("shares", "custodians", [7]),
        ("shares", "custodians", [{"name": 7, "public": ""}]),
        ("shares", "custodians", [{"name": "x", "public": "AAAA"}]),
        ("shares", "need", "2"),
        ("shares", "need", True),
        ("shares", "need", -1),
        ("shares", "need", 4),
        ("shares", "recovery", "00"),
        ("shares", "rehearsal", "zz"),
        ("shares", "wrapped_seed", []),
        ("shares", "wrapped_rehearsal", ["*"]),
        ("partly", "kind", "other"),
        ("partly", "by", 0),
        ("partly", "by", [0, 1]),
        ("partly", "by", [9]),
        ("partly", "wrapped", []),
        ("partly", "bound", None),
        ("partly", "need", 9),
        ("custodian", "public", "AAAA"),
        ("custodian", "public", 7),
        ("custodian", "name", ""),
        ("custodian", "sha256", ""),
        ("public", "public", "é"),
        ("public", "public", base64.b64encode(bytes(1216)).decode()),
        ("public", "sha256", ""),
    ],
)
def test_a_file_with_a_wrong_field_is_refused(of: str, field: str, value: object) -> None:
    text, read = {
        "shares": (made(2, 3).to_json(), shares.read_begun),
        "partly": (peeled(made(2, 3), 0).to_json(), shares.read_begun),
        "custodian": (custodian(0).to_json(), Custodian.from_json),
        "public": (shares.write_public(public_key(SEED)), shares.read_public),
    }[of]
    data = json.loads(text) | {field: value}
    with pytest.raises(InvalidError):
        read(json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def test_a_public_key_that_none_can_be_is_refused_though_its_digest_fits() -> None:
    with pytest.raises(InvalidError, match="not a recipient's public key"):
        shares.read_public(shares.write_public(bytes(1216)))


def test_nothing_secret_is_in_a_repr() -> None:
    shown = (
        repr(made(2, 3)) + repr(peeled(made(2, 3), 0)) + repr(peeled(made(2, 3), 0, 1)) + repr(custodian(0))
    )
    assert len(shown) < 3000
    assert repr(SEED) not in shown


def test_sharing_3_of_5_takes_at_most_50_milliseconds() -> None:
    people = [custodian(index) for index in range(5)]
    recovery.share(SEED, people, 3)
    taken = []
    for _ in range(5):
        began = time.process_time()
        recovery.share(SEED, people, 3)
        taken.append(time.process_time() - began)
    assert min(taken) <= 0.050


@pytest.mark.parametrize("some", [(0, 1), (0, 2), (1, 2)])
def test_the_written_shares_open(some: tuple[int, ...]) -> None:
    given = Shares.from_json(VECTOR["shares"])
    sheets = [bytes.fromhex(VECTOR["custodians"][index]["seed"]) for index in some]
    assert [one.name for one in given.custodians] == [one["name"] for one in VECTOR["custodians"]]
    assert given.bound(Kind.SEED).hex() == VECTOR["bound"]["seed"]
    assert given.bound(Kind.REHEARSAL).hex() == VECTOR["bound"]["rehearsal"]
    assert recovery.open(given, sheets).hex() == VECTOR["seed"]
    recovery.rehearse(given, sheets)


@pytest.mark.parametrize("kind", ["seed", "rehearsal"])
def test_the_written_shares_open_by_the_words_of_the_specification_alone(kind: str) -> None:
    """docs/sealed-format.md, section 8.1, written a second time; only WRAP is taken from the vault."""
    data = json.loads(VECTOR["shares"])
    keys = [base64.b64decode(one["public"]) for one in data["custodians"]]
    rest = {name: value for name, value in data.items() if name != "wrapped_rehearsal"}
    bound = hashlib.sha256(
        bytes([2, 3])
        + bytes.fromhex(data["recovery"])
        + b"".join(hashlib.sha256(key).digest() for key in keys)
        if kind == "seed"
        else json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).digest()
    for places, text in zip(((0, 1), (0, 2), (1, 2)), data[f"wrapped_{kind}"], strict=True):
        blob = base64.b64decode(text)
        for depth, place in enumerate(places):
            parts = [kind.encode(), bound, bytes(places), depth.to_bytes(8, "big")]
            named = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
            seed = bytes.fromhex(VECTOR["custodians"][place]["seed"])
            blob = unwrap(seed, blob, b"tp1/wrap/recovery\x00" + named)
        proof = public_key(blob) if kind == "seed" else blob
        promised = data["recovery" if kind == "seed" else "rehearsal"]
        assert hashlib.sha256(proof).hexdigest() == promised


@pytest.mark.parametrize("vector", VECTOR["layers"], ids=lambda vector: vector["name"])
def test_a_written_layer_is_bound_to_its_subset_and_its_depth(vector: dict[str, Any]) -> None:
    place = context(
        Label.WRAP_RECOVERY,
        vector["kind"],
        bytes.fromhex(VECTOR["bound"][vector["kind"]]),
        bytes(vector["subset"]),
        vector["layer"],
    )
    assert place.hex() == vector["context"]


@pytest.mark.parametrize("vector", VECTOR["must_not_open"], ids=lambda vector: vector["name"])
def test_written_shares_that_must_not_open_do_not(vector: dict[str, Any]) -> None:
    sheets = [bytes.fromhex(VECTOR["custodians"][index]["seed"]) for index in vector["custodians"]]
    changed = json.loads(VECTOR["shares"]) | vector["change"]
    given = Shares.from_json(json.dumps(changed, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    with pytest.raises(InvalidError):
        recovery.open(given, sheets)


def test_a_written_sheet_has_its_digits() -> None:
    from portal.vault import sheet  # noqa: PLC0415 - the only place where both meet

    for one in VECTOR["custodians"]:
        assert " ".join(sheet.written(bytes.fromhex(one["seed"]))) == one["sheet"]
        assert public_key(sheet.read(one["sheet"])).hex() == one["public"]
