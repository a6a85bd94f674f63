"""Security keys: whose they are, what they open, and everything that must not open."""

import json
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from authenticator import SoftKey
from builders import CHEAP, Instance
from sqlalchemy import delete, select, update

from portal.errors import InvalidError, NotFoundError, RefusedError, StaleError
from portal.ledger import service as ledger
from portal.permissions import Group, Role
from portal.staff import hardware, locks, service, webauthn
from portal.staff.models import BundleLock, SecurityKey, Staff
from portal.staff.webauthn import Asked, Site
from portal.vault import totp
from portal.vault.passphrase import Cost, derive_key
from portal.vault.seal import Label, UnsealError, context, unseal

SITE = Site("http://localhost:8001", "localhost")
COST = Cost(memory_kib=64, iterations=3, lanes=1)
PASSPHRASE = "seven plain words that nobody would guess"


def question(site: Site = SITE) -> Asked:
    return Asked(site, secrets.token_bytes(32))


def to_use(asked: Asked) -> dict[str, Any]:
    return webauthn.request_options(asked, salt=locks.salt(asked.site.rp_id))


@dataclass
class Person:
    """A member of staff with a passphrase, and the security keys in their pocket."""

    world: Any
    one: Any

    @property
    def actor(self) -> Any:
        return self.world.actor(self.one)

    def standing(self) -> hardware.Standing:
        with self.world.database.session(write=False) as session:
            return hardware.standing(session, by=self.actor)

    def add(self, key: SoftKey, name: str = "blue", **other: Any) -> hardware.Held:
        asked, proving = other.pop("asked", question()), other.pop("proving", question())
        made = webauthn.creation_options(asked or question(), handle=bytes(32), known=[], salt=b"salt")
        content = {"created": key.create(made), "proof": key.get(to_use(proving or question()))}
        given = {
            "passphrase": PASSPHRASE,
            "answer": json.dumps(content),
            "now": self.world.clock.now,
            "asked": asked,
            "proving": proving,
        }
        with self.world.database.session(write=True) as session:
            return hardware.add(session, by=self.actor, name=name, **given | other)

    def remove(self, key_id: UUID, passphrase: str = PASSPHRASE) -> None:
        with self.world.database.session(write=True) as session:
            hardware.remove(session, by=self.actor, passphrase=passphrase, key_id=key_id)

    def require(self, required: bool = True, passphrase: str = PASSPHRASE) -> None:  # noqa: FBT001, FBT002
        with self.world.database.session(write=True) as session:
            hardware.require(session, by=self.actor, passphrase=passphrase, required=required)

    def sign_in(self, key: SoftKey | None, **other: Any) -> Any:
        asked = other.pop("asked", question())
        answer = key.answer(to_use(asked or question())) if key else ""
        self.world.clock.forward(seconds=30)
        given = {
            "name": self.one.name,
            "passphrase": PASSPHRASE,
            "code": "" if key else self.world.code(self.one),
            "answer": answer,
            "asked": asked,
            "cost": COST,
            "now": self.world.clock.now,
        }
        with self.world.database.session(write=True) as session:
            return service.sign_in(session, **given | other)

    def two_required(self) -> tuple[SoftKey, SoftKey]:
        first, second = SoftKey(), SoftKey()
        self.add(first, "blue")
        self.add(second, "green")
        self.require()
        return first, second


@pytest.fixture
def sahar(world: Any) -> Person:
    return Person(world, world.lead())


@pytest.fixture
def other(world: Any) -> Person:
    return Person(world, world.person("Roya", Role.REVIEWER))


def sql(world: Any, statement: Any) -> Any:
    """Do what somebody does who only writes to the database."""
    with world.database.main.begin() as connection:
        found = connection.execute(statement)
        return found.mappings().all() if found.returns_rows else None


def rows(world: Any) -> Mapping[UUID, Any]:
    return {one["id"]: one for one in sql(world, select(SecurityKey.__table__))}


def test_a_security_key_takes_the_place_of_the_code(sahar: Person) -> None:
    key = SoftKey()
    held = sahar.add(key, "  blue   one ")
    assert (held.name, held.opens, held.rp_id) == ("blue one", True, "localhost")
    assert sahar.sign_in(key).seed == sahar.one.bundle.identity
    assert sahar.sign_in(None).seed == sahar.one.bundle.identity
    assert not sahar.standing().required
    assert not sahar.standing().may_require


def test_with_a_key_required_nothing_else_opens(sahar: Person) -> None:
    first, second = sahar.two_required()
    assert sahar.standing().required
    assert sahar.sign_in(None) is None
    assert sahar.sign_in(first).seed == sahar.one.bundle.identity
    assert sahar.sign_in(second).seed == sahar.one.bundle.identity
    assert sahar.sign_in(first, passphrase="other words") is None


def test_one_key_is_not_enough_to_require_it(sahar: Person) -> None:
    sahar.add(SoftKey())
    with pytest.raises(InvalidError, match="Two security keys"):
        sahar.require()
    sahar.add(SoftKey(prf=False))
    elsewhere = Site("http://desk.onion", "desk.onion")
    sahar.add(
        SoftKey(origin=elsewhere.origin, rp_id=elsewhere.rp_id),
        asked=question(elsewhere),
        proving=question(elsewhere),
    )
    with pytest.raises(InvalidError, match="Two security keys"):
        sahar.require()
    assert sahar.sign_in(None)


def test_a_lost_key_is_removed_while_the_other_works(sahar: Person) -> None:
    first, second = sahar.two_required()
    blue, green = sahar.standing().keys
    before = rows(sahar.world)[blue.id]
    sahar.remove(blue.id)
    assert sahar.sign_in(first) is None
    assert sahar.sign_in(second)
    assert sahar.sign_in(None) is None
    with pytest.raises(InvalidError, match="the last key"):
        sahar.remove(green.id)
    sql(sahar.world, SecurityKey.__table__.insert().values(dict(before)))
    assert sahar.sign_in(first) is None, "what was removed and put back by SQL opens nothing"


def test_the_passphrase_can_be_let_in_alone_again(sahar: Person) -> None:
    first, _ = sahar.two_required()
    with pytest.raises(StaleError):
        sahar.require()
    sahar.require(required=False)
    assert sahar.sign_in(None)
    assert sahar.sign_in(first)
    with pytest.raises(StaleError):
        sahar.require(required=False)
    for one in sahar.standing().keys:
        sahar.remove(one.id)
    assert sahar.sign_in(None)
    assert sql(sahar.world, select(BundleLock.__table__)) == []


def test_a_key_without_prf_vouches_and_opens_nothing(sahar: Person) -> None:
    key = SoftKey(prf=False)
    assert not sahar.add(key).opens
    assert sahar.sign_in(key)
    assert sahar.sign_in(None)
    assert rows(sahar.world)[sahar.standing().keys[0].id]["wrap"] is None
    sahar.two_required()
    assert sahar.sign_in(key) is None


def test_a_browser_without_prf_does_not_open_what_requires_it(sahar: Person) -> None:
    first, _ = sahar.two_required()
    first.prf = False
    assert sahar.sign_in(first) is None


@pytest.mark.parametrize("prf", [b"", bytes(31), bytes(33), bytes(32)])
def test_a_wrong_output_of_the_right_key_opens_nothing(sahar: Person, prf: bytes) -> None:
    first, _ = sahar.two_required()
    asked = question()
    answer = first.get(to_use(asked)) | {"prf": webauthn._text(prf)}
    assert sahar.sign_in(first, asked=asked, answer=json.dumps(answer)) is None


def test_another_keys_output_does_not_open_under_this_keys_name(sahar: Person) -> None:
    first, _ = sahar.two_required()
    first.secret = secrets.token_bytes(32)
    assert sahar.sign_in(first) is None


def test_an_answer_for_another_origin_counts_for_nothing(sahar: Person) -> None:
    key = SoftKey()
    sahar.add(key)
    key.origin = "http://localhost:8001.example"
    assert sahar.sign_in(key) is None
    key.origin = "https://localhost:8001"
    assert sahar.sign_in(key) is None


def test_an_answer_for_another_site_counts_for_nothing(sahar: Person) -> None:
    key = SoftKey()
    sahar.add(key)
    key.rp_id = "desk.example"
    assert sahar.sign_in(key) is None
    key.origin, elsewhere = "https://desk.example", Site("https://desk.example", "desk.example")
    assert sahar.sign_in(key, asked=question(elsewhere)) is None, "this credential is of the other site"


def test_an_answer_counts_once_and_only_for_what_was_asked(sahar: Person) -> None:
    key = SoftKey(counts=False)
    sahar.add(key)
    asked = question()
    answer = key.answer(to_use(asked))
    assert sahar.sign_in(key, asked=asked, answer=answer)
    assert sahar.sign_in(key, asked=asked, answer=answer) is None
    assert sahar.sign_in(key, asked=question(), answer=answer) is None
    assert sahar.sign_in(key, asked=None) is None


def test_an_answer_without_a_pin_or_with_a_changed_signature_counts_for_nothing(sahar: Person) -> None:
    key = SoftKey()
    sahar.add(key)
    key.verified = False
    assert sahar.sign_in(key) is None
    key.verified = True
    asked = question()
    answer = key.get(to_use(asked))
    answer["response"]["signature"] = "AAAA" + answer["response"]["signature"][4:]
    assert sahar.sign_in(key, asked=asked, answer=json.dumps(answer)) is None


def test_a_page_inside_another_gets_nothing(sahar: Person) -> None:
    key = SoftKey()
    sahar.add(key)
    key.framed = True
    assert sahar.sign_in(key) is None
    with pytest.raises(InvalidError, match="does not hold"):
        sahar.add(SoftKey(framed=True))


@pytest.mark.parametrize("answer", ["x", "{}", "[]", "7", '{"prf": 7}', "[" * 5000, '{"response": {}}'])
def test_nonsense_is_no_answer(sahar: Person, answer: str) -> None:
    sahar.add(SoftKey())
    assert sahar.sign_in(SoftKey(), answer=answer) is None


def test_another_persons_key_is_of_no_use(sahar: Person, other: Person) -> None:
    theirs = SoftKey()
    sahar.add(SoftKey())
    other.add(theirs)
    assert sahar.sign_in(theirs) is None
    assert other.sign_in(theirs)


def test_a_counter_that_goes_back_is_refused_and_told(sahar: Person) -> None:
    key = SoftKey()
    sahar.add(key)
    for _ in range(3):
        assert sahar.sign_in(key)
    copy = replace(key, count=1)
    assert sahar.sign_in(copy) is None
    assert sahar.standing().keys[0].copied
    assert sahar.sign_in(key)
    assert "staff.key-copied" in told(sahar.world)


def test_a_key_that_never_counts_is_taken(sahar: Person) -> None:
    key = SoftKey(counts=False)
    sahar.add(key)
    assert sahar.sign_in(key)
    assert sahar.sign_in(key)


def told(world: Any) -> set[str]:
    with world.database.session(write=False) as session:
        found = [ledger.read_acts(one, world.group_seeds[Group.AUDITORS]) for one in ledger.entries(session)]
    return {one.act for acts in found for one in acts}


def test_a_key_added_by_sql_is_not_there(sahar: Person, other: Person) -> None:
    """Who only writes to the database makes a record of their own key, under any key they have."""
    sahar.add(SoftKey())
    attacker = SoftKey()
    theirs = other.add(attacker)
    row = rows(sahar.world)[theirs.id]
    for record in (row["record"], b"\x01" + bytes(4200)):
        sql(
            sahar.world,
            SecurityKey.__table__.insert().values(id=uuid4(), staff_id=sahar.one.id, record=record),
        )
    sql(sahar.world, update(SecurityKey).where(SecurityKey.id == theirs.id).values(staff_id=sahar.one.id))
    assert sahar.sign_in(attacker) is None
    assert sahar.standing().strange == 3
    assert [one.name for one in sahar.standing().keys] == ["blue"]
    sahar.add(SoftKey(), "green")
    sahar.require()
    assert sahar.sign_in(attacker) is None


def test_rows_that_changed_places_do_not_open(sahar: Person) -> None:
    first, second = sahar.two_required()
    blue, green = sahar.standing().keys
    here = rows(sahar.world)
    for column in ("record", "wrap"):
        for mine, its in ((blue, green), (green, blue)):
            sql(
                sahar.world,
                update(SecurityKey).where(SecurityKey.id == mine.id).values({column: here[its.id][column]}),
            )
        assert sahar.sign_in(first) is None, column
        assert sahar.sign_in(second) is None, column
        for mine in (blue, green):
            sql(
                sahar.world,
                update(SecurityKey).where(SecurityKey.id == mine.id).values({column: here[mine.id][column]}),
            )
    assert sahar.sign_in(first)


def test_a_lock_put_in_by_sql_does_not_let_the_passphrase_in(sahar: Person) -> None:
    sahar.add(SoftKey(), "blue")
    sahar.add(SoftKey(), "green")
    earlier = sql(sahar.world, select(BundleLock.__table__))[0]
    sahar.require()
    for blob in (earlier["blob"], b"\x01" + bytes(90)):
        sql(sahar.world, delete(BundleLock))
        sql(sahar.world, BundleLock.__table__.insert().values(staff_id=sahar.one.id, blob=blob))
        assert sahar.sign_in(None) is None
    sahar.add(SoftKey(), "red")
    assert sql(sahar.world, select(BundleLock.__table__)) == [], "it is not taken for the owner's wish"
    assert sahar.sign_in(None) is None


def test_the_dump_and_the_passphrase_open_nothing(sahar: Person) -> None:
    first, _ = sahar.two_required()
    world = sahar.world
    person = sql(world, select(Staff.__table__).where(Staff.id == sahar.one.id))[0]
    with world.database.session(write=False) as session:
        kept = hardware.locks_of(session, session.get_one(Staff, sahar.one.id))
    assert locks.unlock(kept, PASSPHRASE, staff_id=sahar.one.id) is None
    stretched = derive_key(PASSPHRASE, kept.kept.salt, kept.kept.cost)
    alone = locks._alone(stretched, sahar.one.id)
    for key in (alone, stretched[:32], stretched[32:], bytes(32)):
        for blob in sealed_values(world):
            for place in places(sahar.one.id, list(kept.keys)):
                with pytest.raises(UnsealError):
                    unseal(key, blob, place)
    asked = question()
    given = webauthn.output(first.answer(to_use(asked)))
    assert locks.unlock(kept, "other words", staff_id=sahar.one.id, output=given) is None
    assert locks.unlock(kept, PASSPHRASE, staff_id=sahar.one.id, output=given) is not None
    assert person["bundle"] == kept.kept.sealed


def sealed_values(world: Any) -> Iterator[bytes]:
    for table in (Staff, BundleLock, SecurityKey):
        for row in sql(world, select(table.__table__)):
            yield from (one for one in row.values() if isinstance(one, bytes) and one[:1] == b"\x01")


def places(staff_id: UUID, keys: list[UUID]) -> Iterator[bytes]:
    yield context(Label.BUNDLE, staff_id)
    yield context(Label.BUNDLE_KEY, staff_id)
    for key_id in keys:
        yield context(Label.BUNDLE_KEY, staff_id, key_id)
        yield context(Label.HARDWARE, staff_id, key_id, "record")


def test_a_bundle_from_before_opens_as_ever(sahar: Person) -> None:
    assert rows(sahar.world) == {}
    assert sahar.sign_in(None)
    with sahar.world.database.session(write=True) as session:
        opened = hardware.open_own(session, by=sahar.actor, passphrase=PASSPHRASE)
    assert opened is not None
    assert opened.alone


def test_changes_need_the_passphrase(sahar: Person) -> None:
    held = sahar.add(SoftKey())
    for change in (
        lambda: sahar.add(SoftKey(), passphrase="other words"),
        lambda: sahar.remove(held.id, "other words"),
        lambda: sahar.require(passphrase="other words"),
    ):
        with pytest.raises(InvalidError, match="not your passphrase"):
            change()


def test_a_new_key_must_answer_what_was_asked(sahar: Person) -> None:
    asked = question()
    with pytest.raises(InvalidError, match="does not hold"):
        sahar.add(SoftKey(origin="https://else.example"))
    with pytest.raises(InvalidError, match="does not hold"):
        sahar.add(SoftKey(verified=False))
    for missing in ({"asked": None}, {"proving": None}, {"answer": "{}"}, {"answer": "x"}, {"answer": "[7]"}):
        with pytest.raises(InvalidError, match="does not hold"):
            sahar.add(SoftKey(), **missing)
    with pytest.raises(InvalidError, match="does not hold"):
        sahar.add(
            SoftKey(),
            answer=json.dumps({"created": SoftKey().create(to_use(asked)), "proof": {}}),
            asked=asked,
        )
    with pytest.raises(InvalidError, match="copied to an account"):
        sahar.add(SoftKey(copied=True))
    assert sahar.standing().keys == []


def test_the_first_signature_must_be_of_the_new_key(sahar: Person) -> None:
    asked, proving = question(), question()
    content = {"created": SoftKey().create(to_use(asked)), "proof": SoftKey().get(to_use(proving))}
    with pytest.raises(InvalidError, match="does not hold"):
        sahar.add(SoftKey(), asked=asked, proving=proving, answer=json.dumps(content))


def test_a_key_is_registered_once_and_there_is_room_for_six(sahar: Person) -> None:
    key = SoftKey()
    sahar.add(key)
    with pytest.raises(InvalidError, match="here already"):
        sahar.add(key)
    for number in range(5):
        sahar.add(SoftKey(), str(number))
    with pytest.raises(InvalidError, match="as many"):
        sahar.add(SoftKey())


def test_nobody_removes_anothers_key(sahar: Person, other: Person) -> None:
    held = sahar.add(SoftKey())
    with pytest.raises(NotFoundError):
        other.remove(held.id)
    with pytest.raises(NotFoundError):
        other.remove(uuid4())


def test_whose_access_ended_changes_nothing(sahar: Person) -> None:
    actor = sahar.actor
    sql(sahar.world, update(Staff).where(Staff.id == sahar.one.id).values(active=False))
    with sahar.world.database.session(write=True) as session, pytest.raises(RefusedError):
        hardware.open_own(session, by=actor, passphrase=PASSPHRASE)
    with sahar.world.database.session(write=True) as session, pytest.raises(RefusedError):
        hardware.open_own(session, by=replace(actor, id=uuid4()), passphrase=PASSPHRASE)


def test_what_changed_meanwhile_is_looked_at_again(sahar: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    real = locks.unlock

    def slow(*given: Any, **more: Any) -> Any:
        sql(sahar.world, update(Staff).where(Staff.id == sahar.one.id).values(bundle=b"\x01 else"))
        return real(*given, **more)

    monkeypatch.setattr(locks, "unlock", slow)
    with pytest.raises(StaleError):
        sahar.require()


def signed_in(instance: Instance, key: SoftKey | None, asked: Asked, answer: str) -> Any:
    one = instance.founders["maple"]
    with instance.database.session(write=True) as session:
        return service.sign_in(
            session,
            name="maple",
            passphrase=one.passphrase,
            code="" if key else totp.code(one.bundle.totp_secret, instance.clock()),
            cost=CHEAP,
            now=instance.clock(),
            answer=answer,
            asked=asked,
        )


def an_enrolled(instance: Instance, key: SoftKey) -> None:
    asked, proving = question(), question()
    made = webauthn.creation_options(asked, handle=bytes(32), known=[], salt=b"salt")
    answer = json.dumps({"created": key.create(made), "proof": key.get(to_use(proving))})
    with instance.database.session(write=True) as session:
        hardware.add(
            session,
            by=instance.actor("maple", session),
            passphrase=instance.founders["maple"].passphrase,
            name="blue",
            answer=answer,
            asked=asked,
            proving=proving,
            now=instance.clock(),
        )


def test_both_databases_open_with_the_key_and_not_without(instance: Instance) -> None:
    keys = SoftKey(), SoftKey()
    for key in keys:
        an_enrolled(instance, key)
    with instance.database.session(write=True) as session:
        actor, words = instance.actor("maple", session), instance.founders["maple"].passphrase
        hardware.require(session, by=actor, passphrase=words, required=True)
    for key in keys:
        asked = question()
        assert signed_in(instance, key, asked, key.answer(to_use(asked)))
    assert signed_in(instance, None, question(), "") is None


def test_of_requests_at_once_with_one_answer_one_gets_in(instance: Instance) -> None:
    key = SoftKey(counts=False)
    an_enrolled(instance, key)
    asked = question()
    answer = key.answer(to_use(asked))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: signed_in(instance, key, asked, answer), range(4)))
    assert [one is not None for one in found].count(True) == 1


def test_the_user_handle_is_steady_and_differs_by_person_and_site(sahar: Person, other: Person) -> None:
    assert hardware.handle(sahar.actor, "a") == hardware.handle(sahar.actor, "a")
    found = {hardware.handle(one.actor, site) for one in (sahar, other) for site in ("a", "b")}
    assert len(found) == 4


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("desk.example", Site("https://desk.example", "desk.example")),
        ("DESK.example", Site("https://desk.example", "desk.example")),
        ("abc.onion", Site("http://abc.onion", "abc.onion")),
        ("localhost:8001", Site("http://localhost:8001", "localhost")),
        ("127.0.0.1:8001", None),
        ("desk.example:444", None),
        ("evil.example", None),
        ("", None),
    ],
)
def test_only_the_desks_own_addresses_are_sites(host: str, found: Site | None) -> None:
    addresses = ("https://desk.example", "http://abc.onion", "http://127.0.0.1:8001", "")
    assert webauthn.site_of(host, addresses) == found


def test_the_options_name_nobody(sahar: Person) -> None:
    asked = question()
    used = webauthn.request_options(asked, salt=locks.salt("localhost"))
    assert used["allowCredentials"] == []
    assert used["userVerification"] == "required"
    made = webauthn.creation_options(asked, handle=bytes(32), known=[b"one"], salt=b"salt")
    assert made["authenticatorSelection"]["residentKey"] == "required"
    assert sahar.one.name not in json.dumps(made)
