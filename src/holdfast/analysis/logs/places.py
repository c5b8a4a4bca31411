"""Where in a masked line a value may stand, so that templates can learn that it is one."""

from dataclasses import dataclass

from holdfast.analysis.logs.masking import VARIABLE, Masked

# What leads up to a value: English prepositions, the nouns before a name, and the signs that open a value.
_WORDS_BEFORE = ("for", "from", "by", "to", "on", "at", "of", "in", "with", "via", "as", "is", "user", "host", "name")
_OPENING = (":", "'", '"', "(", "[", "{", "<")
_LEADS = frozenset((*_WORDS_BEFORE, "=", *_OPENING))


@dataclass
class Frame:
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


def places_of(tokens: tuple[str, ...]) -> list[int]:
    """Return the places that may turn out to be values: words and values, but the first word unless it is enclosed."""
    able = [i for i, token in enumerate(tokens) if token == VARIABLE or token[0].isalnum()]
    first = next((i for i in able if tokens[i] != VARIABLE), None)
    return [i for i in able if i != first or led(tokens, i)]


def led(tokens: tuple[str, ...], place: int) -> bool:
    """Return whether something leads up to the place: after a sign a value stands alone, else a sentence begins there.

    So "Error: access denied" tells what failed, and `"msg":` names a field.
    """
    if place == 0 or tokens[place - 1].lower() not in _LEADS:
        return False
    after = tokens[place + 1 : place + 3]
    if tokens[place - 1] not in _OPENING or not after:
        return True
    return not (after[0] == VARIABLE or after[0][0].isalnum() or after == ('"', ":"))


def led_places(tokens: tuple[str, ...]) -> list[int]:
    """Return the places that something leads up to, and that do not lead up to the next themselves."""
    return [i for i in places_of(tokens) if led(tokens, i) and tokens[i].lower() not in _LEADS]


def frame_of(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Return `tokens` with what stands in the led places left out."""
    left_out = set(led_places(tokens))
    return tuple("" if i in left_out else token for i, token in enumerate(tokens))


def around(tokens: tuple[str, ...], place: int) -> int:
    """Return a number for all of `tokens` but one place: a hash, since a line has as many as it has places."""
    return hash((tokens[:place], tokens[place + 1 :]))


def with_value(tokens: tuple[str, ...], place: int) -> tuple[str, ...]:
    """Return `tokens` with one place masked."""
    return (*tokens[:place], VARIABLE, *tokens[place + 1 :])
