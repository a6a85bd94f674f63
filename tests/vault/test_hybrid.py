"""Whoever breaks one half of the hybrid, and recorded everything, opens nothing: both halves must fall."""

import hashlib

import pytest
from builders import Instance
from cases import a_case
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey
from sqlalchemy import select

from portal.intake.models import Part, Submission
from portal.intake.sealing import wrap_place
from portal.staff.models import GroupEpoch, Membership
from portal.store.wraps import Wrap
from portal.vault.wrap import _HPKE, key_id, new_seed, public_key

ENCAPSULATED = 1120
"""ML-KEM-768's ciphertext (1,088 bytes) and an X25519 public key (32)."""


def halves(seed: bytes) -> tuple[bytes, bytes]:
    expanded = hashlib.shake_256(seed).digest(96)
    return expanded[:64], expanded[64:]


def somebody_who_has(mlkem: bytes, x25519: bytes) -> MLKEM768X25519PrivateKey:
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(mlkem), X25519PrivateKey.from_private_bytes(x25519)
    )


def test_one_broken_half_opens_nothing_that_was_recorded(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance, holder="")
    tried = 0
    with sqlite_instance.database.session(write=False) as session:
        parts = {one.id: one for one in session.get_one(Submission, case_id).parts}
        for row in session.keys.scalars(select(Wrap)):
            part: Part = parts[row.part_id]
            place = wrap_place(case_id, part.id, part.compartment)
            for seed in sqlite_instance.secrets.group_seeds.values():
                mlkem, x25519 = halves(seed)
                other_mlkem, other_x25519 = halves(new_seed())
                for thief in (somebody_who_has(other_mlkem, x25519), somebody_who_has(mlkem, other_x25519)):
                    tried += 1
                    with pytest.raises(InvalidTag):
                        _HPKE.decrypt(row.blob[1:], thief, info=place)
        recovery = sqlite_instance.secrets.recovery_seed
        assert recovery
        whole, opened = somebody_who_has(*halves(recovery)), 0
        for row in session.keys.scalars(select(Wrap).where(Wrap.key_id == key_id(public_key(recovery)))):
            place = wrap_place(case_id, row.part_id, parts[row.part_id].compartment)
            opened += len(_HPKE.decrypt(row.blob[1:], whole, info=place)) == 32
    assert opened == len(parts)
    assert tried > 50


def test_every_wrapped_key_that_is_stored_is_wrapped_with_both_halves(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance, holder="")
    with sqlite_instance.database.session(write=False) as session:
        blobs = [row.blob for row in session.keys.scalars(select(Wrap))]
        blobs += [row.blob for row in session.scalars(select(Membership))]
        blobs += [row.recovery_blob for row in session.scalars(select(GroupEpoch)) if row.recovery_blob]
    assert len(blobs) > 10
    for blob in blobs:
        assert blob[0] == 1
        assert len(blob) >= 1 + ENCAPSULATED + 32 + 16
