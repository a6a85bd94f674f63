"""Settings: from the environment and the instance folder, once; what cannot be read is said plainly."""

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from portal.config import (
    PACKAGE,
    Face,
    PublicKeys,
    bundled,
    default_instance,
    load_settings,
)
from portal.errors import UnavailableError
from portal.staff.founding import write_directory
from portal.store.directory import read_public_keys
from portal.vault.sign import SigningKey

KEYS = PublicKeys(
    recovery=b"r" * 1216,
    groups={"intake": b"i" * 1216, "contact": b"c" * 1216},
    ledger_ed25519=b"e" * 32,
    ledger_mldsa44=b"m" * 1312,
    receipt_salt=b"s" * 16,
    origin="test.example/portal",
    epochs={"intake": 1, "contact": 1},
    former={"intake": {}, "contact": {}},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_directory(tmp_path, KEYS, SigningKey.generate(), day=date(2026, 11, 22))
    return tmp_path


def test_public_keys_come_back_as_they_were_written(folder: Path) -> None:
    assert read_public_keys(folder) == KEYS


def test_missing_keys_say_to_run_init(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="portal init"):
        read_public_keys(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "null", '{"recovery": 5}', '{"recovery": "no hex"}', "\\ud800"]
)
def test_damaged_keys_are_called_damaged(folder: Path, text: str) -> None:
    (folder / "directory.json").write_text(text)
    with pytest.raises(UnavailableError, match="damaged"):
        read_public_keys(folder)


def test_an_empty_environment_gives_what_is_safe(folder: Path) -> None:
    settings = load_settings({}, folder, read=read_public_keys)
    assert settings.secure_cookies
    assert settings.session_folder is None
    assert settings.files == folder / "files"
    assert settings.main_url == f"sqlite:///{folder / 'portal.db'}"
    assert settings.wraps_url == f"sqlite:///{folder / 'keys.db'}"
    assert settings.staff_memory_kib >= 64 * 1024


def test_every_setting_is_read_from_its_name(folder: Path) -> None:
    settings = load_settings(
        {
            "PORTAL_DATABASE_URL": "postgresql+psycopg:///portal",
            "PORTAL_KEYS_URL": "postgresql+psycopg:///keys",
            "PORTAL_SESSION_FOLDER": "/run/portal",
            "PORTAL_SECURE_COOKIES": "0",
            "PORTAL_DESK_ADDRESS": "https://b.example",
            "PORTAL_ONION_ADDRESS": "http://c.onion",
            "PORTAL_FILE_LIMIT": "1048576",
            "PORTAL_FILES_PER_SUBMISSION": "3",
            "PORTAL_QUIET_ACCOUNTS": "500",
            "PORTAL_EXIT_ADDRESS": "https://d.example",
            "PORTAL_INTAKE_LANGUAGES": "en  ckb",
            "PORTAL_STAFF_MEMORY_KIB": "65536",
        },
        folder,
        read=read_public_keys,
    )
    assert (settings.main_url, settings.wraps_url) == (
        "postgresql+psycopg:///portal",
        "postgresql+psycopg:///keys",
    )
    assert settings.session_folder == Path("/run/portal")
    assert not settings.secure_cookies
    assert settings.desk_address == "https://b.example"
    assert settings.onion_address == "http://c.onion"
    assert (settings.file_limit, settings.files_per_submission) == (1048576, 3)
    assert settings.quiet_accounts == 500
    assert settings.exit_address == "https://d.example"
    assert settings.languages(Face.INTAKE) == ("en", "ckb")
    assert settings.languages(Face.DESK) == ("fa", "en")
    assert settings.staff_memory_kib == 65536


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_FILE_LIMIT", "much"),
        ("PORTAL_FILES_PER_SUBMISSION", ""),
        ("PORTAL_QUIET_ACCOUNTS", "few"),
        ("PORTAL_STAFF_MEMORY_KIB", "1.5"),
    ],
)
def test_a_setting_that_cannot_be_read_is_refused(folder: Path, name: str, value: str) -> None:
    with pytest.raises(UnavailableError, match="cannot be read"):
        load_settings({name: value}, folder, read=read_public_keys)


@pytest.mark.parametrize("value", ["", "1", "true", "no", "yes"])
def test_cookies_are_insecure_only_when_exactly_told_so(folder: Path, value: str) -> None:
    assert load_settings({"PORTAL_SECURE_COOKIES": value}, folder, read=read_public_keys).secure_cookies


def test_the_instance_is_named_by_the_environment_or_lies_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_instance({"PORTAL_INSTANCE": str(folder)}) == folder.resolve()
    monkeypatch.chdir(folder)
    assert default_instance({}) == (folder / "instance").resolve()
    assert load_settings({"PORTAL_INSTANCE": str(folder)}, read=read_public_keys).instance == folder.resolve()


def test_settings_cannot_be_changed_and_show_no_keys(folder: Path) -> None:
    settings = load_settings({}, folder, read=read_public_keys)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.file_limit = 1  # type: ignore[misc]
    assert "public_keys" not in repr(settings)


@pytest.mark.parametrize("name", ["templates", "migrations"])
def test_what_is_shipped_is_found_in_a_checkout_and_in_a_wheel(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bundled(name).is_dir()
    monkeypatch.setattr("portal.config.PACKAGE", tmp_path / "portal")
    assert bundled(name) == tmp_path / name
    shipped = tmp_path / "portal" / "_shipped" / name
    shipped.mkdir(parents=True)
    assert bundled(name) == shipped
    assert PACKAGE.is_dir()
