"""One text for a key and one digest for a row, whatever database it lies in."""

from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Integer, MetaData, String, Table, Uuid, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import Column

from portal.ledger.rows import canonical, digests, key_text, recorded_tables, row_digest

ONE = UUID("00112233-4455-4677-8899-aabbccddeeff")


class Colour(StrEnum):
    RED = "red"


class Number(Enum):
    ONE = 1


VALUES = st.one_of(
    st.booleans(),
    st.integers(),
    st.text(),
    st.binary(),
    st.uuids(),
    st.dates(),
    st.datetimes(),
    st.floats(allow_nan=False),
)


@given(VALUES, VALUES)
def test_two_values_have_one_digest_only_if_they_are_the_same(one: Any, two: Any) -> None:
    same = type(one) is type(two) and (one == two) and str(one) == str(two)
    assert (row_digest("t", {"a": one}) == row_digest("t", {"a": two})) == same


def test_the_digest_of_a_row_is_a_fixed_figure() -> None:
    values = {
        "id": ONE,
        "day": date(2026, 11, 22),
        "at": datetime(2026, 11, 22, 5, 6, 7, 8, UTC),
        "name": "\u0632\u0647\u0631\u0627",
        "blob": b"\x01\x02",
        "yes": True,
        "count": -3,
        "none": None,
        "list": [1, {"b": None, "a": "x"}],
    }
    assert (
        row_digest("thing", values).hex()
        == "29232542f2996ed88a53bc74db14e33d274c752a867a1d9cc2fd056df76904b5"
    )


def test_the_order_of_columns_and_empty_columns_do_not_matter() -> None:
    assert row_digest("t", {"a": 1, "b": "x", "c": None}) == row_digest("t", {"b": "x", "a": 1})


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (("t", {"a": 1}), ("u", {"a": 1})),
        (("t", {"a": 1}), ("t", {"b": 1})),
        (("t", {"a": "x", "b": "y"}), ("t", {"a": "y", "b": "x"})),
        (("t", {"a": "ab"}), ("t", {"a": "a", "b": ""})),
        (("t", {"a": 1}), ("t", {"a": True})),
        (("t", {"a": "x"}), ("t", {"a": b"x"})),
        (("t", {"a": None}), ("t", {"a": ""})),
    ],
)
def test_what_differs_anywhere_differs_in_its_digest(one: tuple[str, Any], two: tuple[str, Any]) -> None:
    assert row_digest(*one) != row_digest(*two)


def test_a_moment_is_the_same_in_every_zone_and_a_word_in_every_class() -> None:
    utc = datetime(2026, 11, 22, 12, tzinfo=UTC)
    tehran = utc.astimezone(timezone(timedelta(hours=3, minutes=30)))
    assert row_digest("t", {"a": utc}) == row_digest("t", {"a": tehran})
    assert row_digest("t", {"a": utc}) == row_digest("t", {"a": utc.replace(tzinfo=None)})
    assert row_digest("t", {"a": Colour.RED}) == row_digest("t", {"a": "red"})
    assert row_digest("t", {"a": Number.ONE}) == row_digest("t", {"a": 1})


def test_a_type_nobody_thought_of_is_refused() -> None:
    with pytest.raises(TypeError, match="complex"):
        row_digest("t", {"a": 1j})


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ((ONE,), "00112233445546778899aabbccddeeff"),
        ((7,), "7"),
        ((b"\x00\xff",), "00ff"),
        ((Colour.RED, "a:b/c"), "red:a%3Ab%2Fc"),
        (("\u0632",), "%D8%B2"),
        ((date(2026, 11, 22),), "2026-11-22"),
    ],
)
def test_keys_have_one_text(key: tuple[Any, ...], expected: str) -> None:
    assert key_text(key) == expected


def test_json_has_one_spelling() -> None:
    assert canonical({"b": [1, None, "\u0632"], "a": {}}) == '{"a":{},"b":[1,null,"\u0632"]}'.encode()


def test_digests_are_read_back_by_single_and_double_keys_in_batches() -> None:
    engine, metadata = create_engine("sqlite://"), MetaData()
    single = Table("single", metadata, Column("id", Integer, primary_key=True), Column("v", String))
    double = Table(
        "double", metadata, Column("a", Uuid, primary_key=True), Column("b", Integer, primary_key=True)
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(single.insert(), [{"id": number, "v": str(number)} for number in range(1200)])
        connection.execute(double.insert(), [{"a": ONE, "b": number} for number in range(3)])
        found = digests(connection, single, [(number,) for number in range(1300)])
        assert len(found) == 1200
        assert found[1199,] == row_digest("single", {"id": 1199, "v": "1199"})
        assert digests(connection, double, [(ONE, 1), (ONE, 9)]) == {
            (ONE, 1): row_digest("double", {"a": ONE, "b": 1})
        }
    engine.dispose()


def test_tables_are_recorded_unless_their_class_says_otherwise() -> None:
    class Other(DeclarativeBase):
        pass

    class Kept(Other):
        __tablename__ = "kept"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Silent(Other):
        __tablename__ = "silent"
        __recorded__ = False
        id: Mapped[int] = mapped_column(primary_key=True)

    Table("plain", Other.metadata, Column("id", Integer, primary_key=True))
    assert recorded_tables(Other).keys() == {"kept", "plain"}
    assert Kept.__table__ is not Silent.__table__
