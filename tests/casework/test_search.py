"""Searching in what people told: forgiving, in both scripts, and only in what may be read now."""

from builders import Instance
from cases import a_case
from indexed import hits, read_in


def test_a_word_finds_its_case_however_it_is_spelt(sqlite_instance: Instance) -> None:
    case_id = a_case(sqlite_instance)
    other = a_case(sqlite_instance, "برادرم را از گوهردشت به اوین بردند.", holder="")
    assert read_in(sqlite_instance) == 2
    assert hits(sqlite_instance, "Gohardasht") == [case_id, other]
    assert hits(sqlite_instance, "گوهردشت") == [other, case_id]
    assert hits(sqlite_instance, "Omid Rastegr") == [case_id]
    assert hits(sqlite_instance, "امید رستگار") == [case_id]
    assert hits(sqlite_instance, "evin") == [other]
    assert hits(sqlite_instance, "nobody") == []
