"""What stands only in cases that one may not open gives nothing, on any page that counts or lists.

Each page is asked for before such a case is there and after: not a byte differs, nor a statement to the
database, so that the time it takes tells no more than the page. Times themselves are not measured: on a busy
machine they would show nothing, and what could make them differ is how much is asked for and opened.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import pytest
from builders import Instance, token_of
from cases import a_case, a_link, a_mark, a_person, a_prison, at_desk, text_of, with_circle
from flask.testing import FlaskClient
from indexed import read_in
from sqlalchemy import event

from portal.casework import moving
from portal.casework.marking import MarkKind
from portal.config import Face
from portal.intake import service as intake
from portal.linking import dependence, duplicates
from portal.linking.vocabulary import LinkRelation
from portal.permissions import Group
from portal.registry.vocabulary import PlaceKind

SECRET = "Zarrinkelk"
STORY = (
    "My brother Omid Rastegar was held in Gohardasht in 1367. We heard he lies in Khavaran. "
    f"The guard {SECRET} told my sister Mina Rastegar."
)
PAGES = (
    "/cases/about/{person}",
    "/cases/about/{prison}",
    "/cases/about/{grave}",
    "/cases/about/{alone}",
    "/cases/about/{person}/together",
    "/cases/about/{prison}/together",
    "/cases/about/{grave}/together",
    "/cases/second-looks",
    "/cases/duplicates",
    "/cases/duplicates/accounts",
    "/cases/{open}/links",
    "/cases/{open}/links/new?annotation={mark}",
    "/cases/{open}/links/new?annotation={mark}&q=Mina",
    "/cases/{open}/links/mention?text={text}&at={at}&kind=person",
    "/cases/{open}",
    "/registry/",
    "/registry/?q=" + SECRET,
    "/registry/{person}",
    "/registry/{person}/graph",
    "/registry/{person}/history",
    "/registry/{person}/same?q=Rastegar",
    "/registry/{prison}",
    "/registry/{prison}/people",
    "/registry/{grave}",
    "/registry/map",
)
WORDS = (SECRET, "Mina Rastegar", "Omid Rastegar", "Gohardasht")

Shut = Callable[[Instance, UUID], None]


def say_no(use: str) -> Shut:
    def decide(instance: Instance, case_id: UUID) -> None:
        with instance.database.session(write=True) as session:
            intake.decide(
                session,
                submission_id=case_id,
                answers={use: "no"},
                language="en",
                day=instance.clock().date(),
            )

    return decide


def to_the_few(instance: Instance, case_id: UUID) -> None:
    """Move a case to a circle whose key the reader does not hold."""
    with at_desk(instance, "maple") as (session, by):
        moving.move(
            session,
            by=with_circle(instance, by),
            case_id=case_id,
            origin=Group.INTAKE,
            to=Group.CASES,
            reason="It is for few.",
            keys=instance.keys,
            now=instance.clock(),
        )


@contextmanager
def statements(instance: Instance) -> Iterator[list[str]]:
    """Collect what is asked of both databases, each with how many values it is asked with."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        sizes = len(values) if isinstance(values, (tuple, list, dict)) else 0
        asked.append(f"{statement} ({sizes})")

    for engine in (instance.database.main, instance.database.keys):
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in (instance.database.main, instance.database.keys):
        event.remove(engine, "before_cursor_execute", note)


def plain(page: str) -> str:
    """A page without what is different each time it is asked for."""
    return re.sub(r'(csrf_token"[^>]*value=)"[^"]*"', "", page)


def looked_at(
    instance: Instance, client: FlaskClient, ids: Mapping[str, object]
) -> dict[str, tuple[str, list[str]]]:
    """Ask for every page, twice, so that nothing is read for the first time."""
    found: dict[str, tuple[str, list[str]]] = {}
    for path in PAGES:
        for _ in range(2):
            with statements(instance) as asked:
                page = client.get("/en" + path.format(**ids))
            assert page.status_code == 200, path
            found[path] = plain(page.text), asked
    token = token_of(client.get("/en/cases/search"))
    for words in WORDS:
        for _ in range(2):
            with statements(instance) as asked:
                page = client.post("/en/cases/search", data={"csrf_token": token, "words": words})
            found[words] = plain(page.text), asked
    return found


def a_world(instance: Instance) -> dict[str, object]:
    """Two open cases of one person, one prison and one grave, with a question that waits."""
    person, prison = a_person(instance, "Omid Rastegar"), a_prison(instance)
    grave = a_prison(instance, "Khavaran", PlaceKind.CEMETERY)
    open_case, other = a_case(instance), a_case(instance)
    mark = a_mark(instance, open_case)
    for case_id in (open_case, other):
        a_link(instance, case_id, person, mark_id=mark if case_id == open_case else None)
        a_link(
            instance,
            case_id,
            prison,
            mark_id=a_mark(instance, case_id, "Gohardasht", MarkKind.PLACE),
            relation=LinkRelation.HELD_AT,
        )
    with at_desk(instance) as (session, by):
        text = text_of(session, by, open_case)
    start = text.text.index("Omid Rastegar")
    return {
        "person": person,
        "prison": prison,
        "grave": grave,
        "alone": a_person(instance, "Mina Rastegar"),
        "open": open_case,
        "mark": mark,
        "text": text.field_id,
        "at": f"{start}-{start + len('Omid Rastegar')}",
    }


def tell_more(instance: Instance, ids: Mapping[str, object], shut: Shut) -> None:
    """Let a further case speak of all of them, alone of one, differ, wait for a second look; then shut it."""
    case_id = a_case(instance, STORY)
    for words, name, relation in (
        ("Omid Rastegar", "person", LinkRelation.VICTIM),
        ("Mina Rastegar", "alone", LinkRelation.WITNESS),
        ("Khavaran", "grave", LinkRelation.BELIEVED_BURIED),
        ("Gohardasht", "prison", LinkRelation.HELD_AT),
    ):
        record_id = ids[name]
        assert isinstance(record_id, UUID)
        kind = MarkKind.PERSON if name in {"person", "alone"} else MarkKind.PLACE
        mark = a_mark(instance, case_id, words, kind)
        second = "" if name == "grave" else "birch"
        a_link(instance, case_id, record_id, mark_id=mark, relation=relation, second=second)
    other = ids["open"]
    assert isinstance(other, UUID)
    with at_desk(instance) as (session, by):
        dependence.mark(
            session, by=by, one=case_id, other=other, reason="One told both.", now=instance.clock()
        )
    shut(instance, case_id)


@pytest.mark.parametrize(
    "shut", [say_no("read"), say_no("link"), to_the_few], ids=["not to be read", "not to be linked", "few"]
)
def test_a_case_that_may_not_be_opened_changes_no_byte_and_no_question_of_any_page(
    sqlite_instance: Instance, shut: Shut, request: pytest.FixtureRequest
) -> None:
    instance = sqlite_instance
    client = instance.app(Face.DESK).test_client()
    instance.sign_in(client, "cedar")
    ids = a_world(instance)
    with at_desk(instance) as (session, by):
        duplicates.look(session, by=by, clock=instance.clock)
    read_in(instance)
    before = looked_at(instance, client, ids)
    assert SECRET not in before["/cases/about/{person}"][0]
    tell_more(instance, ids, shut)
    read_in(instance)
    after = looked_at(instance, client, ids)
    # One that may not be linked may yet be read: it is found by its words, and stands in the index.
    readable = "not to be linked" in request.node.name
    for name, (page, asked) in before.items():
        if readable and (name in WORDS or "about" in name):
            continue
        assert after[name][0] == page, name
        assert readable or after[name][1] == asked, name


def test_the_pages_looked_at_are_all_that_count_or_list(sqlite_instance: Instance) -> None:
    """A new page of these two features is looked at here, or said to show one thing alone."""
    app = sqlite_instance.app(Face.DESK)
    alone = {
        *("linking.decide", "linking.second", "linking.settle", "linking.account_pair", "registry.original"),
        *("registry.add", "registry.edit", "registry.change", "registry.state", "registry.restate"),
        *("registry.retract", "registry.relate", "registry.retie", "registry.untie", "registry.conclude"),
        *("registry.reopen", "registry.position", "registry.look", "registry.drop_position"),
        *("registry.sources", "registry.edit_source", "registry.merge", "registry.export"),
        *("registry.bring_in", "registry.columns", "registry.preview", "registry.run", "registry.left_out"),
        *("registry.picture", "registry.describe", "registry.take_picture_off", "registry.image_file"),
        *("registry.put_picture_back", "registry.erase_picture"),
    }
    rules = app.url_map.bind("localhost")
    looked = {
        rules.match("/en" + path.split("?")[0].format_map(_Ids()), method="GET")[0] for path in PAGES
    } | {"casework.search"}
    pages = {
        page.endpoint
        for page in app.extensions["portal_pages"]
        if page.endpoint.startswith(("linking.", "registry.")) and "GET" in page.methods
    }
    assert pages - looked == alone & pages


class _Ids(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "00000000-0000-4000-8000-000000000000"
