"""The hand that asks whether trouble is a symptom: the first dependency with an open incident, never itself."""

from dataclasses import dataclass, field

from temporalio.testing import ActivityEnvironment

from holdfast.activities.contracts import JoinRequest
from holdfast.activities.joining import FindIncidentToJoin
from holdfast.domain.incident import IncidentKey
from tests.examples import KEY


@dataclass
class Directory:
    """Open incidents by workflow id; it remembers whom it was asked about."""

    opened: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def is_open(self, workflow_id: str) -> bool:
        """Return whether a test said so."""
        self.asked.append(workflow_id)
        return workflow_id in self.opened


async def join(directory: Directory, *dependencies: str, key: IncidentKey = KEY) -> str:
    """Run the activity as a worker would; return what to join."""
    request = JoinRequest(key=key, dependencies=dependencies)
    answer = await ActivityEnvironment().run(FindIncidentToJoin(directory).find_incident_to_join, request)
    return answer.workflow_id


async def test_the_first_dependency_in_trouble_is_joined() -> None:
    """In the order the catalogue names them; the rest is not asked."""
    directory = Directory({"inc/acme/production/payments", "inc/acme/production/orders-db"})
    assert await join(directory, "cart", "payments", "orders-db") == "inc/acme/production/payments"
    assert directory.asked == ["inc/acme/production/cart", "inc/acme/production/payments"]


async def test_nothing_is_joined_when_all_is_well_below() -> None:
    """No dependency in trouble, or no dependency."""
    assert await join(Directory(), "cart", "payments") == ""
    assert await join(Directory()) == ""


async def test_an_incident_never_joins_itself() -> None:
    """A service that is said to depend on itself is not asked about."""
    directory = Directory({KEY.workflow_id})
    assert await join(directory, KEY.service) == ""
    assert directory.asked == []


async def test_another_tenants_or_environments_trouble_is_not_ours() -> None:
    """Only the same tenant and environment are asked about."""
    directory = Directory({"inc/other/production/payments", "inc/acme/test/payments"})
    assert await join(directory, "payments") == ""


async def test_a_strange_name_is_asked_about_by_its_workflow_id() -> None:
    """A slash in a service's name does not make another key."""
    directory = Directory({"inc/acme/production/pay%2Fments"})
    assert await join(directory, "pay/ments") == "inc/acme/production/pay%2Fments"
