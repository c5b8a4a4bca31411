"""Second step of the logs: lines that say the same become one template, learned online, line by line."""

from dataclasses import dataclass

from holdfast.analysis.logs.masking import LONGEST, VARIABLE, Masked, flattened, masked
from holdfast.analysis.logs.places import Frame, around, frame_of, led, led_places, places_of, with_value
from holdfast.analysis.logs.returning import Returning

# Different words seen in one place, all else equal, before the place is a value. After "for", "user" or "=" a value is
# expected, elsewhere verbs and states take turns ("started", "stopped", "paused") that are news of their own.
INTRODUCED = 4
ANYWHERE = 8
# Told apart in full, a service writes some hundreds; as many again that come back, and as many by their first word.
MOST_TEMPLATES = 2000
OFTEN = 3  # times a masked line comes when there is room for no more, before it has a template of its own
RECENT = 4000  # masked lines among which it must come back
CACHE = 20_000  # flattened lines remembered, at most LONGEST characters each: some megabytes


@dataclass
class Known:
    """One template: its line with the values masked, and the template it was merged into, or its own number."""

    line: Masked
    merged_into: int

    @property
    def text(self) -> str:
        """Return it as people read it, blanks as they were in the first line."""
        parts = zip(self.line.tokens, self.line.spaced, strict=True)
        return "".join(f" {token}" if space else token for token, space in parts).strip()


class Miner:
    """Puts lines into templates, in one pass and bounded memory, with one configuration for every system.

    After masking, lines with the same tokens are one template. A place becomes a value when INTRODUCED or ANYWHERE
    different words were seen in it with all else equal, or one word and a masked value; then the templates that
    differ there alone merge, and later lines go there at once. Where several places after a lead vary together, each
    becomes a value after INTRODUCED words. Templates only ever merge: `root` names the group a line is in by now.
    Unlike Drain (He et al. 2017) nothing is compared by a share of equal words, so that no threshold weighs a long
    line against a short one, and the first word alone is taken for constant.
    """

    def __init__(self, most: int = MOST_TEMPLATES, introduced: int = INTRODUCED, anywhere: int = ANYWHERE) -> None:
        self._most, self._introduced, self._anywhere = most, introduced, anywhere
        self._coarse_room = most
        self._returning = Returning(RECENT, OFTEN, most)
        self._known: list[Known] = []
        self._numbers: dict[tuple[str, ...], int] = {}
        self._cache: dict[str, int] = {}
        self._seen: dict[int, dict[str, int]] = {}  # by all but one place: its words, and a template with each
        self._values: set[int] = set()  # all but one place, where that place is a value by now
        self._value_at: dict[int, set[int]] = {}  # tokens of a line to the places that are values in some
        self._frames: dict[tuple[str, ...], Frame] = {}

    def __len__(self) -> int:
        """Return how many templates were made, merged ones included: no more than some times `most`."""
        return len(self._known)

    def add(self, line: str) -> int:
        """Return the number of the template that `line` belongs to as of now; read it through `root` later on."""
        known = self._cache.get(line[:LONGEST])  # a line without numbers is flat as it is
        if known is None:
            flat = flattened(line)
            known = self._cache.get(flat)
        if known is None:
            if len(self._cache) >= CACHE:
                self._cache.clear()
            known, lasting = self._placed(masked(flat))
            if lasting:
                self._cache[flat] = known
        return self.root(known)

    def root(self, number: int) -> int:
        """Return the template that `number` has been merged into, or itself."""
        while (up := self._known[number].merged_into) != number:
            number = up
        return number

    def text(self, number: int) -> str:
        """Return the words of a template, its values as `<*>`."""
        return self._known[self.root(number)].text

    def _placed(self, line: Masked) -> tuple[int, bool]:
        """Return the template of a line, made if it is new, with the places known to be values masked.

        And whether the next such line goes there too: one that comes back gets a template of its own.
        """
        line = self._generalised(line)
        number = self._numbers.get(line.tokens)
        if number is not None:
            return self.root(number), True
        if len(self._known) < self._most or self._returning.returns(line.tokens):
            return self._learned(line), True
        return self._coarse(line), self._returning.full

    def _learned(self, line: Masked) -> int:
        """Return the template of a line that may be made however many there are, and what it merged into."""
        number = self._numbers.get(line.tokens)
        if number is None:
            number = self._make(line)
            self._learn_place(number, line)
            self._learn_frame(line)
        return self.root(number)

    def _make(self, line: Masked) -> int:
        number = len(self._known)
        self._known.append(Known(line, number))
        self._numbers[line.tokens] = number
        return number

    def _coarse(self, line: Masked) -> int:
        """Return the template of the first word when there is no room for more; then the one for all others.

        So a failure of a new kind still has a line of its own after a flood of lines that say nothing twice.
        """
        tokens = (*line.tokens[:1], VARIABLE)
        if tokens not in self._numbers:
            if not self._coarse_room:
                tokens = (VARIABLE,)
            else:
                self._coarse_room -= 1
        number = self._numbers.get(tokens)
        return self._make(Masked(tokens, (True,) * len(tokens))) if number is None else self.root(number)

    def _generalised(self, line: Masked) -> Masked:
        tokens = line.tokens
        frame = self._frames.get(frame_of(tokens)) if self._frames else None
        for place in frame.values if frame else ():
            tokens = with_value(tokens, place)
        for place in sorted(self._value_at.get(len(tokens), ())):
            if tokens[place] != VARIABLE and around(tokens, place) in self._values:
                tokens = with_value(tokens, place)
        return line if tokens is line.tokens else Masked(tokens, line.spaced)

    def _learn_place(self, number: int, line: Masked) -> None:
        """Note the words of a new template in each of its places; merge where one has had enough."""
        for place in places_of(line.tokens):
            key = around(line.tokens, place)
            words = self._seen.setdefault(key, {})
            words[line.tokens[place]] = number
            enough = self._introduced if led(line.tokens, place) else self._anywhere
            if len(words) >= enough or (VARIABLE in words and len(words) > 1):
                del self._seen[key]
                self._values.add(key)
                self._value_at.setdefault(len(line.tokens), set()).add(place)
                into = Masked(with_value(line.tokens, place), line.spaced)
                self._merge(list(words.values()), into)
                return

    def _learn_frame(self, line: Masked) -> None:
        """Note the words of a new template in all its led places at once, for values that vary together."""
        places = led_places(line.tokens)
        if len(places) < 2:
            return
        frame = self._frames.setdefault(frame_of(line.tokens), Frame({}, set(), []))
        frame.members.append(line)
        if frame.learns(line.tokens, places, self._introduced):
            members, frame.members = frame.members, []  # merging may add to it
            for member in members:
                self._merge([self._numbers[member.tokens]], self._generalised(member))

    def _merge(self, numbers: list[int], into: Masked) -> None:
        general = self._learned(self._generalised(into))
        for number in numbers:
            general, own = self.root(general), self.root(number)
            self._known[own].merged_into = general
