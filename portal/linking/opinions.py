"""What each person who decides on a link thinks, as it is sealed; and whether two think the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self
from uuid import UUID

from portal.linking.vocabulary import Answer, LinkRelation, Outcome, Target, matter_of
from portal.registry.vocabulary import Basis, Certainty


@dataclass(frozen=True)
class Choice:
    """A record that marked words mean, what it is to the account, how sure that is and how it is known."""

    record_id: UUID
    target: Target
    relation: LinkRelation
    certainty: Certainty
    basis: Basis


@dataclass(frozen=True)
class Opinion:
    """What one person said of marked words; ``choice`` is None where they named no record."""

    answer: Answer
    choice: Choice | None
    comment: str = field(repr=False)
    by: str
    by_id: UUID | None
    """None in links of the time when names alone were kept."""
    day: date

    def is_of(self, person_id: UUID, name: str) -> bool:
        """Tell whose opinion it is; two people may come to have one name, one after the other."""
        return self.by_id == person_id or (self.by_id is None and self.by == name)

    def to_value(self) -> dict[str, Any]:
        """Return what is sealed; a link adds the words that it rests on."""
        said = {
            "answer": self.answer.value,
            "by": self.by,
            "by_id": str(self.by_id) if self.by_id else "",
            "comment": self.comment,
            "day": self.day.isoformat(),
        }
        if self.choice is None:
            return said
        return said | {
            "basis": self.choice.basis.value,
            "certainty": self.choice.certainty.value,
            "kind": self.choice.target.value,
            "record_id": str(self.choice.record_id),
            "relation": self.choice.relation.value,
        }

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_value` wrote, and links that were made before it."""
        answer, by_id = Answer(value.get("answer", Answer.RECORD)), value.get("by_id", "")
        return cls(
            answer=answer,
            choice=_choice(value) if answer is Answer.RECORD else None,
            comment=value["comment"],
            by=value["by"],
            by_id=UUID(by_id) if by_id else None,
            day=date.fromisoformat(value["day"]),
        )


def _choice(value: Mapping[str, Any]) -> Choice:
    return Choice(
        record_id=UUID(value["record_id"]),
        target=Target(value["kind"]),
        relation=LinkRelation(value["relation"]),
        certainty=Certainty(value["certainty"]),
        basis=Basis(value["basis"]),
    )


@dataclass(frozen=True)
class Settlement:
    """What a lead decided where two saw it differently."""

    outcome: Outcome
    reason: str = field(repr=False)
    by: str
    by_id: UUID
    day: date

    def to_value(self) -> dict[str, Any]:
        """Return what is sealed."""
        return {
            "by": self.by,
            "by_id": str(self.by_id),
            "day": self.day.isoformat(),
            "outcome": self.outcome.value,
            "reason": self.reason,
        }

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_value` wrote."""
        return cls(
            outcome=Outcome(value["outcome"]),
            reason=value["reason"],
            by=value["by"],
            by_id=UUID(value["by_id"]),
            day=date.fromisoformat(value["day"]),
        )


def agree(first: Opinion, second: Opinion, *, same: Callable[[UUID, UUID], bool]) -> bool:
    """Tell whether two say the same: one record, as ``same`` sees it, and one matter.

    How sure each is, and how each reads the narrator's knowing, may differ; both are shown.
    """
    one, other = first.choice, second.choice
    return (
        one is not None
        and other is not None
        and matter_of(one.relation) is matter_of(other.relation)
        and same(one.record_id, other.record_id)
    )
