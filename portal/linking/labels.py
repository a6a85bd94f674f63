"""The words of linking as people see them."""

from collections.abc import Mapping
from typing import Any

from portal.linking.agreeing import Agreement
from portal.linking.vocabulary import Basis, Certainty, LinkRelation, Target
from portal.web.locale import lazy_gettext as _l

TARGETS: Mapping[Target, Any] = {
    Target.PERSON: _l("Person"),
    Target.PRISON: _l("Prison"),
    Target.GRAVE: _l("Grave"),
}

RELATIONS: Mapping[LinkRelation, Any] = {
    LinkRelation.VICTIM: _l("was killed, or disappeared"),
    LinkRelation.ABOUT: _l("is the one the account is about"),
    LinkRelation.NARRATOR: _l("is the narrator"),
    LinkRelation.WITNESS: _l("was a witness"),
    LinkRelation.PERPETRATOR: _l("is said to have taken part"),
    LinkRelation.HELD_AT: _l("somebody was held there"),
    LinkRelation.VISITED: _l("the narrator went there"),
    LinkRelation.WORKED_AT: _l("somebody worked there"),
    LinkRelation.BELIEVED_BURIED: _l("somebody is believed to be buried there"),
    LinkRelation.SAW_BURIAL: _l("the narrator saw a burial there"),
    LinkRelation.SAW_DESTRUCTION: _l("the narrator saw it disturbed or destroyed"),
    LinkRelation.MENTIONED: _l("is mentioned"),
}

CERTAINTIES: Mapping[Certainty, Any] = {
    Certainty.MAYBE: _l("perhaps"),
    Certainty.LIKELY: _l("likely"),
    Certainty.CERTAIN: _l("certain"),
}

BASES: Mapping[Basis, Any] = {
    Basis.SAW: _l("saw it"),
    Basis.HEARD: _l("heard it"),
    Basis.TOLD: _l("was told by others"),
    Basis.DOCUMENT: _l("a document says so"),
    Basis.INFERRED: _l("concludes it from other things"),
}

AGREEMENTS: Mapping[Agreement, Any] = {
    Agreement.SAME: _l("the same name, letter for letter"),
    Agreement.SAME_SOUND: _l("the same name in another spelling or script"),
    Agreement.BEGINS: _l("one name begins with the other"),
    Agreement.CONTAINS: _l("one name is part of the other"),
    Agreement.PARTLY: _l("the names share some words"),
}
