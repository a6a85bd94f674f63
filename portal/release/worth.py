"""What a release is still good for: how far counts by a column go wrong when wide labels are shared out."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from portal.release.anonymise import Outcome, Row
from portal.release.policy import Policy


def moved(outcome: Outcome, policy: Policy, truth: Sequence[Row]) -> dict[str, float]:
    """Return for each column made coarser the total variation, 0 to 1, between true and released counts.

    A label counts evenly for the values under it.
    """
    found = {}
    for name, tree in policy.quasi.items():
        at = outcome.columns.index(name)
        labels = Counter(row[at] for row in outcome.rows)
        under: defaultdict[str, list[str]] = defaultdict(list)
        for value, path in tree.paths.items():
            for label in labels.keys() & set(path):
                under[label].append(value)
        apart: defaultdict[str, float] = defaultdict(float)
        for value, count in Counter(str(row.values.get(name)) for row in truth).items():
            apart[value] += count / len(truth)
        for label, values in under.items():
            for value in values:
                apart[value] -= labels[label] / len(outcome.rows) / len(values)
        found[name] = sum(map(abs, apart.values())) / 2
    return found
