"""The groups' keys as the database has them, held against the signed directory.

Nobody seals by the database. But a row that somebody slipped into it, or a directory that was set back to an
edition from before a renewal, shows in their disagreement, and then nothing is sealed until somebody looks.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import PublicKeys
from portal.staff.models import EpochState, GroupEpoch
from portal.vault.directory import DirectoryError


def agree(session: Session, keys: PublicKeys) -> None:
    """Raise `DirectoryError` when the database names a group's key that the directory does not have so.

    A proposed key waits for the root's signature and receives nothing, so it is let be.
    """
    query = select(GroupEpoch.group, GroupEpoch.epoch, GroupEpoch.public_key, GroupEpoch.state)
    renewed = {(name, epoch) for name, epoch in keys.epochs.items() if epoch > 1}
    for group, epoch, public, state in session.execute(query.where(GroupEpoch.state != EpochState.PROPOSED)):
        if not keys.is_group_key(group.value, epoch, public):
            raise DirectoryError(
                f"The database names a key of the group {group.value} that the directory does not have."
            )
        if state is EpochState.CURRENT and epoch != keys.epochs.get(group.value, 1):
            raise DirectoryError(f"The database calls another key of the group {group.value} current.")
        if state is EpochState.CURRENT:
            renewed.discard((group.value, epoch))
    if renewed:
        raise DirectoryError(f"The database has no current key of the group {min(renewed)[0]}.")
