"""How names agree, across spellings and scripts."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.linking import agreeing
from portal.linking.agreeing import Agreement


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
    assert agreeing.agreement(text, name) is agreement


@given(st.text(max_size=30), st.text(max_size=30))
def test_agreement_does_not_depend_on_which_comes_first(one: str, other: str) -> None:
    assert agreeing.agreement(one, other) is agreeing.agreement(other, one)


def test_the_best_of_several_names_counts() -> None:
    match = agreeing.best("حمید عباسی", [Name("Hamid Noury"), Name("حمید نوری"), Name("حمید عباسی")])
    assert match == agreeing.Match(Agreement.SAME, "حمید عباسی")
    assert agreeing.best("x", []).agreement is Agreement.PARTLY


def test_a_name_is_mentioned_only_as_whole_words() -> None:
    assert agreeing.mentions("پدرم، رحیم، را خواستند.", "رحیم")
    assert agreeing.mentions("They wrote to Adel Abad prison.", "Adelabad")
    assert not agreeing.mentions("رحیمی آمد", "رحیم")
    assert not agreeing.mentions("anything", "")
    assert not agreeing.mentions("a b", "b")
