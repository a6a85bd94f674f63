"""One passphrase gives one key on every keyboard, and nobody can make the server stretch without end."""

import threading
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import UnavailableError
from portal.vault import passphrase as module
from portal.vault.passphrase import RECEIPT, STAFF, Cost, Line, derive_key, generate, normalise, spend

LIGHT = Cost(memory_kib=64, iterations=1, lanes=1)
SALT = bytes(range(16))
WORDS = [f"word{number}" for number in range(1024)]


def test_the_published_argon2id_vector_holds() -> None:
    key = derive_key("password", b"pycasalt", Cost(memory_kib=131072, iterations=1, lanes=2))
    assert key.hex() == (
        "e9e42714a15947f6ce1fdabbb667dfc9fd1af7c473f021cc3402506bfa775053"
        "3f33aa44e3aebcf336680f4a2bdc371758574ad48470f05a9ee2ffd70c150b4c"
    )


def test_text_and_its_bytes_give_the_same_64_bytes() -> None:
    key = derive_key("seven quiet words", SALT, LIGHT)
    assert len(key) == 64
    assert key == derive_key(b"seven quiet words", SALT, LIGHT)


def test_another_passphrase_salt_or_cost_gives_another_key() -> None:
    keys = {
        derive_key("one", SALT, LIGHT),
        derive_key("two", SALT, LIGHT),
        derive_key("one", bytes(16), LIGHT),
        derive_key("one", SALT, Cost(memory_kib=72, iterations=1, lanes=1)),
        derive_key("one", SALT, Cost(memory_kib=64, iterations=2, lanes=1)),
    }
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("  سرو \t و\u00a0 ماه ", "سرو و ماه"),
        ("كتاب بيشه", "کتاب بیشه"),
        ("مي\u200cرود", "میرود"),
        ("\u202bسرو\u202c", "سرو"),
        ("سَروِ ناز", "سرو ناز"),
        ("ســرو", "سرو"),
        ("\ufe8b\ufee7", unicodedata.normalize("NFKC", "\ufe8b\ufee7")),
        ("۱۳۶۷", "1367"),
        ("١٣٦٧", "1367"),
        ("آب", "اب"),
        ("cafe\u0301", "café"),
        ("ｆｕｌｌ", "full"),
        ("new\nline", "new line"),
    ],
)
def test_what_different_keyboards_type_is_the_same(typed: str, meant: str) -> None:
    assert normalise(typed) == normalise(meant)


def test_what_is_really_different_stays_different() -> None:
    different = ["سرو", "سرد", "serv", "Serv", "سرو ماه", "سروماه", "1367", "1368"]
    assert len({normalise(text) for text in different}) == len(different)


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once.decode("utf-8", "surrogatepass")) == once


@given(st.text(alphabet=st.characters(min_codepoint=0x600, max_codepoint=0x6FF), max_size=20))
def test_normalising_persian_and_arabic_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text).decode()) == normalise(text)


def test_who_finds_no_place_in_time_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)
    line = Line(2, most=4)
    with line.place(0), line.place(0), pytest.raises(UnavailableError):
        derive_key("one", SALT, LIGHT, line)
    assert derive_key("one", SALT, LIGHT, line)


def test_a_full_line_sends_away_at_once() -> None:
    line = Line(1, most=0)
    with line.place(0), pytest.raises(UnavailableError), line.place(60):
        pass


def test_who_waits_is_served_in_turn() -> None:
    line, served = Line(1, most=8), list[int]()

    def wait(number: int) -> None:
        with line.place(10):
            served.append(number)

    people = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
    with line.place(0):
        for number, one in enumerate(people, 1):
            one.start()
            while len(line._waiting) < number:
                time.sleep(0.001)
    for one in people:
        one.join()
    assert served == [0, 1, 2, 3, 4]


def test_a_turn_that_comes_at_the_last_moment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(1, most=1)

    class Late(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            del timeout
            line._give_back()
            return False

    monkeypatch.setattr(module, "Event", Late)
    line._take(0)
    assert line._take(0)
    line._give_back()
    assert line._free == 1


def test_a_failed_derivation_gives_its_place_back() -> None:
    line = Line(1, most=0)
    for _ in range(3):
        with pytest.raises(ValueError, match="salt"):
            derive_key("one", b"short", LIGHT, line)
    assert derive_key("one", SALT, LIGHT, line)


def test_an_unknown_name_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[Cost] = []

    def counted(_passphrase: str | bytes, _salt: bytes, cost: Cost, _line: Line) -> bytes:
        costs.append(cost)
        return b""

    monkeypatch.setattr(module, "derive_key", counted)
    spend("anything", STAFF)
    assert costs == [STAFF]


def test_a_cost_is_stored_beside_its_salt_and_read_back() -> None:
    assert str(STAFF) == "m=262144,t=3,p=1"
    assert str(RECEIPT) == "m=19456,t=2,p=1"
    assert Cost.parse(str(STAFF)) == STAFF


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m=64,t=1",
        "m=64,t=1,p=1 ",
        "m=-64,t=1,p=1",
        "m=۶۴,t=1,p=1",
        "m=2097152,t=1,p=1",
        "m=7,t=1,p=1",
        "m=64,t=0,p=1",
        "m=64,t=1,p=0",
        "m=640,t=1,p=17",
    ],
)
def test_a_cost_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Argon2id"):
        Cost.parse(text)


def test_a_generated_passphrase_is_drawn_word_by_word() -> None:
    numbers = iter(range(5, 12))
    made = generate(WORDS, below=lambda size: next(numbers) % size)
    assert made == "word5 word6 word7 word8 word9 word10 word11"
    assert len(generate(WORDS, 9).split()) == 9


@pytest.mark.parametrize(("words", "count"), [(WORDS, 5), (WORDS[:1023], 7), ([*WORDS[:1023], "word3"], 7)])
def test_a_weak_passphrase_is_not_generated(words: list[str], count: int) -> None:
    with pytest.raises(ValueError, match="1,024"):
        generate(words, count)
