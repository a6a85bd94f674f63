"""Cases with an index over them, as tests of searching need them."""

from collections.abc import Callable
from uuid import UUID

from builders import Instance
from cases import at_desk
from sqlalchemy import select

import portal.erasure
import portal.linking.speaking  # noqa: F401 - both are there wherever the desk runs
from portal.casework import search, search_building
from portal.casework.index import Standing
from portal.casework.search import Answer
from portal.casework.search_building import Batch
from portal.database import PortalSession
from portal.store.segments import IndexSegment


def read_in(instance: Instance, name: str = "cedar", *, repair: bool = False) -> int:
    """Read everything in, as the page does; returns how many cases were read."""
    with at_desk(instance, name, write=False) as (_, by):
        pass

    def once(act: Callable[[PortalSession], Batch | int]) -> Batch | int:
        with instance.database.session(write=True) as session:
            return act(session)

    return sum(search_building.rounds(once, by=by, repair=repair))


def searched(instance: Instance, text: str, name: str = "cedar", page: int = 1) -> Answer:
    with at_desk(instance, name) as (session, by):
        return search.search(session, by=by, text=text, page=page)


def hits(instance: Instance, text: str, name: str = "cedar") -> list[UUID]:
    return [one.case_id for one in searched(instance, text, name).hits]


def standing(instance: Instance, name: str = "cedar") -> Standing:
    with at_desk(instance, name) as (session, by):
        return search.look(session, by=by)


def segments(instance: Instance) -> list[UUID]:
    with instance.database.session(write=False) as session:
        return list(session.scalars(select(IndexSegment.id).order_by(IndexSegment.number)))
