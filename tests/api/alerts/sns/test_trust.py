"""Where SNS is, and how far it is followed."""

import httpx2
import pytest

from holdfast.api.alerts.sns.envelope import region_of
from holdfast.api.alerts.sns.trust import fetch
from tests.vendors.sns_server import CERTIFICATE, sns_server


async def test_fetching_is_bounded() -> None:
    """A redirection is not followed, and what is too large or away is an error, not a certificate."""
    async with sns_server() as sns:
        assert (await fetch(sns.url + CERTIFICATE)).startswith(b"-----BEGIN CERTIFICATE-----")
        with pytest.raises(httpx2.HTTPError, match="more than"):
            await fetch(f"{sns.url}/large")
        sns.status = 302
        with pytest.raises(httpx2.HTTPError):
            await fetch(f"{sns.url}/")
    with pytest.raises(httpx2.HTTPError):
        await fetch(f"{sns.url}/")


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("sns.us-east-1.amazonaws.com", "us-east-1"),
        ("sns.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("sns.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("sns.ap-southeast-2.amazonaws.com", "ap-southeast-2"),
        ("sns.amazonaws.com", ""),
        ("xsns.us-east-1.amazonaws.com", ""),
        ("sns.us-east-1.amazonaws.com.", ""),
        ("sns.us-east-1.amazonaws.org", ""),
        ("sns.us-east-1-amazonaws.com", ""),
    ],
)
def test_the_hosts_of_sns(host: str, region: str) -> None:
    """Every region's own name, and no other."""
    assert region_of(f"https://{host}/x") == region
