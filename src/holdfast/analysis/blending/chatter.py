"""What log lines say of a place: which kinds of line it began to write, or stopped writing."""

from collections import Counter
from collections.abc import Iterable

from holdfast.analysis.traces.deviation import Deviation, changed_rate
from holdfast.analysis.traces.places import blame

Kind = tuple[str, str]  # the place, and the line with all that varies left out


def rank_chatter(quiet: Iterable[Kind], troubled: Iterable[Kind]) -> dict[str, float]:
    """Return each place's score, 0 and up in nats: lines whose share of all lines changed beyond chance; {} without.

    A kind of line of a place that wrote nothing before is new; lifts are fused as those of traces are.
    """
    before, now = Counter(quiet), Counter(troubled)
    of, of_now = before.total(), now.total()
    if not of or not of_now:
        return {}
    kinds = before.keys() | now.keys()
    return blame(Deviation((k[0],), k[1], changed_rate((before[k], of), (now[k], of_now)), now[k]) for k in kinds)
