"""References: a number, or a workflow id that survives being an address."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.api.problems import Problem
from holdfast.api.reading import address_of, ref_of, workflow_id_of
from holdfast.domain.incident import IncidentKey

_NAMES = st.text(alphabet="abZ0-_.~%:/ ü", min_size=1, max_size=12)


@settings(deadline=None)  # the machine may be busy
@given(_NAMES, _NAMES)
def test_a_reference_means_its_own_incident(environment: str, service: str) -> None:
    """Whatever the names hold, the way from id to reference and back ends where it began."""
    workflow_id = IncidentKey(tenant="acme", environment=environment, service=service).workflow_id
    assert workflow_id_of(ref_of(workflow_id)) == workflow_id


def test_a_reference_that_was_decoded_on_the_way_still_works() -> None:
    """Clients that forget to encode percent signs are understood where no other incident could be meant."""
    assert workflow_id_of("inc:acme:prod:pay ment") == "inc/acme/prod/pay%20ment"
    assert workflow_id_of("inc:acme:prod:a:b") == "inc/acme/prod/a%3Ab"


def test_an_address_is_encoded_once_more_than_the_reference() -> None:
    """A web server decodes once, and what is left is the reference."""
    assert address_of("inc/acme/prod/a%2Fb") == "/incidents/inc:acme:prod:a%252Fb"


@pytest.mark.parametrize("ref", ["inc:acme:prod", "inc:::", "inc:acme:prod:"])
def test_a_reference_of_fewer_parts_means_nothing(ref: str) -> None:
    """404 that says how a reference is written."""
    with pytest.raises(Problem) as refused:
        workflow_id_of(ref)
    assert refused.value.status == 404
