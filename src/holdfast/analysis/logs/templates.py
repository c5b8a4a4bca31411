"""Second step of the logs: lines that say the same become one template, learned online, line by line."""

from dataclasses import dataclass

from holdfast.analysis.logs.masking import LONGEST, VARIABLE, Masked, flattened, masked

# Different words seen in one place, all else equal, before the place is a value. After "for", "user" or "=" a value is
# expected, elsewhere verbs and states take turns ("started", "stopped", "paused") that are news of their own.
INTRODUCED = 4
ANYWHERE = 8
MOST_TEMPLATES = 2000  # told apart in full, a service writes some hundreds; as many again by their first word
CACHE = 20_000  # flattened lines remembered, at most LONGEST characters each: some megabytes
# What leads up to a value: English prepositions, the nouns before a name, and the signs that open a value.
_WORDS_BEFORE = ("for", "from", "by", "to", "on", "at", "of", "in", "with", "via", "as", "is", "user", "host", "name")
_LEADS = frozenset((*_WORDS_BEFORE, "=", ":", "'", '"', "(", "[", "{", "<"))


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
    becomes a value after ANYWHERE words. Templates only ever merge: `root` names the group a line is in by now.
    Unlike Drain (He et al. 2017) nothing is compared by a share of equal words, so that no threshold weighs a long
    line against a short one, and the first word alone is taken for constant.
    """

    def __init__(self, most: int = MOST_TEMPLATES, introduced: int = INTRODUCED, anywhere: int = ANYWHERE) -> None:
        self._most, self._introduced, self._anywhere = most, introduced, anywhere
        self._coarse_room = most
        self._known: list[Known] = []
        self._numbers: dict[tuple[str, ...], int] = {}
        self._cache: dict[str, int] = {}
        self._seen: dict[int, dict[str, int]] = {}  # by all but one place: its words, and a template with each
        self._values: set[int] = set()  # all but one place, where that place is a value by now
        self._value_at: dict[int, set[int]] = {}  # tokens of a line to the places that are values in some
        self._frames: dict[tuple[str, ...], _Frame] = {}

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
            known = self._cache[flat] = self._placed(masked(flat))
        return self.root(known)

    def root(self, number: int) -> int:
        """Return the template that `number` has been merged into, or itself."""
        while (up := self._known[number].merged_into) != number:
            number = up
        return number

    def text(self, number: int) -> str:
        """Return the words of a template, its values as `<*>`."""
        return self._known[self.root(number)].text

    def _placed(self, line: Masked) -> int:
        """Return the template of a line, made if it is new, with the places known to be values masked."""
        line = self._generalised(line)
        number = self._numbers.get(line.tokens)
        if number is not None:
            return self.root(number)
        if len(self._known) >= self._most:
            return self._coarse(line)
        return self._learned(line)

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
        frame = self._frames.get(_frame(tokens)) if self._frames else None
        for place in frame.values if frame else ():
            tokens = _with_value(tokens, place)
        for place in sorted(self._value_at.get(len(tokens), ())):
            if tokens[place] != VARIABLE and _around(tokens, place) in self._values:
                tokens = _with_value(tokens, place)
        return line if tokens is line.tokens else Masked(tokens, line.spaced)

    def _learn_place(self, number: int, line: Masked) -> None:
        """Note the words of a new template in each of its places; merge where one has had enough."""
        for place in _places(line.tokens):
            key = _around(line.tokens, place)
            words = self._seen.setdefault(key, {})
            words[line.tokens[place]] = number
            enough = self._introduced if _led(line.tokens, place) else self._anywhere
            if len(words) >= enough or (VARIABLE in words and len(words) > 1):
                del self._seen[key]
                self._values.add(key)
                self._value_at.setdefault(len(line.tokens), set()).add(place)
                into = Masked(_with_value(line.tokens, place), line.spaced)
                self._merge(list(words.values()), into)
                return

    def _learn_frame(self, line: Masked) -> None:
        """Note the words of a new template in all its led places at once, for values that vary together."""
        places = _led_places(line.tokens)
        if len(places) < 2:
            return
        frame = self._frames.setdefault(_frame(line.tokens), _Frame({}, set(), []))
        frame.members.append(line)
        if frame.learns(line.tokens, places, self._anywhere):
            for member in frame.members:
                self._merge([self._numbers[member.tokens]], self._generalised(member))
            frame.members.clear()

    def _merge(self, numbers: list[int], into: Masked) -> None:
        general = self._learned(self._generalised(into))
        for number in numbers:
            general, own = self.root(general), self.root(number)
            self._known[own].merged_into = general


@dataclass
class _Frame:
    """A line but for its led places: the words seen in each, those that are values, and the lines seen since."""

    words: dict[int, set[str]]
    values: set[int]
    members: list[Masked]

    def learns(self, tokens: tuple[str, ...], places: list[int], enough: int) -> bool:
        """Note the words of a line; return whether a place has become a value by it."""
        before = len(self.values)
        for place in places:
            if place not in self.values:
                words = self.words.setdefault(place, set())
                words.add(tokens[place])
                if len(words) >= enough:
                    self.values.add(place)
                    del self.words[place]
        return len(self.values) > before


def _places(tokens: tuple[str, ...]) -> list[int]:
    """Return the places that may turn out to be values: words and values, but the first word."""
    able = [i for i, token in enumerate(tokens) if token == VARIABLE or token[0].isalnum()]
    first = next((i for i in able if tokens[i] != VARIABLE), None)
    return [i for i in able if i != first]


def _led(tokens: tuple[str, ...], place: int) -> bool:
    return place > 0 and tokens[place - 1].lower() in _LEADS


def _led_places(tokens: tuple[str, ...]) -> list[int]:
    return [i for i in _places(tokens) if _led(tokens, i) and tokens[i].lower() not in _LEADS]


def _frame(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Return `tokens` with what stands in the led places left out."""
    led = set(_led_places(tokens))
    return tuple("" if i in led else token for i, token in enumerate(tokens))


def _around(tokens: tuple[str, ...], place: int) -> int:
    """Return a number for all of `tokens` but one place: a hash, since a line has as many as it has places."""
    return hash((tokens[:place], tokens[place + 1 :]))


def _with_value(tokens: tuple[str, ...], place: int) -> tuple[str, ...]:
    return (*tokens[:place], VARIABLE, *tokens[place + 1 :])
