"""What can be said of which record."""

import itertools

import pytest

from portal.linking.evidence import Sort
from portal.linking.labels import AGAINST, BASES, CERTAINTIES, FOR, RELATIONS, TARGETS
from portal.linking.vocabulary import RELATIONS as FITTING
from portal.linking.vocabulary import LinkRelation, Target, fits, target_of
from portal.registry.vocabulary import Basis, Certainty, Kind, PlaceKind


def test_every_word_has_its_label() -> None:
    for words, labels in (
        (LinkRelation, RELATIONS),
        (Target, TARGETS),
        (Certainty, CERTAINTIES),
        (Basis, BASES),
        (Sort, {**FOR, **AGAINST}),
    ):
        assert set(words) == set(labels)


@pytest.mark.parametrize(("target", "relation"), list(itertools.product(Target, LinkRelation)))
def test_a_relation_fits_only_its_kind_of_record(target: Target, relation: LinkRelation) -> None:
    assert fits(target, relation) == (relation in FITTING[target])


def test_a_grave_holds_nobody_prisoner_and_a_person_is_no_place() -> None:
    assert not fits(Target.GRAVE, LinkRelation.HELD_AT)
    assert not fits(Target.PERSON, LinkRelation.SAW_BURIAL)
    assert not fits(Target.PRISON, LinkRelation.VICTIM)


def test_towns_bodies_and_events_are_not_linked_to() -> None:
    assert target_of(Kind.PLACE, PlaceKind.CITY) is None
    assert target_of(Kind.BODY) is None
    assert target_of(Kind.EVENT) is None
    assert target_of(Kind.PLACE, PlaceKind.PRISON) is Target.PRISON
    assert target_of(Kind.PLACE, PlaceKind.CEMETERY) is Target.GRAVE
    assert target_of(Kind.GRAVE) is Target.GRAVE
    assert target_of(Kind.PERSON) is Target.PERSON
