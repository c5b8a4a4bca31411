"""People: a token is one person's; a header is believed only where the embedded stack says so."""

import hashlib

import pytest

from holdfast.api.callers.people import People
from holdfast.api.problems import Problem
from holdfast.api.settings import Person


def _person(token: str, tenant: str = "*") -> Person:
    return Person(token_sha256=hashlib.sha256(token.encode()).hexdigest(), tenant=tenant)


PEOPLE = People({"alice": _person("a"), "bob": _person("b", "acme")}, believes_header=False)
TRUSTING = People({}, believes_header=True)


def test_a_token_is_one_persons() -> None:
    """Only its hash is kept, and it says who speaks and whose incidents they see."""
    assert PEOPLE.speaker({"authorization": "Bearer a"}).identity == "alice"
    bob = PEOPLE.speaker({"authorization": "Bearer b"})
    assert bob.may_see("acme")
    assert not bob.may_see("globex")


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer x"}, {"authorization": "Basic a"}, {"holdfast-identity": "alice"}],
)
def test_without_a_token_nobody_is_anybody(headers: dict[str, str]) -> None:
    """A name in a header proves nothing here."""
    with pytest.raises(Problem) as refused:
        PEOPLE.recognise(headers)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"] == "Bearer"


def test_the_embedded_stack_believes_a_name_and_lets_anyone_read() -> None:
    """Reading needs no name; speaking does."""
    assert TRUSTING.recognise({}).identity == ""
    assert TRUSTING.speaker({"holdfast-identity": "alice"}).identity == "alice"
    with pytest.raises(Problem) as refused:
        TRUSTING.speaker({})
    assert refused.value.status == 401


@pytest.mark.parametrize("name", ["a b", "<script>", "x" * 101, "-dash", "alice\n"])
def test_a_header_that_is_no_name_is_refused(name: str) -> None:
    """What ends up in ledgers and logs is a plain name."""
    with pytest.raises(Problem) as refused:
        TRUSTING.recognise({"holdfast-identity": name})
    assert refused.value.status == 422
