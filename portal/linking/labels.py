"""The words of linking as people see them."""

from collections.abc import Mapping
from typing import Any

from portal.linking.corroboration import Tie
from portal.linking.evidence import Sort
from portal.linking.models import LinkState
from portal.linking.vocabulary import Answer, LinkRelation, Outcome, Target
from portal.registry.vocabulary import Basis, Certainty, Kind
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

STATES: Mapping[LinkState, Any] = {
    LinkState.CURRENT: _l("holds"),
    LinkState.WAITING: _l("waits for a second look"),
    LinkState.DISPUTED: _l("two see it differently"),
    LinkState.OVERRULED: _l("not upheld"),
    LinkState.SUPERSEDED: _l("taken back"),
}

# The shape beside the word (parts/display.html, tag).
STATE_SHAPES: Mapping[LinkState, str] = {
    LinkState.CURRENT: "done",
    LinkState.WAITING: "wait",
    LinkState.DISPUTED: "wait",
    LinkState.OVERRULED: "stop",
    LinkState.SUPERSEDED: "stop",
}

ANSWERS: Mapping[Answer, Any] = {
    Answer.RECORD: _l("a record"),
    Answer.NONE: _l("none of the registry's records"),
    Answer.UNSURE: _l("unsure"),
}

OUTCOMES: Mapping[Outcome, Any] = {
    Outcome.FIRST: _l("The first answer holds"),
    Outcome.SECOND: _l("The second answer holds"),
    Outcome.NEITHER: _l("Neither holds"),
}

# What one account says of a record, as the beginning of "3 accounts say so".
CLAIMS: Mapping[LinkRelation, Any] = {
    LinkRelation.VICTIM: _l("Killed, or disappeared"),
    LinkRelation.PERPETRATOR: _l("Said to have taken part"),
    LinkRelation.WITNESS: _l("A witness"),
    LinkRelation.HELD_AT: _l("Somebody was held there"),
    LinkRelation.WORKED_AT: _l("Somebody worked there"),
    LinkRelation.VISITED: _l("The narrator went there"),
    LinkRelation.BELIEVED_BURIED: _l("Somebody is believed to be buried there"),
    LinkRelation.SAW_BURIAL: _l("The narrator saw a burial there"),
    LinkRelation.SAW_DESTRUCTION: _l("The narrator saw it disturbed or destroyed"),
}

TIES: Mapping[Tie, Any] = {
    Tie.NARRATOR: _l("the same narrator"),
    Tie.HOUSEHOLD: _l("both narrators are of the family"),
    Tie.CELL: _l("both narrators were in the same cell"),
    Tie.PUBLISHED: _l("both were published in the same place before"),
    Tie.MARKED: _l("a reviewer said so"),
}

NEW: Mapping[Kind, Any] = {
    Kind.PERSON: _l("Add as a new person"),
    Kind.BODY: _l("Add as a new organisation"),
    Kind.PLACE: _l("Add as a new place"),
    Kind.GRAVE: _l("Add as a new grave"),
}

SAME_NAME = _l("the same name, letter for letter")
SAME_SOUND = _l("the same name in another spelling or script")

STANDINGS: Mapping[str, Any] = {
    "name-and-more": _l("The name agrees, and other things do too."),
    "name": _l("The name agrees; nothing else speaks for it yet."),
    "part-and-more": _l("The name agrees in part; other things agree too."),
    "part": _l("Only a part of the name agrees."),
    "contradicted": _l("Something contradicts it. Look closely."),
}

FOR: Mapping[Sort, Any] = {
    Sort.FATHER: _l("the father's name agrees: %(said)s"),
    Sort.FATHER_NAMED: _l("the account has the father's name in it: %(said)s"),
    Sort.SEX: _l("the account says %(said)s, which fits"),
    Sort.AGE: _l("the age fits: %(said)s years, born %(known)s"),
    Sort.PLACE: _l("the account names a place that goes with it: %(said)s"),
    Sort.HOME: _l("the account names the home town: %(said)s"),
    Sort.DATE: _l("the dates meet: %(said)s in the account, %(known)s in the registry"),
    Sort.KIN: _l("the account names somebody near to them: %(said)s"),
    Sort.COMPANION: _l("near to %(known)s, to whom this case is linked"),
    Sort.SAME_EVENT: _l("in one event with %(known)s, to whom this case is linked"),
    Sort.SAME_PRISON: _l("in one place with %(known)s, to whom this case is linked"),
}

AGAINST: Mapping[Sort, Any] = {
    Sort.FATHER: _l("another father: %(said)s in the account, %(known)s in the registry"),
    Sort.SEX: _l("the account says %(said)s; in the registry: %(known)s"),
    Sort.AGE: _l("the age does not fit: %(said)s years, born %(known)s"),
    Sort.DATE: _l("the dates do not meet: %(said)s in the account, %(known)s in the registry"),
    Sort.AFTER_DEATH: _l("later than the death: %(said)s in the account, %(known)s in the registry"),
}
