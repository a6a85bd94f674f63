"""What drawings say: the parts of the country, the seas, the marks of the map, the crowds of a place."""

from collections.abc import Mapping
from typing import Any

from portal.registry.vocabulary import RelationKind
from portal.web.locale import lazy_gettext as _l

VIEWS: Mapping[str, Any] = {
    "iran": _l("All of Iran"),
    "tehran": _l("Tehran and Karaj"),
    "north": _l("North"),
    "north-west": _l("North-west"),
    "west": _l("West"),
    "south-west": _l("South-west"),
    "centre": _l("Centre"),
    "south": _l("South"),
    "north-east": _l("North-east"),
    "south-east": _l("South-east"),
}

WATERS: Mapping[str, Any] = {
    "caspian": _l("Caspian Sea"),
    "persian-gulf": _l("Persian Gulf"),
    "oman": _l("Gulf of Oman"),
}

MARKS: Mapping[str, Any] = {
    "prison": _l("Prison"),
    "grave": _l("Grave"),
    "disturbed": _l("Grave, disturbed or perhaps so"),
    "cemetery": _l("Cemetery"),
}

FILTERS: Mapping[str, Any] = {
    "": _l("Everything"),
    "prison": _l("Prisons"),
    "grave": _l("Graves"),
    "cemetery": _l("Cemeteries"),
}

CROWDS: Mapping[RelationKind, Any] = {
    RelationKind.HELD_AT: _l("Who was held here"),
    RelationKind.WORKED_AT: _l("Who worked here"),
    RelationKind.BURIED_AT: _l("Who is said to be buried here"),
}
