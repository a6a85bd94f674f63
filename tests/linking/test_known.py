"""The names that a process keeps are those of the registry, at once, and for those who may see them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from uuid import UUID

import pytest
from builders import Instance
from cases import a_case, a_mark, at_desk, at_once
from sqlalchemy.exc import OperationalError

from portal.database import Database, PortalSession
from portal.linking import candidates, known
from portal.linking.known import Known
from portal.registry import phonetics
from portal.registry import service as registry
from portal.registry.models import Named, Record
from portal.registry.records import PersonFacts, PlaceFacts, Spelling
from portal.registry.vocabulary import Kind, PlaceKind
from portal.staff.actor import Actor


def add(instance: Instance, *names: str, by: str = "maple", restricted: bool = False) -> UUID:
    with at_desk(instance, by) as (session, actor):
        return registry.add(
            session,
            by=actor,
            names=[Spelling(one) for one in names],
            facts=PersonFacts(),
            note="",
            now=instance.clock(),
            restricted=restricted,
        ).id


def change(instance: Instance, record_id: UUID, *names: str, restricted: bool | None = None) -> None:
    with at_desk(instance, "maple") as (session, actor):
        record = registry.find(session, record_id, by=actor)
        registry.edit(
            session,
            record_id,
            by=actor,
            version=record.version,
            names=[Spelling(one) for one in names],
            facts=PersonFacts(),
            note="",
            now=instance.clock(),
            restricted=restricted,
        )


def ask(instance: Instance, text: str, by: str = "cedar", process: Known | None = None) -> list[object]:
    with at_desk(instance, by, write=False) as (session, actor):
        kept = process or known.names(session)
        answer = kept.ask(session, by=actor, text=text, kinds=(Kind.PERSON,), count=5)
        assert answer.complete
        return [one.id for one in answer.suggestions if one.score > 0.7]


def test_every_process_finds_a_new_name_at_once_and_a_withdrawn_one_never(instance: Instance) -> None:
    first, second = Known(), Known()
    one = add(instance, "حمید نوری")
    for process in (first, second):
        assert ask(instance, "Hamid Noury", process=process) == [one]
    other = add(instance, "بهرنگ صمدی")
    for process in (first, second):
        assert ask(instance, "Behrang Samadi", process=process) == [other]
    change(instance, one, "Kaveh Moradi")
    for process in (first, second):
        assert ask(instance, "Hamid Noury", process=process) == []
        assert ask(instance, "کاوه مرادی", process=process) == [one]


def test_no_writer_can_forget_to_tell_of_a_changed_name(sqlite_instance: Instance) -> None:
    one = add(sqlite_instance, "حمید نوری", "حمید عباسی")
    assert ask(sqlite_instance, "Hamid Abbasi") == [one]
    with sqlite_instance.database.session(write=True) as session:
        record = session.get_one(Record, one)
        before = session.get_one(Named, one).number
        record.names.pop()
    assert ask(sqlite_instance, "Hamid Abbasi") == []
    with sqlite_instance.database.session(write=True) as session:
        session.get_one(Record, one).names[0].text = "کاوه مرادی"
    assert ask(sqlite_instance, "Kaveh Moradi") == [one]
    with sqlite_instance.database.session(write=True) as session:
        session.get_one(Record, one).restricted = True
    assert ask(sqlite_instance, "Kaveh Moradi") == []
    with sqlite_instance.database.session(write=True) as session:
        assert session.get_one(Named, one).number == before + 3
        session.get_one(Record, one).version += 1
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Named, one).number == before + 3


def test_what_is_undone_was_never_known(sqlite_instance: Instance) -> None:
    one = add(sqlite_instance, "حمید نوری")
    assert ask(sqlite_instance, "Hamid Nouri") == [one]

    def fail() -> None:
        with at_desk(sqlite_instance) as (session, by):
            facts, now = PersonFacts(), sqlite_instance.clock()
            registry.add(session, by=by, names=[Spelling("بهرنگ صمدی")], facts=facts, note="", now=now)
            session.flush()
            known.names(session).ask(session, by=by, text="Behrang", kinds=(Kind.PERSON,), count=5)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert ask(sqlite_instance, "Behrang Samadi") == []
    other = add(sqlite_instance, "بهرنگ صمدی")
    assert ask(sqlite_instance, "Behrang Samadi") == [other]


def test_those_who_change_and_ask_at_once_end_with_all_names(instance: Instance) -> None:
    process, added = Known(), list[UUID]()

    def one(number: int) -> None:
        added.append(add(instance, f"بهرنگ {'ابپتجحخدرز'[number]}ماوندی"))
        with at_desk(instance, write=False) as (session, by):
            process.ask(session, by=by, text="Behrang", kinds=(Kind.PERSON,), count=50)

    assert at_once(10, one) == [None] * 10
    with at_desk(instance, write=False) as (session, by):
        answer = process.ask(session, by=by, text="بهرنگ", kinds=(Kind.PERSON,), count=50)
    assert {one.id for one in answer.suggestions} == set(added)


def test_restricted_names_are_asked_only_by_those_who_may_and_change_nothing_for_others(
    sqlite_instance: Instance,
) -> None:
    names = ["حمید نوری", "حمید نوروزی", "حسین نوری", "بهرنگ صمدی"]
    for one in names:
        add(sqlite_instance, one)

    def seen() -> list[tuple[object, float]]:
        with at_desk(sqlite_instance, "cedar", write=False) as (session, by):
            answer = known.names(session).ask(session, by=by, text="Hamid Nouri", kinds=Kind, count=9)
            return [(one.id, one.score) for one in answer.suggestions]

    before = seen()
    hidden = [add(sqlite_instance, "حمید نوری", restricted=True) for _ in range(40)]
    assert seen() == before
    assert set(ask(sqlite_instance, "Hamid Nouri", by="maple")) & set(hidden)
    change(sqlite_instance, hidden[0], "حمید نوری", restricted=False)
    assert hidden[0] in ask(sqlite_instance, "Hamid Nouri")
    change(sqlite_instance, hidden[0], "حمید نوری", restricted=True)
    assert seen() == before


@contextmanager
def reading_beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(known, "AT_ONCE", 1)
        patched.setattr(known, "BULK", 3)
        yield


def test_a_large_registry_is_read_beside_the_requests_which_say_that_they_lack(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = add(sqlite_instance, "حمید نوری")
    add(sqlite_instance, "بهرنگ صمدی")
    process = Known()

    def asked(session: PortalSession, by: Actor, text: str) -> known.Answer:
        return process.ask(session, by=by, text=text, kinds=(Kind.PERSON,), count=5)

    with reading_beside(monkeypatch):
        with at_desk(sqlite_instance, write=False) as (session, by):
            assert not asked(session, by, "Hamid Nouri").complete
            process.wait()
            answer = asked(session, by, "Hamid Nouri")
            assert answer.complete
            assert answer.suggestions[0].id == one
        several = [add(sqlite_instance, f"کاوه {name}") for name in ("مرادی", "صالحی", "رستگار", "زمانی")]
        with at_desk(sqlite_instance, write=False) as (session, by):
            assert not asked(session, by, "Kaveh Rastegar").complete
            process.wait()
        with at_desk(sqlite_instance, write=False) as (session, by):
            answer = asked(session, by, "Kaveh Rastegar")
            assert answer.complete
            assert answer.suggestions[0].id == several[2]


def test_a_reading_that_fails_is_tried_again_by_the_next_request(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = add(sqlite_instance, "حمید نوری")
    add(sqlite_instance, "بهرنگ صمدی")
    process = Known()

    def fails(*_: object, **__: object) -> None:
        raise OperationalError("", {}, OSError())

    def asked() -> known.Answer:
        with at_desk(sqlite_instance, write=False) as (session, by):
            return process.ask(session, by=by, text="Hamid Nouri", kinds=(Kind.PERSON,), count=5)

    with reading_beside(monkeypatch):
        with monkeypatch.context() as patched:
            patched.setattr(known, "_shelves", fails)
            assert not asked().complete
            process.wait()
            assert not process.reading
        assert not asked().complete
        process.wait()
        assert asked().suggestions[0].id == one


def test_each_database_has_names_of_its_own(sqlite_instance: Instance) -> None:
    same = Database(sqlite_instance.settings.main_url, sqlite_instance.settings.wraps_url)
    with (
        sqlite_instance.database.session(write=True) as one,
        sqlite_instance.database.session(write=False) as two,
    ):
        assert known.names(one) is known.names(two)
        with same.session(write=False) as other:
            assert known.names(other) is not known.names(one)
    same.dispose()


def test_a_place_keeps_words_that_are_titles_of_persons(sqlite_instance: Instance) -> None:
    with at_desk(sqlite_instance) as (session, by):
        facts = PlaceFacts(kind=PlaceKind.PRISON)
        now = sqlite_instance.clock()
        right, _ = (
            registry.add(session, by=by, names=[Spelling(name)], facts=facts, note="", now=now).id
            for name in ("حاجی آباد", "عباس آباد")
        )
    with at_desk(sqlite_instance, write=False) as (session, by):
        answer = known.names(session).ask(session, by=by, text="Haji Abad", kinds=(Kind.PLACE,), count=5)
    assert answer.suggestions[0].id == right
    assert answer.suggestions[0].score > 0.7


def test_the_registry_s_own_search_puts_other_spellings_after_the_typed_one(
    sqlite_instance: Instance,
) -> None:
    exact = add(sqlite_instance, "Hamid Nori")
    other = add(sqlite_instance, "حمید نوری")
    hidden = add(sqlite_instance, "حمید نوری", restricted=True)
    add(sqlite_instance, "Behrang Samadi")
    with at_desk(sqlite_instance, write=False) as (session, by):
        found = registry.search(session, by=by, text="Hamid Nori", near=known.near)
        assert [one.id for one in found] == [exact, other]
        assert [one.id for one in registry.search(session, by=by, text="Hamid Nori")] == [exact]
        assert registry.search(session, by=by, text="   ", near=known.near) == []
    with at_desk(sqlite_instance, "maple", write=False) as (session, by):
        found = registry.search(session, by=by, text="Hamid Nori", near=known.near)
        assert {one.id for one in found} == {exact, other, hidden}


def strings_of(thing: object) -> set[str]:
    """Every text that can be reached from something."""
    seen: set[int] = set()
    found: set[str] = set()
    waiting = [thing]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.add(one)
        elif id(one) not in seen and not isinstance(one, type | ModuleType | FunctionType):
            seen.add(id(one))
            waiting += gc.get_referents(one)
    return found


def test_no_word_that_was_asked_stays_in_memory(sqlite_instance: Instance) -> None:
    add(sqlite_instance, "حمید نوری")
    case_id = a_case(sqlite_instance, "Zephyrine Quillfeather came.")
    mark_id = a_mark(sqlite_instance, case_id, "Zephyrine")
    with at_desk(sqlite_instance, write=False) as (session, by):
        process = known.names(session)
        process.ask(session, by=by, text="Zephyrine Quillfeather", kinds=Kind, count=5)
        process.share("Zephyrine")
        candidates.propose(session, by=by, case_id=case_id, text="Quillfeather", mark_id=mark_id)
    texts = strings_of(process)
    assert "حمید" in texts
    assert not {"zephyrine", "Zephyrine", "quillfeather", "Quillfeather"} & texts
    assert not [
        one for one in vars(phonetics).values() if hasattr(one, "cache_info") and one is not phonetics.costs
    ]
