"""Which lines of a flood are read: evenly over the answer, those that tell of errors before all others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_LINES = 100_000  # of one answer: some five seconds of one core to read, put into templates and cut into chunks


@dataclass(frozen=True)
class Sample:
    """Places of the lines to read, in order, and how they were chosen; `told` is empty when they are all."""

    places: Sequence[int]
    told: str = ""


def sample(lines: Iterable[tuple[bool, bool]], most: int = MOST_LINES) -> Sample:
    """Return which lines to read, about `most` of them; each is told by whether it is severe and whether a frame.

    Severe lines are all kept while they are no more than half of `most`, or while there are few others. Both kinds are
    thinned evenly, so that the counts of a template on both sides of a moment keep their proportion. A frame of a
    stack trace goes with its line.
    """
    records: list[tuple[bool, int, int]] = []  # severe, first place, lines
    count = 0
    for place, (severe, frame) in enumerate(lines):
        count += 1
        if frame and records:
            was, first, size = records[-1]
            records[-1] = (was, first, size + 1)
        else:
            records.append((severe, place, 1))
    if count <= most:
        return Sample(range(count))
    errors = sum(size for severe, _, size in records if severe)
    kept_errors = min(errors, max(most // 2, most - (count - errors)))
    shares = {True: kept_errors / max(1, errors), False: (most - kept_errors) / max(1, count - errors)}
    places = _evenly(records, shares)
    whole = f", all {errors:,} that tell of errors" if errors and kept_errors == errors else ""
    return Sample(places, f"read {len(places):,} of {count:,} lines, evenly{whole}")


def _evenly(records: Iterable[tuple[bool, int, int]], shares: dict[bool, float]) -> list[int]:
    """Return the places of each kind's share of records, one as far from the next as any other."""
    met = {True: 0, False: 0}
    places: list[int] = []
    for severe, first, size in records:
        nth, share = met[severe], min(1.0, shares[severe])
        met[severe] = nth + 1
        if int((nth + 1) * share) > int(nth * share):
            places.extend(range(first, first + size))
    return places
