"""What comes back among more things than can be remembered: a failure that repeats under a flood of other lines."""

from collections import OrderedDict
from collections.abc import Hashable


class Returning:
    """Counts things in bounded memory: of those seen less than `often` times the `most` recent ones are remembered.

    At most `room` things are said to return, for each then costs its caller memory.
    """

    def __init__(self, most: int, often: int, room: int) -> None:
        self._most, self._often = most, often
        self._room = room
        self._seen: OrderedDict[Hashable, int] = OrderedDict()

    @property
    def full(self) -> bool:
        """Return whether nothing will be said to return any more."""
        return self._room <= 0

    def returns(self, thing: Hashable) -> bool:
        """Note a thing; return whether it has now come often enough to be one of its own."""
        if self.full:
            return False
        count = self._seen.pop(thing, 0) + 1
        if count >= self._often:
            self._room -= 1
            return True
        self._seen[thing] = count
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return False
