"""Receipts: nine words that come back from every keyboard, and never by accident."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.vault.passphrase import RECEIPT
from portal.vault.receipt import WORDS, Fault, Receipt, ReceiptError, compare, generate, keys_of, parse
from portal.vault.words import LANGUAGES, word_list
from portal.vault.words.spelling import fold, index_of, near

SALT = bytes(range(16))


def counting(length: int) -> bytes:
    return bytes(range(1, length + 1))


def receipt_of(secret: bytes) -> Receipt:
    return generate(lambda length: secret[:length])


receipts = st.binary(min_size=12, max_size=12).map(receipt_of)


def refusal(text: str) -> ReceiptError:
    with pytest.raises(ReceiptError) as caught:
        parse(text)
    return caught.value


def kind_of(indices: tuple[int, ...]) -> Fault | None:
    try:
        Receipt(indices)
    except ReceiptError as error:
        return error.kind
    return None


@settings(deadline=None)
@given(receipts, st.sampled_from(LANGUAGES))
def test_a_receipt_comes_back_from_its_words_and_from_its_digits(receipt: Receipt, language: str) -> None:
    assert parse(" ".join(receipt.words(language))) == receipt
    assert parse(receipt.digits()) == receipt
    assert parse(receipt.digits().replace(" ", "")) == receipt


@settings(deadline=None)
@given(receipts, st.lists(st.sampled_from(["fa", "en", "digits"]), min_size=9, max_size=9))
def test_words_of_both_languages_and_digits_may_stand_mixed(receipt: Receipt, forms: list[str]) -> None:
    written = {
        "fa": receipt.words("fa"),
        "en": receipt.words("en"),
        "digits": tuple(receipt.digits().split()),
    }
    assert parse(" ".join(written[form][i] for i, form in enumerate(forms))) == receipt


WAYS: dict[str, Callable[[Receipt], str]] = {
    "upper case": lambda r: " ".join(r.words("en")).upper(),
    "commas": lambda r: ",".join(r.words("en")),
    "Persian commas": lambda r: "، ".join(r.words("fa")),
    "lines and dashes": lambda r: "\r\n - ".join(r.words("fa")),
    "numbered": lambda r: "\n".join(f"{i}. {word}" for i, word in enumerate(r.words("en"), 1)),
    "numbered in Persian": lambda r: " ".join(
        f"{'۰۱۲۳۴۵۶۷۸۹'[i]}-{w}" for i, w in enumerate(r.words("fa"), 1)
    ),
    "number stuck to the word": lambda r: " ".join(f"{i}{word}" for i, word in enumerate(r.words("fa"), 1)),
    "numbered digits": lambda r: "\n".join(f"{i}) {d}" for i, d in enumerate(r.digits().split(), 1)),
    "Arabic keyboard": lambda r: " ".join(r.words("fa")).translate(str.maketrans("یکآ", "يكا")),
    "Persian digits": lambda r: r.digits().translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
    "Arabic digits": lambda r: r.digits().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    "digits in sixes": lambda r: "-".join(r.digits().replace(" ", "")[i : i + 6] for i in range(0, 36, 6)),
    "joiners and marks": lambda r: "\u200f" + "\u200c ".join(f"{w[0]}\u064e{w[1:]}" for w in r.words("fa")),
    "zero width spaces": lambda r: "\u200b".join(r.words("fa")),
    "a space inside a word": lambda r: " ".join(
        f"{w[:2]} {w[2:]}" if i == 3 else w for i, w in enumerate(r.words("fa"))
    ),
    "by ear": lambda r: " ".join(r.words("fa")).translate(str.maketrans("صطحذضظثغ", "ستهزززسق")),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_receipt_is_read_however_it_was_copied(way: str) -> None:
    chance = random.Random(4)  # noqa: S311 - the same run every time
    for _ in range(50):
        receipt = generate(chance.randbytes)
        assert parse(WAYS[way](receipt)) == receipt


def test_a_receipt_keeps_its_words_its_digits_and_its_keys_for_ever() -> None:
    receipt = generate(counting)
    assert receipt.indices == (129, 12, 128, 1286, 56, 514, 532, 176, 1633)
    assert receipt.digits() == "0130 0013 0129 1287 0057 0515 0533 0177 1634"
    assert receipt.encoded() == bytes.fromhex("0081000c0080050600380202021400b00661")
    keys = keys_of(receipt, SALT)
    assert keys.locator.hex() == "3916bbff0e295b29e67c2d9e848769f9"
    assert keys.seed.hex() == "436ec7e7f26647a1384df628fa04fab1a8d7a4b192da1c98a961da6ba18b540b"


def test_keys_depend_on_the_receipt_and_on_the_installation() -> None:
    receipt, other = generate(counting), generate(bytes)
    keys = [keys_of(receipt, SALT), keys_of(other, SALT), keys_of(receipt, SALT[::-1])]
    assert len({key.locator for key in keys}) == len({key.seed for key in keys}) == 3
    assert {(len(key.locator), len(key.seed)) for key in keys} == {(16, 32)}
    assert str(RECEIPT) == "m=19456,t=2,p=1"


def test_receipts_are_drawn_from_all_of_92_bits() -> None:
    assert generate(lambda length: b"\xf0" + bytes(length - 1)) == generate(bytes)
    assert generate(lambda length: b"\x0f" + b"\xff" * (length - 1)).indices[0] == 2047
    assert generate() != generate()


def test_words_of_another_language_fall_back_to_english() -> None:
    receipt = generate(counting)
    assert receipt.words("de") == receipt.words("en")
    assert receipt.words("fa") == tuple(word_list("fa")[index] for index in receipt.indices)


def test_a_receipt_shows_nothing_of_itself() -> None:
    receipt = generate(counting)
    shown = repr(receipt) + str(receipt) + repr(keys_of(receipt, SALT))
    assert shown == "Receipt()Receipt()ReceiptKeys()"


@pytest.mark.parametrize("text", ["", "  \n ،- ", "1. 2. 3.", "۱-۲-۳-"])
def test_nothing_typed_is_said_to_be_empty(text: str) -> None:
    error = refusal(text)
    assert (error.kind, error.count, error.unknown, error.near) == (Fault.EMPTY, 0, (), {})
    assert isinstance(error, InvalidError)


def test_too_few_or_too_many_words_are_counted() -> None:
    words = generate(counting).words("en")
    few, many = refusal(" ".join(words[:7])), refusal(" ".join([*words, words[0]]))
    assert (few.kind, few.count, few.unknown) == (Fault.COUNT, 7, ())
    assert (many.kind, many.count, many.unknown) == (Fault.COUNT, 10, ())
    assert refusal(generate(counting).digits()[:-5]).count == 8
    assert kind_of((1, 2, 3)) is Fault.COUNT


def test_a_word_in_no_list_is_named_by_its_place_with_what_it_may_have_been() -> None:
    words = list(generate(counting).words("en"))
    words[2], words[6] = "umbrlela", "xqxqxq"
    error = refusal(" ".join(words))
    assert (error.kind, error.count, error.unknown) == (Fault.UNKNOWN_WORD, 9, (3, 7))
    assert dict(error.near) == {3: ("umbrella",), 7: ()}
    assert "umbr" not in str(error)
    assert "xqxq" not in repr(error)


@pytest.mark.parametrize("group", ["0000", "2049", "9999", "000"])
def test_a_number_that_is_no_line_of_the_list_is_named_by_its_place(group: str) -> None:
    groups = generate(counting).digits().split()
    error = refusal(" ".join([*groups[:8], group]))
    assert (error.kind, error.unknown, error.near) == (Fault.UNKNOWN_WORD, (9,), {})


def test_an_index_out_of_range_makes_no_receipt() -> None:
    assert kind_of((*generate(counting).indices[:8], 2048)) is Fault.UNKNOWN_WORD
    assert kind_of((-1, *generate(counting).indices[1:])) is Fault.UNKNOWN_WORD


def test_a_flood_of_text_is_cut_before_it_costs_anything() -> None:
    error = refusal("qwertyui " * 100_000)
    assert error.kind is Fault.COUNT
    assert error.count < 2_000
    assert len(error.near) == 9


def test_one_wrong_word_is_caught_127_times_in_128() -> None:
    chance = random.Random(1)  # noqa: S311 - the same run every time
    caught = 0
    for _ in range(2_000):
        indices = list(generate(chance.randbytes).indices)
        place = chance.randrange(9)
        indices[place] = (indices[place] + chance.randrange(1, 2048)) % 2048
        caught += kind_of(tuple(indices)) is Fault.CHECKSUM
    assert 0.985 < caught / 2_000 < 0.998


def test_two_neighbours_swapped_are_caught_127_times_in_128() -> None:
    chance = random.Random(2)  # noqa: S311 - the same run every time
    caught = 0
    for _ in range(2_000):
        indices = list(generate(chance.randbytes).indices)
        place = chance.randrange(8)
        indices[place], indices[place + 1] = indices[place + 1], indices[place]
        caught += kind_of(tuple(indices)) is Fault.CHECKSUM
    assert 0.985 < caught / 2_000 < 0.998


def test_a_wrong_checksum_is_noticed_in_typed_words() -> None:
    words = list(generate(counting).words("fa"))
    words[0], words[1] = words[1], words[0]
    error = refusal(" ".join(words))
    assert (error.kind, error.count, error.unknown) == (Fault.CHECKSUM, 9, ())


@settings(deadline=None)
@given(receipts, st.permutations(range(9)), st.sampled_from(LANGUAGES))
def test_typing_back_tells_the_places_that_differ(receipt: Receipt, order: list[int], language: str) -> None:
    words = receipt.words(language)
    typed = " ".join(words[i] for i in order)
    differing = tuple(n for n, i in enumerate(order, 1) if receipt.indices[i] != receipt.indices[n - 1])
    assert compare(typed, receipt) == differing


def test_typing_back_counts_missing_unknown_and_extra_words_as_different() -> None:
    receipt = generate(counting)
    words = receipt.words("en")
    assert compare(" ".join(words[:7]), receipt) == (8, 9)
    assert compare(" ".join(["xqxqxq", *words[1:]]), receipt) == (1,)
    assert compare(" ".join([*words, words[0]]), receipt) == (10,)
    assert compare("", receipt) == tuple(range(1, 10))


def test_leading_zeros_may_be_left_out_where_three_digits_remain() -> None:
    receipt = generate(lambda size: bytes([7]) * size)
    typed = [
        group.lstrip("0") if group[0] == "0" != group[1] else group for group in receipt.digits().split()
    ]
    assert any(len(group) == 3 for group in typed)
    assert parse(" ".join(typed)) == receipt


@settings(deadline=None, max_examples=20)
@given(receipts, st.integers(0, WORDS - 2))
def test_neighbours_that_changed_places_are_named(made: Receipt, first: int) -> None:
    words = list(made.words("en"))
    words[first], words[first + 1] = words[first + 1], words[first]
    swapped = [*made.indices]
    swapped[first], swapped[first + 1] = swapped[first + 1], swapped[first]
    if kind_of(tuple(swapped)) is not None:
        assert first + 1 in refusal(" ".join(words)).swapped


def test_a_listed_word_in_the_place_of_its_look_alike_is_named() -> None:
    chance = random.Random(1)  # noqa: S311 - any receipts will do
    made = generate(chance.randbytes)
    for place, word in enumerate(made.words("fa")):
        for other in near(fold(word)):
            index = index_of(fold(other))
            if index in {None, made.indices[place]} or word not in near(fold(other)):
                continue
            wrong = refusal(" ".join([*made.words("fa")[:place], other, *made.words("fa")[place + 1 :]]))
            assert word in wrong.near[place + 1]
            return
    pytest.fail("no word of this receipt has a listed look-alike: choose another seed")
