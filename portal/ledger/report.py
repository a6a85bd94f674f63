"""What a check of the instance found."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: `kind` is database, entry, checkpoint, row or file; `object` names the thing."""

    kind: str
    object: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.object}: {self.what}"


@dataclass(slots=True)
class Report:
    """All findings. Warnings are leftovers of interrupted work: no testimony is missing or changed."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Tell whether nothing is missing or changed."""
        return not self.problems

    def add(self, kind: str, subject: str, what: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(kind, subject, what))

    def warn(self, kind: str, subject: str, what: str) -> None:
        """Add a warning."""
        self.warnings.append(Problem(kind, subject, what))

    def count(self, what: str, number: int = 1) -> None:
        """Count what was checked."""
        self.counts[what] = self.counts.get(what, 0) + number
