"""Entries of before tags get theirs with the migration and not later; a lost key is replaced in the open."""

import json
from pathlib import Path

import pytest
from builders import Founded, Instance, open_instance
from click.testing import CliRunner
from sqlalchemy import text

from portal import cli, schema, upkeep
from portal.errors import RefusedError, UnavailableError
from portal.ledger import service as ledger
from portal.ledger.report import Report
from portal.ledger.rows import canonical
from portal.ledger.tree import leaf_hash
from portal.permissions import Group

UNTAGGED = "has no tag: the portal did not write it"


def key_of(instance: Instance) -> Path:
    return instance.settings.instance / "entry.key"


def verified(instance: Instance) -> Report:
    settings = instance.settings
    environ = {"PORTAL_DATABASE_URL": settings.database_url, "PORTAL_KEYS_URL": settings.keys_url}
    return upkeep.verify_folder(settings.instance, environ)


def named(instance: Instance) -> list[str]:
    return [str(one) for one in verified(instance).problems]


def act(instance: Instance) -> None:
    with instance.database.session(write=True) as session:
        ledger.note(session, "case.read", by="cedar")


def sql(instance: Instance, *statements: str) -> None:
    with instance.database.main.begin() as connection:
        for one in statements:
            connection.execute(text(one))


def opened(instance: Instance) -> Instance:
    """The same instance by processes that started just now."""
    instance.database.dispose()
    made = Founded(instance.settings.instance, instance.founders, instance.secrets)
    urls = {"url": instance.settings.database_url, "keys_url": instance.settings.keys_url}
    return open_instance(made, instance.settings.instance, **urls)


def last_act(instance: Instance) -> tuple[str, dict[str, str]]:
    with instance.database.session(write=False) as session:
        newest = ledger.newest(session, limit=1)[0]
        (one,) = ledger.read_acts(newest, instance.secrets.group_seeds[Group.AUDITORS])
        return one.act, dict(one.detail)


@pytest.fixture
def older(instance: Instance) -> Instance:
    """As the version before tags left it: three entries below a head, two behind it, and no key."""
    act(instance)
    act(instance)
    upkeep.checkpoint(instance.database, instance.settings)
    act(instance)
    act(instance)
    schema.downgrade(instance.database, "0014", which="main")
    key_of(instance).unlink()
    return instance


def test_what_was_there_gets_its_tag_with_the_migration(older: Instance) -> None:
    upkeep.upgrade(older.settings)
    assert key_of(older).stat().st_mode & 0o777 == 0o600
    assert len(key_of(older).read_bytes()) == 32
    now = opened(older)
    report = verified(now)
    assert report.problems == []
    assert report.counts["tags"] == report.counts["entries"] == 6
    assert last_act(now) == ("ledger.tag", {"signed": "3", "unsigned": "2", "left": "0"})
    act(now)
    upkeep.checkpoint(now.database, now.settings)
    assert named(now) == []
    now.database.dispose()


def test_it_does_not_get_one_later(older: Instance) -> None:
    upkeep.upgrade(older.settings)
    now = opened(older)
    kept = key_of(now).read_bytes()
    sql(now, "UPDATE ledger_entry SET tag = NULL WHERE seq >= 4")
    upkeep.upgrade(now.settings)
    assert named(now) == [f"entry 4-5: {UNTAGGED}"]
    # Nor when somebody with SQL alone has the migration run once more.
    schema.downgrade(now.database, "0014", which="main")
    upkeep.upgrade(now.settings)
    assert named(now) == [f"entry 0-5: {UNTAGGED}"]
    assert key_of(now).read_bytes() == kept
    with pytest.raises(UnavailableError, match="Entry 3 of the ledger was not written by this portal"):
        upkeep.checkpoint(now.database, now.settings)
    now.database.dispose()


@pytest.mark.parametrize("seq", [1, 4])
def test_an_entry_that_does_not_hold_gets_none_and_the_others_do(older: Instance, seq: int) -> None:
    with older.database.main.begin() as connection:
        at = {"seq": seq}
        body = connection.execute(text("SELECT body FROM ledger_entry WHERE seq = :seq"), at).scalar_one()
        changed = canonical({**json.loads(bytes(body)), "acts": None})
        change = text("UPDATE ledger_entry SET body = :body WHERE seq = :seq")
        connection.execute(change, {"body": changed, **at})
    upkeep.upgrade(older.settings)
    now = opened(older)
    assert {one.object for one in verified(now).problems} >= {str(seq)}
    with now.database.main.connect() as connection:
        bare = connection.execute(text("SELECT seq FROM ledger_entry WHERE tag IS NULL")).scalars().all()
    assert bare == [seq]
    now.database.dispose()


def test_under_a_head_that_does_not_fit_nothing_is_believed(older: Instance) -> None:
    """A past that was rewritten, leaf hashes too: the head tells, and what lies behind it proves nothing."""
    with older.database.main.begin() as connection:
        find = text("SELECT body FROM ledger_entry WHERE seq = 1")
        changed = canonical({**json.loads(bytes(connection.execute(find).scalar_one())), "acts": None})
        change = text("UPDATE ledger_entry SET body = :body, leaf_hash = :leaf WHERE seq = 1")
        connection.execute(change, {"body": changed, "leaf": leaf_hash(changed)})
    upkeep.upgrade(older.settings)
    now = opened(older)
    assert f"entry 0-4: {UNTAGGED}" in named(now)
    assert last_act(now) == ("ledger.tag", {"signed": "0", "unsigned": "0", "left": "5"})
    now.database.dispose()


@pytest.mark.parametrize("unsigned", [False, True])
def test_where_all_heads_are_gone_somebody_has_to_decide(older: Instance, *, unsigned: bool) -> None:
    with older.database.main.begin() as connection:
        # As if it had been written for weeks: the first entry of a month ago.
        find = text("SELECT body FROM ledger_entry WHERE seq = 0")
        changed = canonical({**json.loads(bytes(connection.execute(find).scalar_one())), "day": "2026-01-01"})
        change = text("UPDATE ledger_entry SET body = :body, leaf_hash = :leaf, day = :day WHERE seq = 0")
        connection.execute(change, {"body": changed, "leaf": leaf_hash(changed), "day": "2026-01-01"})
        connection.execute(text("DELETE FROM ledger_checkpoint"))
    upkeep.upgrade(older.settings)
    now = opened(older)
    assert last_act(now) == ("ledger.tag", {"signed": "0", "unsigned": "0", "left": "5"})
    now.database.dispose()
    if not unsigned:
        with pytest.raises(RefusedError, match="No head fits"):
            upkeep.tag_again(now.settings, unsigned=False)
    else:
        tagged = upkeep.tag_again(now.settings, unsigned=True)
        assert (tagged.signed, tagged.unsigned, tagged.left) == (0, 6, 0)


def test_an_upgrade_that_was_cut_off_goes_on_with_the_same_key(
    older: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = key_of(older).with_name("entry.key.new")

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(upkeep, "rename_whole", cut)
    with pytest.raises(KeyboardInterrupt):
        upkeep.upgrade(older.settings)
    monkeypatch.undo()
    made = coming.read_bytes()
    with pytest.raises(UnavailableError, match=r"entry\.key is missing"):
        upkeep.checkpoint(older.database, older.settings)
    upkeep.upgrade(older.settings)
    assert key_of(older).read_bytes() == made
    assert not coming.exists()
    assert named(older) == []


def test_a_lost_key_is_replaced_and_the_ledger_says_so(instance: Instance) -> None:
    act(instance)
    upkeep.checkpoint(instance.database, instance.settings)
    act(instance)
    kept = key_of(instance).read_bytes()
    key_of(instance).unlink()
    with pytest.raises(UnavailableError, match="tag-again"):
        upkeep.upgrade(instance.settings)
    with pytest.raises(RefusedError, match=r"1 entries stand behind the newest head.*--unsigned"):
        upkeep.tag_again(instance.settings, unsigned=False)
    assert [one.name for one in key_of(instance).parent.glob("entry.key*")] == []
    tagged = upkeep.tag_again(instance.settings, unsigned=True)
    assert (tagged.signed, tagged.unsigned, tagged.left) == (2, 1, 0)
    assert key_of(instance).read_bytes() != kept
    now = opened(instance)
    assert named(now) == []
    assert last_act(now) == ("ledger.tag-again", {"signed": "2", "unsigned": "1", "left": "0"})
    upkeep.checkpoint(now.database, now.settings)
    key_of(now).write_bytes(kept)
    assert named(now) == ["entry 0-3: the tag is not one that this portal made for it"]
    now.database.dispose()


def test_the_command_says_what_it_did(sqlite_instance: Instance) -> None:
    upkeep.checkpoint(sqlite_instance.database, sqlite_instance.settings)
    key_of(sqlite_instance).unlink()
    sqlite_instance.database.dispose()
    folder = str(sqlite_instance.settings.instance)
    environ = {"PORTAL_INSTANCE": folder}
    told = CliRunner().invoke(cli.main, ["ledger", "tag-again"], env=environ)
    assert told.exit_code == 0, told.output
    assert "1 entries that a head proves and 0 behind it have new tags." in told.output
    assert CliRunner().invoke(cli.main, ["ledger", "checkpoint"], env=environ).exit_code == 0
    assert "Everything holds." in CliRunner().invoke(cli.main, ["verify", folder], env=environ).output
