"""A table of patterns is shown to everybody by two people, and to nobody when it is not theirs."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from builders import Instance
from coded import a_release, a_request, accounts, fetched, look_at_table
from sqlalchemy import select, text
from together import all_at_once

from portal.casework.coding import Pattern
from portal.config import Face
from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.intake import editions, numbers
from portal.intake.edition_models import Edition, Ending
from portal.ledger.tags import read_key
from portal.registry.models import Record
from portal.release import publishing
from portal.release.plans import Plan, Protection, Side
from portal.release.publication_models import Publication, PublicationState
from portal.release.publishing_check import Finding, check
from portal.release.tables import unpacked
from portal.upkeep import verify_folder

SHOWN = (Pattern.REPRISALS,)
HIDDEN = Plan(Side.REGION, Side.MONTH, None, Protection.THRESHOLD, patterns=SHOWN)
NOISY = Plan(Side.PROVINCE, Side.MONTH, None, Protection.NOISE, 50, SHOWN)


def a_table(instance: Instance, plan: Plan = NOISY, many: int = 12) -> UUID:
    accounts(instance, many)
    return a_release(instance, plan=plan)


def ask(instance: Instance, release_id: UUID, by: str = "rowan") -> UUID:
    with instance.database.session(write=True) as session:
        actor = instance.actor(by, session)
        return publishing.ask(session, by=actor, release_id=release_id, now=instance.clock()).id


def publish(instance: Instance, publication_id: UUID, by: str = "maple", revision: int = 1) -> int:
    with instance.database.session(write=True) as session:
        made = publishing.approve(
            session,
            by=instance.actor(by, session),
            publication_id=publication_id,
            revision=revision,
            key=read_key(instance.settings),
            now=instance.clock(),
        )
        return made.number


def take_back(instance: Instance, number: int, by: str = "rowan") -> int:
    with instance.database.session(write=True) as session:
        actor, key = instance.actor(by, session), read_key(instance.settings)
        ended = publishing.take_back(session, by=actor, number=number, key=key, now=instance.clock())
        return ended.number


def decline(instance: Instance, publication_id: UUID, by: str = "maple") -> None:
    with instance.database.session(write=True) as session:
        actor = instance.actor(by, session)
        publishing.decline(session, by=actor, publication_id=publication_id, revision=1, now=instance.clock())


def shown(instance: Instance) -> editions.Shown:
    with instance.database.session(write=False) as session:
        return editions.shown(session, key=read_key(instance.settings))


def found(instance: Instance) -> list[tuple[int, Finding]]:
    with instance.database.session(write=False) as session:
        by = instance.actor("rowan", session)
        return [(one.number, one.finding) for one in check(session, by=by, key=read_key(instance.settings))]


def past_the_portal(instance: Instance, statement: str, **values: object) -> None:
    with instance.database.main.begin() as connection:
        assert connection.execute(text(statement), values).rowcount == 1


def public(instance: Instance, path: str = "numbers", language: str = "en") -> tuple[int, str]:
    answer = instance.app(Face.INTAKE).test_client().get(f"/{language}/{path}")
    return answer.status_code, answer.get_data(as_text=True)


def test_two_people_show_a_table_to_everybody(instance: Instance) -> None:
    release_id = a_table(instance)
    assert public(instance)[0] == 200
    assert "Nothing is published yet." in public(instance)[1]
    number = publish(instance, ask(instance, release_id))
    now = shown(instance)
    assert now.edition is not None
    assert now.document is not None
    assert (number, now.edition.number, now.broken) == (1, 1, False)
    packed = unpacked(fetched(instance, release_id))
    assert now.document.table == packed["table.csv"]
    assert found(instance) == [(1, Finding.FINE)]
    status, table = public(instance, "numbers/table.csv")
    assert (status, table.encode()) == (200, packed["table.csv"])
    assert hashlib.sha256(packed["table.csv"]).hexdigest() in public(instance)[1]


def test_nobody_approves_what_they_asked_for_and_nobody_else_can(sqlite_instance: Instance) -> None:
    release_id = a_table(sqlite_instance)
    for other in ("willow", "cedar", "olive"):  # no key to the archive, or no business here
        with pytest.raises(RefusedError):
            ask(sqlite_instance, release_id, by=other)
    asked = ask(sqlite_instance, release_id)
    for other in ("rowan", "willow", "cedar", "olive"):
        with pytest.raises(RefusedError):
            publish(sqlite_instance, asked, by=other)
    assert shown(sqlite_instance).edition is None
    assert publish(sqlite_instance, asked) == 1


def test_the_lead_may_ask_and_the_administrator_approve(sqlite_instance: Instance) -> None:
    asked = ask(sqlite_instance, a_table(sqlite_instance), by="maple")
    with pytest.raises(RefusedError):
        publish(sqlite_instance, asked, by="maple")
    assert publish(sqlite_instance, asked, by="rowan") == 1


def test_only_a_finished_table_of_patterns_is_shown(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    plain = a_release(sqlite_instance, plan=Plan(Side.PROVINCE, Side.MONTH, None, Protection.NOISE, 10))
    waiting = a_request(sqlite_instance, plan=NOISY)
    for release_id in (plain, waiting):
        with pytest.raises(InvalidError):
            ask(sqlite_instance, release_id)
    with pytest.raises(NotFoundError):
        ask(sqlite_instance, UUID(int=5))


def test_asking_twice_refusing_twice_and_approving_after_it_do_nothing(sqlite_instance: Instance) -> None:
    release_id = a_table(sqlite_instance)
    asked = ask(sqlite_instance, release_id)
    with pytest.raises(InvalidError):
        ask(sqlite_instance, release_id, by="maple")
    decline(sqlite_instance, asked)
    for again in (decline, publish):
        with pytest.raises(StaleError):
            again(sqlite_instance, asked)
    assert shown(sqlite_instance).edition is None
    assert publish(sqlite_instance, ask(sqlite_instance, release_id)) == 1
    with pytest.raises(InvalidError):
        ask(sqlite_instance, release_id)  # it is shown now


def test_a_request_runs_out(sqlite_instance: Instance) -> None:
    asked = ask(sqlite_instance, a_table(sqlite_instance))
    sqlite_instance.clock.advance(days=31)
    with pytest.raises(StaleError):
        publish(sqlite_instance, asked)


def test_one_edition_is_shown_and_the_ones_before_are_only_remembered(sqlite_instance: Instance) -> None:
    first, second = a_table(sqlite_instance), a_release(sqlite_instance, plan=NOISY)
    publish(sqlite_instance, ask(sqlite_instance, first))
    old = shown(sqlite_instance).document
    assert publish(sqlite_instance, ask(sqlite_instance, second)) == 2
    now = shown(sqlite_instance)
    assert now.edition is not None
    assert now.edition.number == 2
    assert [(one.number, one.ending) for one in now.past] == [(1, Ending.REPLACED)]
    assert found(sqlite_instance) == [(2, Finding.FINE), (1, Finding.FINE)]
    assert list(verify_folder(sqlite_instance.settings.instance, {}).problems) == []
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Edition, 1).document is None
    assert old is not None


def test_one_person_takes_it_back_and_the_page_says_that_copies_stay(instance: Instance) -> None:
    release_id = a_table(instance)
    publish(instance, ask(instance, release_id))
    total = shown(instance).document
    assert total is not None
    take_back(instance, 1)
    with pytest.raises(StaleError):
        take_back(instance, 1)
    assert shown(instance).document is None
    assert found(instance) == [(1, Finding.FINE)]
    status, page = public(instance)
    assert status == 200
    assert "Nothing is published now." in page
    assert "taken back on" in page
    assert "What somebody copied stays with them" in page
    assert public(instance, "numbers/table.csv")[0] == 404
    assert public(instance, "numbers/reprisals")[0] == 404
    assert publish(instance, ask(instance, release_id)) == 2


def test_of_two_at_once_one_is_published(instance: Instance) -> None:
    accounts(instance, 12)
    asked = [ask(instance, a_release(instance, plan=NOISY)) for _ in range(3)]
    got = all_at_once(lambda number: publish(instance, asked[number]), count=3)
    made = [one for one in got if isinstance(one, int)]
    assert all(isinstance(one, int | StaleError) for one in got), got
    assert sorted(made) == list(range(1, len(made) + 1))
    now = shown(instance)
    assert now.edition is not None
    assert not now.broken
    assert now.edition.number == max(made)
    gone = all_at_once(lambda _number: take_back(instance, max(made)), count=3)
    assert sum(one == max(made) for one in gone) == 1
    assert {finding for _, finding in found(instance)} == {Finding.FINE}


def test_the_same_request_is_approved_once(instance: Instance) -> None:
    asked = ask(instance, a_table(instance))
    got = all_at_once(lambda _number: publish(instance, asked), count=4)
    assert [one for one in got if isinstance(one, int)] == [1]
    assert sum(isinstance(one, StaleError) for one in got) == 3


def test_what_is_cut_off_half_way_leaves_nothing(sqlite_instance: Instance) -> None:
    asked = ask(sqlite_instance, a_table(sqlite_instance))
    with sqlite_instance.database.session(write=False) as session:  # nothing of it is committed
        by = sqlite_instance.actor("maple", session)
    with sqlite_instance.database.open(write=True) as session:
        publishing.approve(
            session,
            by=by,
            publication_id=asked,
            revision=1,
            key=read_key(sqlite_instance.settings),
            now=sqlite_instance.clock(),
        )
        session.flush()
        session.rollback()
    assert shown(sqlite_instance).edition is None
    with sqlite_instance.database.session(write=False) as session:
        assert session.get_one(Publication, asked).state is PublicationState.ASKED
    assert publish(sqlite_instance, asked) == 1


FORGED = {
    "a bit of the bytes": "UPDATE edition SET document = :other WHERE number = 1",
    "bytes and digest": "UPDATE edition SET document = :other, sha256 = :digest WHERE number = 1",
    "the tag": "UPDATE edition SET tag = :other WHERE number = 1",
    "the day": "UPDATE edition SET day = '2020-01-01' WHERE number = 1",
    "the digest of the table": "UPDATE edition SET table_sha256 = :digest WHERE number = 1",
    "its end": "UPDATE edition SET ended = '2026-11-22', ending = 'replaced' WHERE number = 1",
}


@pytest.mark.parametrize("what", sorted(FORGED))
def test_what_was_changed_past_the_portal_is_not_shown_and_the_desk_says_so(
    sqlite_instance: Instance, what: str
) -> None:
    publish(sqlite_instance, ask(sqlite_instance, a_table(sqlite_instance)))
    document = shown(sqlite_instance).document
    assert document is not None
    lied = document.table.replace(b'"all","all",', b'"all","all",9', 1)
    other = numbers.write(lied, document.numbers.names, document.numbers.within)
    values = {"other": other, "digest": hashlib.sha256(other).hexdigest()}
    used = {name: value for name, value in values.items() if f":{name}" in FORGED[what]}
    past_the_portal(sqlite_instance, FORGED[what], **used)
    assert shown(sqlite_instance) == editions.Shown(broken=True)
    for path in ("numbers", "numbers/reprisals", "numbers/table.csv"):
        status, page = public(sqlite_instance, path)
        assert status in {503, 404}
        assert "Reprisals" not in page
    assert found(sqlite_instance) == [(1, Finding.CHANGED)]
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "rowan")
    assert "Somebody changed what is public" in client.get("/en/published").get_data(as_text=True)
    take_back(sqlite_instance, 1)
    assert found(sqlite_instance) == [(1, Finding.FINE)]
    assert not shown(sqlite_instance).broken


def test_an_older_state_that_is_put_back_is_named_by_the_ledger(sqlite_instance: Instance) -> None:
    publish(sqlite_instance, ask(sqlite_instance, a_table(sqlite_instance)))
    with sqlite_instance.database.session(write=False) as session:
        row = session.get_one(Edition, 1)
        before = {"document": row.document, "tag": row.tag}
    take_back(sqlite_instance, 1)
    statement = "UPDATE edition SET document = :document, tag = :tag, ended = NULL, ending = NULL"
    past_the_portal(sqlite_instance, statement, **before)
    assert found(sqlite_instance) == [(1, Finding.OTHER)]
    named = [str(one) for one in verify_folder(sqlite_instance.settings.instance, {}).problems]
    assert any("edition" in one for one in named)
    past_the_portal(sqlite_instance, "DELETE FROM edition")
    assert found(sqlite_instance) == [(1, Finding.GONE)]


def test_an_edition_whose_row_is_gone_is_taken_back_and_the_next_one_shown(sqlite_instance: Instance) -> None:
    first, second = a_table(sqlite_instance), a_release(sqlite_instance, plan=NOISY)
    publish(sqlite_instance, ask(sqlite_instance, first))
    past_the_portal(sqlite_instance, "DELETE FROM edition")
    asked = ask(sqlite_instance, second)
    with pytest.raises(InvalidError):
        publish(sqlite_instance, asked)
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "rowan")
    page = client.get("/en/published").get_data(as_text=True)
    assert "shown now" not in page
    assert "/en/published/1/take-back" in page
    assert client.get("/en/published/1/take-back").status_code == 200
    with pytest.raises(StaleError):
        take_back(sqlite_instance, 2)
    assert take_back(sqlite_instance, 1) == 1
    assert found(sqlite_instance) == [(1, Finding.FINE)]
    with pytest.raises(StaleError):
        take_back(sqlite_instance, 1)
    assert publish(sqlite_instance, asked) == 2
    assert [(one.number, one.ending) for one in shown(sqlite_instance).past] == [(1, Ending.TAKEN_BACK)]


@pytest.mark.parametrize(
    ("side", "code"),
    [(Side.PRISON, "evin"), (Side.PROVINCE, "tehran-province"), (Side.REGION, "razavi-khorasan")],
)
def test_a_table_with_a_place_that_was_restricted_since_is_not_shown(
    sqlite_instance: Instance, side: Side, code: str
) -> None:
    release_id = a_table(sqlite_instance, replace(NOISY, rows=side))
    asked = ask(sqlite_instance, release_id)
    with sqlite_instance.database.session(write=True) as session:
        session.scalars(select(Record).where(Record.code == code)).one().restricted = True
    with pytest.raises((StaleError, InvalidError)):
        publish(sqlite_instance, asked)
    decline(sqlite_instance, asked)
    with pytest.raises(InvalidError, match="does not show to everybody"):
        ask(sqlite_instance, release_id)
    assert shown(sqlite_instance).edition is None


def test_nothing_new_is_shown_beside_something_forged(sqlite_instance: Instance) -> None:
    first, second = a_table(sqlite_instance), a_release(sqlite_instance, plan=NOISY)
    publish(sqlite_instance, ask(sqlite_instance, first))
    past_the_portal(sqlite_instance, "UPDATE edition SET day = '2020-01-01'")
    asked = ask(sqlite_instance, second)
    with pytest.raises(InvalidError):
        publish(sqlite_instance, asked)
    take_back(sqlite_instance, 1)
    assert publish(sqlite_instance, asked) == 2


def test_a_withdrawal_after_it_changes_nothing_in_public_and_is_told_to_the_lead(
    sqlite_instance: Instance,
) -> None:
    """A number that changed on a day would say who took what back; leads decide, and can take all back."""
    from portal.intake.models import GONE, Status, Submission, Tombstone  # noqa: PLC0415

    made = accounts(sqlite_instance, 12)
    release_id = a_release(sqlite_instance, plan=NOISY)
    asked = ask(sqlite_instance, release_id)
    publish(sqlite_instance, asked)
    before = public(sqlite_instance)[1], public(sqlite_instance, "numbers/table.csv")[1]
    assert Status.WITHDRAWN in GONE
    with sqlite_instance.database.session(write=True) as session:
        by = sqlite_instance.actor("maple", session)
        look = publishing.look(session, by=by, publication_id=asked, now=sqlite_instance.clock())
        assert look.gone == []
        for one in made:
            session.get_one(Submission, one.submission_id).status = Status.WITHDRAWN
            session.add(
                Tombstone(
                    submission_id=one.submission_id,
                    digest=bytes(32),
                    day=sqlite_instance.clock().date(),
                    authority="source",
                )
            )
    sqlite_instance.clock.advance(days=1)
    with sqlite_instance.database.session(write=True) as session:
        by = sqlite_instance.actor("maple", session)
        look = publishing.look(session, by=by, publication_id=asked, now=sqlite_instance.clock())
        assert len(look.gone) > 0
        assert look.gone[0] == sqlite_instance.clock().date() - timedelta(days=1)
        by = sqlite_instance.actor("rowan", session)
        look = publishing.look(session, by=by, publication_id=asked, now=sqlite_instance.clock())
        assert look.gone == []  # administrators hold no key
    assert (public(sqlite_instance)[1], public(sqlite_instance, "numbers/table.csv")[1]) == before


def test_what_is_asked_for_twice_with_thresholds_stays_within_the_rules(sqlite_instance: Instance) -> None:
    release_id = a_table(sqlite_instance, HIDDEN, 60)
    publish(sqlite_instance, ask(sqlite_instance, release_id))
    accounts(sqlite_instance, 3)
    again = look_at_table(sqlite_instance, a_request(sqlite_instance, plan=HIDDEN))
    assert again.trouble
    with pytest.raises(InvalidError):
        a_request(sqlite_instance, plan=NOISY)


def test_a_table_that_its_inside_record_contradicts_is_not_shown(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_id = a_table(sqlite_instance, HIDDEN, 60)
    asked = ask(sqlite_instance, release_id)
    monkeypatch.setattr(publishing, "stood", lambda *_: {Pattern.REPRISALS: [("x", "y")]})
    with pytest.raises(InvalidError):
        publish(sqlite_instance, asked)
    assert shown(sqlite_instance).edition is None
