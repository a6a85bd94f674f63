"""A name finds its person, whoever wrote it down, and says why."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linking.names import TITLES, Invented, invent, mistyped, respelt

from portal.linking.matching import Kind, NameIndex, Suggestion
from portal.registry.phonetics import form

PEOPLE = invent(4000, Random(1367))  # noqa: S311
WORDS = st.text(alphabet="ابپتجحخدرزسشعغفقکگلمنهوی abdefghiklmnoprstuyz‌-'", max_size=24)


@pytest.fixture(scope="module")
def persian() -> NameIndex:
    return NameIndex((place, [one.written(0)]) for place, one in enumerate(PEOPLE))


@pytest.fixture(scope="module")
def latin() -> NameIndex:
    return NameIndex((place, [one.written(1)]) for place, one in enumerate(PEOPLE))


def hits(index: NameIndex, ask: Callable[[Invented, Random], str], k: int = 1) -> float:
    random = Random(42)  # noqa: S311
    asked = [(place, ask(PEOPLE[place], random)) for place in random.sample(range(len(PEOPLE)), 200)]
    found = [place in [one.id for one in index.suggest(name, k)] for place, name in asked]
    return sum(found) / len(found)


def without_middle(one: Invented, _: Random) -> str:
    return Invented(one.given[:1], one.family[-1:]).written(1)


@pytest.mark.parametrize(
    ("ask", "k", "bar"),
    [
        (lambda one, _: one.written(1), 1, 0.94),
        (lambda one, _: one.written(1), 5, 0.97),
        (lambda one, random: f"{random.choice(TITLES)} {one.written(1)}", 1, 0.94),
        (lambda one, _: one.written(1, family_first=True), 1, 0.93),
        (lambda one, random: mistyped(one.written(1), random), 1, 0.9),
        (lambda one, random: respelt(one.written(1), random), 5, 0.95),
        (without_middle, 5, 0.88),
        (lambda one, _: "سید " + one.written(0).replace("ی", "ي").replace("ک", "ك"), 1, 0.97),
        (lambda one, random: mistyped(one.written(0), random), 1, 0.9),
    ],
    ids=[
        "latin",
        "latin-5",
        "title",
        "family-first",
        "typo",
        "respelt",
        "no-middle",
        "arabic-letters",
        "typo-fa",
    ],
)
def test_a_name_in_another_script_or_spelling_finds_its_person(
    persian: NameIndex, ask: Callable[[Invented, Random], str], k: int, bar: float
) -> None:
    assert hits(persian, ask, k) >= bar


def test_a_persian_name_finds_a_person_known_in_latin_letters(latin: NameIndex) -> None:
    assert hits(latin, lambda one, _: one.written(0)) >= 0.94
    assert hits(latin, lambda one, _: one.written(0), 5) >= 0.97


def test_every_spelling_of_one_man_finds_him_first() -> None:
    index = NameIndex(
        [(1, ["حمید نوری", "حمید عباسی"]), (2, ["حمیده نورایی"]), (3, ["حسین نوری"]), (4, ["حمید نوروزی"])]
    )
    for name in (
        "Hamid Nouri",
        "Hamid Noury",
        "Noori, Hamid",
        "حميد نوري",
        "Hamid Abbasi",
        "Hamid Abassi",
        "سیدحمید نوری",
    ):
        assert index.suggest(name, 1)[0].id == 1, name


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("علی‌اکبر هاشمی", "Ali Akbar Hashemi"),
        ("علی اکبر هاشمی", "Aliakbar Hashemi"),
        ("علی‌اکبر هاشمی", "Ali-Akbar Hashemi"),
        ("محمدرضا حسن‌زاده", "Mohammad Reza Hassan Zadeh"),
        ("محمد رضا حسن زاده", "Mohammadreza Hassanzadeh"),
        ("نصرالله شمس‌الدین", "Nasrollah Shams ol-Din"),
        ("عبدالله احمدی", "Abd ol Lah Ahmadi"),
        ("ابوالفضل میرزایی", "Abol Fazl Mirzaee"),
        ("حبیب‌الله پیشه‌ور", "Habibullah Pishevar"),
    ],
)
def test_names_written_apart_and_together_are_one(written: str, asked: str) -> None:
    index = NameIndex([("right", [written]), ("other", ["حسین مرادی"]), ("another", ["علی رضایی"])])
    found = index.suggest(asked, 1)[0]
    assert found.id == "right"
    assert found.score > 0.7


def test_hasan_and_hossein_stay_apart() -> None:
    index = NameIndex([("حسن", ["حسن مرادی"]), ("حسین", ["حسین مرادی"])])
    assert [one.id for one in index.suggest("حسین مرادی", 2)] == ["حسین", "حسن"]
    assert [one.id for one in index.suggest("Hassan Moradi", 2)] == ["حسن", "حسین"]


def test_each_suggestion_says_which_words_agree_and_how() -> None:
    (found,) = NameIndex([(7, ["حمید نوری اصل"])]).suggest("Hamid Nori Karaji", 1)
    kinds = {(one.asked, one.known): one.kind for one in found.reasons}
    assert kinds["hamid", "حمید"] is Kind.SOUNDS_ALIKE
    assert kinds["nori", "نوری"] in {Kind.SOUNDS_ALIKE, Kind.SIMILAR}
    assert kinds["karaji", ""] is Kind.MISSING
    assert kinds["", "اصل"] is Kind.ADDITIONAL


def test_a_person_with_several_names_is_suggested_once_by_the_best() -> None:
    index = NameIndex([(1, ["حمید نوری", "Hamid Nouri", "Hamid Abbasi"]), (2, ["حمید نوروزی"])])
    assert [one.id for one in index.suggest("Hamid Nouri", 5)].count(1) == 1
    assert index.suggest("Hamid Nouri", 1)[0].reasons[0].kind is Kind.SAME


def test_what_is_added_is_found_at_once_and_what_is_removed_never_again() -> None:
    index = NameIndex([])
    assert index.suggest("Hamid Nouri", 3) == []
    index.add("a", ["حمید نوری"])
    index.add("b", ["Behrang Samadi"])
    assert index.suggest("Hamid Nouri", 1)[0].id == "a"
    index.add("b", ["بهرنگ صمدی"])
    assert [one.id for one in index.suggest("بهرنگ صمدی", 5)] == ["b"]
    index.remove("b")
    assert all(one.id != "b" for one in index.suggest("Behrang Samadi", 5))
    assert len(index) == 1
    with pytest.raises(KeyError):
        index.remove("b")


def test_many_additions_one_by_one_are_as_good_as_building_at_once() -> None:
    grown = NameIndex([])
    for place, one in enumerate(PEOPLE[:1500]):
        grown.add(place, [one.written(0)])
    whole = NameIndex((place, [one.written(0)]) for place, one in enumerate(PEOPLE[:1500]))
    for one in PEOPLE[:40]:
        assert grown.suggest(one.written(1), 5) == whole.suggest(one.written(1), 5)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), max_size=8), WORDS, st.integers(min_value=-1, max_value=6))
def test_no_text_breaks_it_and_scores_are_in_order(names: list[tuple[str, str]], query: str, k: int) -> None:
    index = NameIndex(enumerate(names))
    found: list[Suggestion] = index.suggest(query, k)
    assert len(found) <= max(k, 0)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 <= one.score <= 1 for one in found)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PEOPLE))
def test_a_name_explains_itself_wholly(one: Invented) -> None:
    for script in (0, 1):
        assert NameIndex([(1, [one.written(script)])]).suggest(one.written(script), 1)[0].score == 1.0


@pytest.mark.parametrize(
    ("persian", "spellings"),
    [
        ("نوری", ("Nouri", "Noori", "Noury", "Nuri")),
        ("قاسمی", ("Ghasemi", "Qasemi", "Ghassemi", "Ghaasemi")),
        ("نژاد", ("Nejad", "Nezhad", "Nedjad")),
        ("خواجه", ("Khajeh", "Khadjeh", "Khaje")),
    ],
)
def test_spellings_of_one_word_sound_alike(persian: str, spellings: tuple[str, ...]) -> None:
    index = NameIndex([(1, [persian])])
    for one in spellings:
        assert index.suggest(one, 1)[0].score > 0.9, (one, form(one), form(persian))
