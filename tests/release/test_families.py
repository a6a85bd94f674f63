"""Which accounts are one family."""

from uuid import UUID

from portal.release.families import families

ONE, TWO, THREE, FOUR = (UUID(int=number) for number in range(1, 5))


def test_accounts_that_share_a_person_are_one_family_and_it_spreads() -> None:
    persons = {ONE: {"a"}, TWO: {"a", "b"}, THREE: {"b"}, FOUR: {"c"}}
    assert families([FOUR, THREE, TWO, ONE], persons) == {
        ONE: str(ONE),
        TWO: str(ONE),
        THREE: str(ONE),
        FOUR: str(FOUR),
    }


def test_an_account_without_links_is_a_family_of_its_own() -> None:
    assert families([ONE, TWO], {}) == {ONE: str(ONE), TWO: str(TWO)}
