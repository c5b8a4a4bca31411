"""Plays the Nezha set (Yu et al., FSE 2023): faults of two shops, told by metrics, traces and logs."""

import time
from pathlib import Path

from benchmarks.rca.nezha.looking import look
from benchmarks.rca.nezha.scoring import Played, gaps, rows
from benchmarks.rca.outcome import Answer, Outcome
from holdfast.analysis.blending.blend import blend


def play(folder: Path) -> Outcome:
    """Rank every fault's services by all sources there are; raises OSError when a file cannot be read."""
    played = []
    began = time.monotonic()
    for looked in look(folder):
        ranking = blend(looked.sources)
        ended = time.monotonic()
        played.append(Played(looked, ranking, ended - began))
        began = ended
    answers = tuple(Answer(case=p.name, confidence=p.ranking.confidence, right=p.within(1)) for p in played)
    return Outcome(rows=rows(played), answers=answers, gap=gaps(played))
