"""Settings: what is unsafe is refused before anything listens, and the error names the field."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from holdfast.api.senders import PolledAlertmanager, Source
from holdfast.api.settings import ApiSettings

HASH = hashlib.sha256(b"token-of-alice").hexdigest()
SAFE: dict[str, Any] = {
    "database_url": "sqlite+aiosqlite:///records.db",
    "sources": {"am": {"secret": "0123456789abcdef"}},
    "people": {"alice": HASH},
}


@pytest.mark.parametrize(
    ("missing", "named"),
    [("sources", "HOLDFAST_SOURCES"), ("people", "HOLDFAST_PEOPLE"), ("database_url", "HOLDFAST_DATABASE_URL")],
)
def test_outside_the_embedded_stack_nothing_unsafe_has_a_default(missing: str, named: str) -> None:
    """Each of the three things that keep strangers out must be given."""
    with pytest.raises(ValidationError, match=named):
        ApiSettings(**{k: v for k, v in SAFE.items() if k != missing})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "example.org"])  # noqa: S104 # refused, not bound
def test_an_embedded_stack_that_believes_everyone_binds_to_loopback_alone(host: str) -> None:
    """The header of the embedded stack is no proof, so nobody outside may send it."""
    with pytest.raises(ValidationError, match="HOLDFAST_HOST"):
        ApiSettings(embedded=True, host=host)
    assert ApiSettings(embedded=True, host=host, **SAFE).believes_header is False


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_an_embedded_stack_needs_no_secret_on_loopback(host: str) -> None:
    """The two-command start works with nothing configured."""
    settings = ApiSettings(embedded=True, host=host)
    assert settings.believes_header
    assert settings.open_source is not None


def test_everything_can_be_told_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists and objects are JSON, durations are seconds, and an empty variable is no variable."""
    told = {
        "HOLDFAST_DATABASE_URL": "sqlite+aiosqlite:///r.db",
        "HOLDFAST_SOURCES": '{"am": {"tenant": "acme", "kind": "basic", "secret": "0123456789abcdef"}}',
        "HOLDFAST_PEOPLE": f'{{"alice": "{HASH}", "bob": {{"token_sha256": "{HASH}", "tenant": "acme"}}}}',
        "HOLDFAST_SERVICE_LABELS": "team_service, app",
        "HOLDFAST_INCIDENT_SETTINGS": '{"soak": 1.5, "quiet": "PT1S"}',
        "HOLDFAST_SLACK_USERS": '{"U1": "alice"}',
        "HOLDFAST_TENANT": "",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = ApiSettings()
    assert settings.sources["am"].tenant == "acme"
    assert settings.people["alice"].tenant == "*"
    assert settings.people["bob"].tenant == "acme"
    assert settings.service_order == ("team_service", "app")
    assert settings.incident_settings.soak == timedelta(seconds=1.5)
    assert settings.incident_settings.quiet == timedelta(seconds=1)
    assert settings.tenant == "default"


def test_secrets_may_lie_in_files(tmp_path: Path) -> None:
    """A file keeps a secret out of the environment; its trailing newline is no part of it."""
    (tmp_path / "secret").write_text("0123456789abcdef\n")
    assert Source(secret_file=tmp_path / "secret").key == "0123456789abcdef"
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(ValidationError, match="empty"):
        PolledAlertmanager(url="http://am:9093", secret_file=tmp_path / "empty")
    with pytest.raises(ValidationError, match="No such file"):
        Source(secret_file=tmp_path / "none")
    settings = ApiSettings(embedded=True, slack_signing_secret_file=tmp_path / "secret")
    assert settings.slack_secret == "0123456789abcdef"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"sources": {"am": {"secret": "short"}}}, "secret"),
        ({"sources": {"am": {"secret": "0123456789abcdef", "tenant": "a b"}}}, "tenant"),
        ({"sources": {"a/m": {"secret": "0123456789abcdef"}}}, "HOLDFAST_SOURCES"),
        ({"sources": {"aws": {"kind": "sns"}}}, "topics"),
        ({"sources": {"aws": {"kind": "sns", "topics": ["arn:aws:sqs:eu-west-1:123456789012:q"]}}}, "topics"),
        ({"sources": {"aws": {"kind": "sns", "topics": ["arn:aws:sns:eu-west-1:123456789012:q\n"]}}}, "topics"),
        ({"sources": {"gr": {"kind": "grafana"}}}, "secret"),
        ({"alertmanagers": {"main": {"url": "http://am:9093", "source": "other"}}}, "HOLDFAST_ALERTMANAGERS"),
        ({"alertmanagers": {"../main": {"url": "http://am:9093", "source": "am"}}}, "HOLDFAST_ALERTMANAGERS"),
        ({"alertmanagers": {"main": {"url": "file:///etc/passwd", "source": "am"}}}, "url"),
        ({"alertmanagers": {"main": {"url": "http://user:word@am:9093", "source": "am"}}}, "url"),
        ({"alertmanager_poll_seconds": 0}, "alertmanager_poll_seconds"),
        ({"people": {"alice": "not-a-hash"}}, "token_sha256"),
        ({"people": {"": HASH}}, "HOLDFAST_PEOPLE"),
        ({"people": {"alice\n": HASH}}, "HOLDFAST_PEOPLE"),
        ({"people": "alice"}, "people"),
        ({"body_limit": 5}, "body_limit"),
        ({"rate_per_second": 0}, "rate_per_second"),
    ],
)
def test_a_wrong_setting_is_named(fields: dict[str, Any], named: str) -> None:
    """Whoever sets the API up is told which field to mend."""
    with pytest.raises(ValidationError, match=named):
        ApiSettings(**{**SAFE, **fields})


def test_a_secret_is_never_printed() -> None:
    """Settings end up in logs; their secrets do not."""
    polled = {"main": {"url": "http://am:9093", "source": "am", "secret": "s3cr3t-of-alertmanager"}}
    shown = repr(ApiSettings(**{**SAFE, "slack_signing_secret": "s3cr3t-of-slack", "alertmanagers": polled}))
    assert "s3cr3t-of-alertmanager" not in shown
    assert "0123456789abcdef" not in shown
    assert "s3cr3t-of-slack" not in shown


def test_every_setting_says_what_it_is() -> None:
    """The help of each field comes from its own docstring."""
    assert [name for name, field in ApiSettings.model_fields.items() if not field.description] == []
