"""Every role, group and permission has its words, in every language."""

import pytest

from portal.config import PACKAGE
from portal.permissions import Group, Permission, Role
from portal.staff.labels import DUTIES, GROUPS, PERMISSIONS, ROLES
from portal.web.languages import FINISHED
from portal.web.locale import translations


@pytest.mark.parametrize(
    ("kind", "words"), [(Role, ROLES), (Role, DUTIES), (Group, GROUPS), (Permission, PERMISSIONS)]
)
def test_nothing_that_staff_may_do_is_without_words(kind: type, words: dict[object, object]) -> None:
    assert set(words) == set(kind)


@pytest.mark.parametrize("words", [ROLES, DUTIES, GROUPS, PERMISSIONS])
def test_the_words_are_known_in_every_language(words: dict[object, object]) -> None:
    for language in set(FINISHED) - {"en"}:
        assert (PACKAGE / "translations" / language / "staff.po").exists()
        for one in words.values():
            english = one._args[0]  # type: ignore[attr-defined]
            assert translations(language).gettext(english) != english
