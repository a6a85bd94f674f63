"""How names agree, across spellings and scripts."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.linking import matching
from portal.linking.matching import Agreement


@dataclass(frozen=True)
class Name:
    text: str
    script: str = "Latn"


@pytest.mark.parametrize(
    ("text", "name", "agreement"),
    [
        ("Omid Rastegar", "omid rastegar", Agreement.SAME),
        ("نوري", "نوری", Agreement.SAME),
        ("عادل آباد", "عادل‌آباد", Agreement.SAME),
        ("Hamid Noury", "Hamid Nouri", Agreement.SAME_SOUND),
        ("Gohardhasht", "Gohardasht", Agreement.SAME_SOUND),
        ("Gohardasht, ward 7", "Gohardasht", Agreement.BEGINS),
        ("the Rastegar family", "Rastegar", Agreement.CONTAINS),
        ("Omid", "Behrang", Agreement.PARTLY),
        ("", "Behrang", Agreement.PARTLY),
    ],
)
def test_the_agreement_of_two_spellings(text: str, name: str, agreement: Agreement) -> None:
    assert matching.agreement(text, name) is agreement


@given(st.text(max_size=30), st.text(max_size=30))
def test_agreement_does_not_depend_on_which_comes_first(one: str, other: str) -> None:
    assert matching.agreement(one, other) is matching.agreement(other, one)


def test_the_best_of_several_names_counts() -> None:
    match = matching.best("حمید عباسی", [Name("Hamid Noury"), Name("حمید نوری"), Name("حمید عباسی")])
    assert match == matching.Match(Agreement.SAME, "حمید عباسی")
    assert matching.best("x", []).agreement is Agreement.PARTLY


def test_a_name_is_mentioned_only_as_whole_words() -> None:
    assert matching.mentions("پدرم، رحیم، را خواستند.", "رحیم")
    assert matching.mentions("They wrote to Adel Abad prison.", "Adelabad")
    assert not matching.mentions("رحیمی آمد", "رحیم")
    assert not matching.mentions("anything", "")
    assert not matching.mentions("a b", "b")
