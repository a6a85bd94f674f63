"""Which accounts come from one family: those that reviewers linked to the same person."""

from collections.abc import Hashable, Iterable, Mapping
from uuid import UUID

from portal.casework.sealing import CaseKey
from portal.intake.models import Compartment
from portal.intake.sealing import PartKey, wrap_place
from portal.linking.vocabulary import LinkRelation, Target
from portal.release.gathering import SealedLinks
from portal.vault.seal import Label, Sealed
from portal.vault.wrap import Seeds, unwrap

BINDING = frozenset({LinkRelation.NARRATOR, LinkRelation.ABOUT, LinkRelation.VICTIM})
"""Links that make two accounts one family; who was merely mentioned, or was the perpetrator, does not."""


def persons_of(sealed: SealedLinks, *, case_seeds: Seeds) -> set[UUID]:
    """Open the links of one account: the registry ids of those whom it is about."""
    place = wrap_place(sealed.submission_id, sealed.part_id, Compartment.CONTENT)
    key = unwrap(case_seeds, Sealed(sealed.wrapped), place)
    part = PartKey(sealed.submission_id, sealed.part_id, Compartment.CONTENT, key)
    opener = CaseKey(sealed.submission_id, part)
    values = [opener.open(Label.LINK, link_id, blob) for link_id, blob in sealed.links]
    return {
        UUID(one["record_id"])
        for one in values
        if one["kind"] == Target.PERSON.value and one["relation"] in BINDING
    }


def families(accounts: Iterable[UUID], persons: Mapping[UUID, Iterable[Hashable]]) -> dict[UUID, str]:
    """Name the family of each account: the least id among all that hang together by persons.

    The name is a submission's random id, never a person's, so that nothing kept tells who is linked to whom.
    """
    family = {one: str(one) for one in accounts}
    members = {str(one): [one] for one in family}
    first: dict[Hashable, UUID] = {}
    for one in sorted(family, key=str):
        for person in persons.get(one, ()):
            other = first.setdefault(person, one)
            kept, lost = sorted((family[one], family[other]))
            if kept == lost:
                continue
            for each in members[lost]:
                family[each] = kept
            members[kept] += members.pop(lost)
    return family
