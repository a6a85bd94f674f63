"""Keys that were exchanged by somebody who can write where they lie."""

import re
from dataclasses import replace

import pytest
from builders import CHEAP, NOON, Instance, token_of
from sqlalchemy import select

from portal.config import Face, load_settings
from portal.errors import UnavailableError
from portal.permissions import Group, Role
from portal.staff import service
from portal.staff.credentials import new_bundle
from portal.staff.founding import write_directory
from portal.staff.models import Membership, Proposal, Staff
from portal.store.directory import read_public_keys
from portal.vault.directory import fingerprint
from portal.vault.sign import SigningKey
from portal.vault.wrap import new_seed, public_key


def test_nothing_starts_with_public_keys_that_were_exchanged(sqlite_instance: Instance) -> None:
    path = sqlite_instance.settings.instance / "directory.json"
    root = SigningKey.from_seeds(sqlite_instance.secrets.root_seeds)
    pinned = {"PORTAL_ROOT_FINGERPRINT": fingerprint(root.verify_key).upper() + "\n"}
    assert load_settings(pinned, path.parent, read=read_public_keys).public_keys == sqlite_instance.keys
    groups = {**sqlite_instance.keys.groups, "intake": public_key(new_seed())}
    exchanged = replace(sqlite_instance.keys, groups=groups)
    for name in ("directory.json", "root.fingerprint"):
        (path.parent / name).unlink()
    write_directory(path.parent, exchanged, SigningKey.generate(), day=NOON.date())
    with pytest.raises(UnavailableError, match="another root"):
        load_settings(pinned, path.parent, read=read_public_keys)


def test_a_key_goes_to_the_mark_that_was_compared_and_to_no_other(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=True) as session:
        mina = service.enrol(
            session,
            name="mina",
            role=Role.REVIEWER,
            bundle=new_bundle(),
            passphrase="seven plain words that nobody would guess",
            cost=CHEAP,
            now=NOON,
        )
        mina_id = mina.id
        proposed = {"group": Group.INTAKE, "proposed_by": "olive", "day": NOON.date(), "before": False}
        session.add(Proposal(staff_id=mina_id, **proposed))
    lead = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(lead, "maple")
    page = lead.get("/en/staff/keys")
    mark = re.search(r'name="mark" value="([0-9a-f ]+)"', page.text)
    assert mark
    with sqlite_instance.database.session(write=True) as session:
        session.get_one(Staff, mina_id).public_key = public_key(new_seed())
    data = {"csrf_token": token_of(page), "group": "intake", "mark": mark[1]}
    answer = lead.post(f"/en/staff/{mina_id}/keys", data=data)
    assert answer.status_code == 409
    assert "not the key that you compared" in answer.text
    with sqlite_instance.database.session(write=False) as session:
        assert session.scalars(select(Membership).where(Membership.staff_id == mina_id)).all() == []
