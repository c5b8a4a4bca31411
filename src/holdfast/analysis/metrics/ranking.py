"""Which entity moved most, when nobody knows who calls whom; and which of its metrics moved the others."""

import math
from collections import defaultdict

from holdfast.analysis.metrics.onset import find_onset
from holdfast.analysis.metrics.scoring import scores, usual
from holdfast.analysis.metrics.suspects import Ranking, Suspect, ranking
from holdfast.analysis.metrics.table import Table
from holdfast.analysis.numbers.confidence import Calibration

# Below this many usual spreads nothing is wrong. Wide, for the largest of many series is asked for.
STIRRED = 12.0
# The margin is the logarithm of how many times the first one's score exceeds the second's. Taken as the odds as it
# stands: nothing is fitted.
SURE = Calibration(intercept=0.0, slope=1.0)


def rank_entities(before: Table, after: Table) -> Ranking:
    """Return the entities by their most moved metric, best first; quiet when none moved STIRRED usual spreads.

    Raises ValueError when the two tables' columns differ.
    """
    if before.columns != after.columns:
        raise ValueError("columns: those before and those after differ")
    moved: dict[str, dict[str, float]] = defaultdict(dict)
    for column, score in zip(after.columns, scores(after, usual(before)), strict=True):
        moved[column.entity][column.metric] = float(score)
    told = [_suspect(entity, by_metric, after) for entity, by_metric in moved.items()]
    stirred = sorted((s for s in told if s.score >= STIRRED), key=lambda s: (-s.score, s.entity))
    return ranking(tuple(stirred), _margin(stirred), SURE)


def rank_around_onset(table: Table) -> Ranking:
    """Return the entities as `rank_entities` does, with the time it began found; quiet when nothing began."""
    onset = find_onset(table)
    return rank_entities(*table.split(onset.unix)) if onset else Ranking()


def _suspect(entity: str, by_metric: dict[str, float], table: Table) -> Suspect:
    depth = {c.metric: c.kind.depth for c in table.columns if c.entity == entity}
    stirred = [m for m, score in by_metric.items() if score >= STIRRED]
    order = sorted(stirred, key=lambda m: (-depth[m], -by_metric[m], m))
    return Suspect(entity, max(by_metric.values()), tuple(order))


def _margin(stirred: list[Suspect]) -> float:
    """Return the logarithm of how many times the first exceeds the second, or what is quiet when there is none."""
    if not stirred:
        return 0.0
    rival = stirred[1].score if len(stirred) > 1 else STIRRED
    return math.log(stirred[0].score / rival)
