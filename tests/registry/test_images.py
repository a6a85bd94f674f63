"""Images of records: sealed twice, shown without what a camera wrote, taken off, put back, erased."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from builders import Instance, token_of
from cases import acts_of, at_desk, at_once
from drawn_pictures import PHOTO, SECRET, SHOWS, a_jpeg, a_png, an_image
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal import upkeep
from portal.config import Face
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.permissions import Group
from portal.registry import images, lives, merging, service
from portal.registry.judgement_models import Sameness
from portal.registry.models import Image, ImageFile
from portal.registry.periods import said
from portal.registry.pictures.reading import plain
from portal.registry.records import Cite, Claim, Facts, GraveFacts, PersonFacts, Spelling
from portal.registry.vocabulary import Copy, Predicate, SourceKind
from portal.release import rewrapping
from portal.store.wraps import Wrap
from portal.vault.wrap import key_id

SUCCESS = None


def a_record(instance: Instance, facts: Facts | None = None, *, restricted: bool = False) -> UUID:
    with at_desk(instance, "maple") as (session, by):
        return service.add(
            session,
            by=by,
            names=[Spelling("Khavaran")],
            facts=facts or GraveFacts(),
            note="",
            now=instance.clock(),
            restricted=restricted,
        ).id


def change(instance: Instance, act: object, record_id: UUID, image_id: UUID, name: str = "cedar") -> object:
    with at_desk(instance, name) as (session, by):
        version = service.find(session, record_id, by=by).version
        assert callable(act)
        return act(
            session, record_id, image_id, by=by, version=version, note="a reason", now=instance.clock()
        )


def opened(
    instance: Instance, record_id: UUID, image_id: UUID, copy: Copy = Copy.SHOWN, name: str = "cedar"
) -> bytes:
    with at_desk(instance, name) as (session, by):
        one = images.open_image(session, record_id, image_id, by=by, copy=copy, store=instance.files)
        with one.source:
            return b"".join(one.reader.read())


def shown_to(instance: Instance, record_id: UUID, name: str = "cedar") -> list[UUID]:
    with at_desk(instance, name, write=False) as (session, by):
        return [one.id for one in images.gallery(session, service.find(session, record_id, by=by), by=by)]


def test_what_is_shown_lacks_what_the_camera_wrote_and_the_original_stays_whole(instance: Instance) -> None:
    grave = a_record(instance)
    image_id = an_image(instance, grave)
    assert opened(instance, grave, image_id) == a_jpeg(24, 16)
    assert "registry.image-original" not in acts_of(instance)
    assert opened(instance, grave, image_id, Copy.ORIGINAL) == PHOTO
    assert acts_of(instance).count("registry.image-original") == 1
    assert acts_of(instance).count("registry.image") == 1
    with instance.database.session(write=False) as session:
        row = session.get_one(Image, image_id)
        assert (row.width, row.height, row.locator) == (24, 16, "p. 3")
        assert b"IMG_0001" not in row.blob


def test_no_file_of_an_image_lies_in_clear_and_each_is_claimed(sqlite_instance: Instance) -> None:
    grave = a_record(sqlite_instance)
    an_image(sqlite_instance, grave)
    stored = {
        path.name: path.read_bytes() for path in sqlite_instance.files.folder.rglob("*") if path.is_file()
    }
    assert len(stored) == 2
    assert not any(SECRET in content or b"\xff\xd8\xff" in content for content in stored.values())
    with sqlite_instance.database.session(write=False) as session:
        assert {one.name for one in upkeep.claims(session)} == set(stored)
        assert set(session.scalars(select(ImageFile.name))) == set(stored)


@pytest.mark.parametrize("name", ["rowan", "olive"])
def test_whoever_holds_no_key_of_the_circle_sees_no_picture(sqlite_instance: Instance, name: str) -> None:
    grave = a_record(sqlite_instance)
    image_id = an_image(sqlite_instance, grave)
    for copy in Copy:
        with pytest.raises(RefusedError):
            opened(sqlite_instance, grave, image_id, copy, name)
    with at_desk(sqlite_instance) as (session, by):
        keyless = replace(by, seeds={Group.CASES: {1: sqlite_instance.secrets.group_seeds[Group.CASES]}})
        assert not images.may_open(keyless)
        with pytest.raises(RefusedError):
            images.open_image(
                session, grave, image_id, by=keyless, copy=Copy.SHOWN, store=sqlite_instance.files
            )


def test_a_restricted_picture_is_there_for_leads_alone(instance: Instance) -> None:
    grave = a_record(instance)
    with pytest.raises(RefusedError):
        an_image(instance, grave, shows=replace(SHOWS, restricted=True))
    hidden = an_image(instance, grave, name="maple", shows=replace(SHOWS, restricted=True))
    assert shown_to(instance, grave) == []
    assert shown_to(instance, grave, "maple") == [hidden]
    for copy in Copy:
        with pytest.raises(NotFoundError):
            opened(instance, grave, hidden, copy)
    for act in (images.take_off, images.put_back, images.erase):
        with pytest.raises(NotFoundError):
            change(instance, act, grave, hidden)
    with at_desk(instance, write=False) as (session, by):
        told = [service.difference(session, grave, by=by, version=number) for number in (1,)]
        assert all("image" not in {one.field for one in differences} for _, differences in told)
        assert [one.version for one in service.revisions(session, grave, by=by)] == [1]
        record = service.find(session, grave, by=by)
        assert lives.life_line(session, record, by=by, calendar="solar", mirrored=True) is None  # type: ignore[arg-type] # never reached
    # the very same file of somebody who may not know of the first one is no second of it
    own = an_image(instance, grave)
    assert shown_to(instance, grave) == [own]


def test_the_very_same_file_is_refused_where_it_is_seen(sqlite_instance: Instance) -> None:
    grave = a_record(sqlite_instance)
    first = an_image(sqlite_instance, grave)
    with pytest.raises(InvalidError):
        an_image(sqlite_instance, grave)
    change(sqlite_instance, images.take_off, grave, first)
    again = an_image(sqlite_instance, grave)
    assert shown_to(sqlite_instance, grave) == [again]


def test_of_many_who_add_at_once_one_is_first_and_the_others_look_again(instance: Instance) -> None:
    grave = a_record(instance)
    pictures = [a_png(shade=shade) for shade in (10, 20, 30)]

    def send_one(number: int) -> None:
        an_image(instance, grave, pictures[number], version=1)

    met = at_once(3, send_one)
    assert met.count(SUCCESS) == 1
    assert sum(isinstance(one, StaleError) for one in met) == 2
    assert len(shown_to(instance, grave)) == 1


def test_a_picture_is_taken_off_put_back_and_erased_with_its_key_and_files(instance: Instance) -> None:
    grave = a_record(instance)
    image_id = an_image(instance, grave)
    with pytest.raises(NotFoundError):
        change(instance, images.erase, grave, image_id)
    change(instance, images.take_off, grave, image_id)
    assert shown_to(instance, grave) == []
    with pytest.raises(NotFoundError):
        change(instance, images.take_off, grave, image_id)
    assert opened(instance, grave, image_id) == a_jpeg(24, 16)
    change(instance, images.put_back, grave, image_id)
    assert shown_to(instance, grave) == [image_id]
    change(instance, images.take_off, grave, image_id)
    names = change(instance, images.erase, grave, image_id)
    assert isinstance(names, list)
    for name in names:
        instance.files.erase(name)
    with instance.database.session(write=False) as session:
        assert session.scalars(select(Image)).all() == []
        assert session.scalars(select(ImageFile)).all() == []
        assert session.keys.scalars(select(Wrap).where(Wrap.part_id == image_id)).all() == []
        assert upkeep.claims(session) == []
    assert list(instance.files.names()) == []
    with at_desk(instance) as (session, by):
        kept = [service.difference(session, grave, by=by, version=version)[1] for version in (2, 3, 4, 5, 6)]
    lines = [[(one.field, bool(one.before), bool(one.after)) for one in each] for each in kept]
    assert lines == [
        [("image", False, True)],
        [("image", True, False)],
        [("image", False, True)],
        [("image", True, False)],
        [],
    ]


def test_what_no_row_came_to_speak_of_is_swept(sqlite_instance: Instance) -> None:
    grave = a_record(sqlite_instance)
    kept = an_image(sqlite_instance, grave)
    images.put_away(sqlite_instance.files, grave, data=a_png(), filename="x.png")
    assert len(list(sqlite_instance.files.names())) == 4
    later = datetime.now(UTC) + timedelta(hours=2)
    upkeep.sweep(sqlite_instance.database, sqlite_instance.settings, older_than=3600, now=later)
    assert len(list(sqlite_instance.files.names())) == 2
    assert opened(sqlite_instance, grave, kept, Copy.ORIGINAL) == PHOTO


def test_a_picture_opens_in_its_own_row_and_in_its_own_copy_alone(sqlite_instance: Instance) -> None:
    grave = a_record(sqlite_instance)
    one, other = an_image(sqlite_instance, grave), an_image(sqlite_instance, grave, a_png())
    with sqlite_instance.database.session(write=True) as session:
        first, second = session.get_one(Image, one), session.get_one(Image, other)
        first.blob, second.blob = second.blob, first.blob
    for image_id in (one, other):
        with pytest.raises(Exception, match="does not open"):
            opened(sqlite_instance, grave, image_id)
    third = an_image(sqlite_instance, a_record(sqlite_instance), a_png(shade=7))
    with sqlite_instance.database.session(write=True) as session:
        row = session.get_one(Image, third)
        for file in row.files:
            file.copy = Copy.SHOWN if file.copy is Copy.ORIGINAL else Copy.ORIGINAL
        record_id = row.record_id
    with pytest.raises(Exception, match="does not open"):
        opened(sqlite_instance, record_id, third)


def test_pictures_stand_as_time_went_on_and_those_of_a_twin_among_them(instance: Instance) -> None:
    one, other = a_record(instance), a_record(instance)
    late = an_image(instance, one, a_png(shade=1), shows=replace(SHOWS, date=said("1395")))
    undated = an_image(instance, one, a_png(shade=2))
    early = an_image(instance, other, a_png(shade=3), shows=replace(SHOWS, date=said("summer 1982")))
    assert shown_to(instance, one) == [late, undated]
    with at_desk(instance) as (session, by):
        versions = [service.find(session, each, by=by).version for each in (one, other)]
        merging.judge(
            session,
            by=by,
            kept=(one, versions[0]),
            other=(other, versions[1]),
            sameness=Sameness.SAME,
            reason="one wall",
            now=instance.clock(),
        )
    assert shown_to(instance, one) == [early, late, undated]
    assert shown_to(instance, other) == [early]


def test_pictures_move_over_when_the_circles_key_is_renewed(sqlite_instance: Instance) -> None:
    grave = a_record(sqlite_instance)
    image_id = an_image(sqlite_instance, grave)
    with sqlite_instance.database.session(write=False) as session:
        rows = session.keys.scalars(select(Wrap).where(Wrap.part_id == image_id)).all()
        assert rewrapping._places(session, rows) == {image_id: images.wrap_place(grave, image_id)}  # type: ignore[arg-type] # rows of its shape


# The pages


@pytest.fixture
def desk(sqlite_instance: Instance) -> dict[str, FlaskClient]:
    app = sqlite_instance.app(Face.DESK)
    clients = {name: app.test_client() for name in ("cedar", "maple", "rowan")}
    for name, client in clients.items():
        sqlite_instance.sign_in(client, name)
    return clients


def send(client: FlaskClient, record_id: UUID, data: bytes | None = PHOTO, **changes: str) -> TestResponse:
    page = client.get(f"/en/registry/{record_id}/image")
    version = page.text.split('name="version"')[1].split('value="')[1].split('"')[0]
    given = {
        "csrf_token": token_of(page),
        "version": version,
        "kind": "satellite",
        "caption": "The wall, <seen> from above",
        "told": "Bare ground",
        "date-words": "1395",
        "date-calendar": "solar",
        "new_kind": "report",
        "new_title": "A report",
        "note": "published",
        **changes,
    }
    filled: dict[str, object] = {name: value for name, value in given.items() if value}
    if data is not None:
        filled["file"] = (io.BytesIO(data), "IMG.jpg", "image/svg+xml")
    return client.post(f"/en/registry/{record_id}/image", data=filled, content_type="multipart/form-data")


def of_image(page: str) -> str:
    return page.split("/image/")[1].split('"', maxsplit=1)[0].split("/", maxsplit=1)[0]


def test_a_picture_is_sent_shown_among_what_happened_and_taken_out(
    sqlite_instance: Instance, desk: dict[str, FlaskClient]
) -> None:
    grave = a_record(sqlite_instance)
    with at_desk(sqlite_instance) as (session, by):
        source = service.add_source(session, by=by, kind=SourceKind.REPORT, title="Another")
        service.state(
            session,
            grave,
            by=by,
            version=1,
            claim=Claim(Predicate.DISTURBANCE, (Cite(source.id),), value_en="Levelled", date=said("1390")),
            note="x",
            now=sqlite_instance.clock(),
        )
    assert send(desk["cedar"], grave).status_code == 303
    assert send(desk["cedar"], grave, a_png(), **{"date-words": "1388"}).status_code == 303
    page = desk["cedar"].get(f"/en/registry/{grave}").text
    assert "The wall, &lt;seen&gt; from above" in page
    gallery = page[page.index('class="pictures"') :]
    assert gallery.index("1388") < gallery.index("Levelled") < gallery.index("1395")
    url = f"/en/registry/{grave}/image/{of_image(page)}"
    with desk["cedar"].get(url) as shown:
        assert shown.data == plain(a_png()).data
        assert shown.headers["Content-Type"] == "image/png"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert shown.headers["Cache-Control"] == "no-store"
    with desk["cedar"].get(f"{url}/original") as original:
        assert original.data == a_png()
        assert original.headers["Content-Type"] == "application/octet-stream"
        assert original.headers["Content-Disposition"].startswith("attachment")
    told = desk["rowan"].get(f"/en/registry/{grave}").text
    assert "<img" not in told
    assert "only members of the circle" in told
    assert desk["rowan"].get(url).status_code == 403
    assert desk["rowan"].get(f"{url}/original").status_code == 403


REFUSED: list[tuple[bytes | None, dict[str, str], str]] = [
    (None, {}, "Please choose a picture."),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", {}, "JPEG, PNG or WebP"),
    (a_jpeg()[:-2], {}, "damaged"),
    (a_jpeg(10_000, 10_000), {}, "too large"),
    (PHOTO, {"caption": ""}, "what it shows"),
    (PHOTO, {"new_title": ""}, "choose a source"),
    (PHOTO, {"note": ""}, "say why"),
    (PHOTO, {"date-earliest": "never"}, "year-month-day"),
]


def test_a_picture_that_cannot_be_taken_is_answered_in_words_and_leaves_nothing(
    sqlite_instance: Instance, desk: dict[str, FlaskClient]
) -> None:
    grave = a_record(sqlite_instance)
    for data, changes, told in REFUSED:
        answer = send(desk["cedar"], grave, data, **changes)
        assert answer.status_code == 422, told
        assert told in answer.text
        assert "Bare ground" in answer.text, told
    assert list(sqlite_instance.files.names()) == []
    assert shown_to(sqlite_instance, grave) == []


def test_an_old_page_or_a_second_press_leaves_no_file_behind(
    sqlite_instance: Instance, desk: dict[str, FlaskClient]
) -> None:
    grave = a_record(sqlite_instance)
    assert send(desk["cedar"], grave, version="7").status_code == 409
    assert list(sqlite_instance.files.names()) == []
    assert send(desk["cedar"], grave).status_code == 303
    again = send(desk["cedar"], grave)
    assert again.status_code in {400, 422}
    assert len(list(sqlite_instance.files.names())) == 2
    assert send(desk["cedar"], grave, csrf_token="forged").status_code == 400


def test_a_picture_is_taken_off_put_back_and_erased_through_its_pages(
    sqlite_instance: Instance, desk: dict[str, FlaskClient]
) -> None:
    grave = a_record(sqlite_instance, PersonFacts())
    client = desk["cedar"]
    send(client, grave)
    url = f"/en/registry/{grave}/image/{of_image(client.get(f'/en/registry/{grave}').text)}"

    def press(what: str, **more: str) -> int:
        page = client.get(f"{url}/{what}")
        if page.status_code != 200:
            return page.status_code
        version = page.text.split('name="version"')[1].split('value="')[1].split('"')[0]
        values = {"csrf_token": token_of(page), "version": version, "note": "a reason", **more}
        return client.post(f"{url}/{what}", data=values).status_code

    said_of_it = {
        "kind": "portrait",
        "caption": "Her face",
        "told": "A woman",
        "date-calendar": "solar",
        "new_kind": "report",
        "new_title": "B",
    }
    assert press("edit", **said_of_it) == 303
    assert "Her face" in client.get(f"/en/registry/{grave}").text
    assert press("erase") == 404
    assert press("retract") == 303
    assert "Pictures that were taken off" in client.get(f"/en/registry/{grave}").text
    assert press("restore") == 303
    assert press("restore") == 404
    assert press("retract") == 303
    assert press("erase") == 303
    assert list(sqlite_instance.files.names()) == []
    assert "Her face" not in client.get(f"/en/registry/{grave}").text
    assert "Her face" in client.get(f"/en/registry/{grave}/history/3").text


def test_a_picture_under_a_key_that_somebody_lacks_keeps_them_from_adding_no_other(
    sqlite_instance: Instance,
) -> None:
    grave = a_record(sqlite_instance)
    first = an_image(sqlite_instance, grave)
    earlier = key_id(sqlite_instance.keys.groups[images.CIRCLE.value])
    with sqlite_instance.database.session(write=True) as session:
        query = select(Wrap).where(Wrap.part_id == first, Wrap.key_id == earlier)
        session.keys.scalars(query).one().key_id = "0" * 32
    with pytest.raises(RefusedError):
        opened(sqlite_instance, grave, first)
    second = an_image(sqlite_instance, grave, a_png())
    assert set(shown_to(sqlite_instance, grave)) == {first, second}
    with pytest.raises(InvalidError):
        an_image(sqlite_instance, grave, a_png())
