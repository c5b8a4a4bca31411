"""The question: a good answer is read, and anything else is no answer."""

import pytest
from aiohttp import web

from holdfast.api.alerts.polling.asking import AlertmanagerApi, NotAnswered
from holdfast.api.senders import PolledAlertmanager
from tests.api.alerts.polling.answers import ONE, TOKEN, UP, answering
from tests.api.alerts.polling.test_judging import listed


def _api(url: str, secret: str) -> AlertmanagerApi:
    return AlertmanagerApi("main", PolledAlertmanager.model_validate({"url": url, "secret": secret}))


async def test_a_good_answer_is_read() -> None:
    """Below a path too, and with the token."""
    async with answering({"status": UP, "alerts": ONE}) as url:
        answer = await _api(url, TOKEN).ask()
    assert (answer.started, answer.alerts) == ("2026-03-01T00:00:00Z", (listed(),))


@pytest.mark.parametrize(
    ("answers", "secret", "why"),
    [
        ({"status": UP, "alerts": ONE}, "wrong", "401"),
        ({"status": web.Response(status=503), "alerts": ONE}, TOKEN, "503"),
        ({"status": UP, "alerts": web.Response(body=b"<html>")}, TOKEN, "unexpected answer"),
        ({"status": UP, "alerts": web.Response(body=b'[{"labels": {}}]')}, TOKEN, "0.startsAt"),
        ({"status": web.Response(body=b"[]"), "alerts": ONE}, TOKEN, "unexpected answer"),
    ],
)
async def test_anything_but_a_good_answer_is_no_answer(answers: dict[str, web.Response], secret: str, why: str) -> None:
    """It names the Alertmanager and what to look at, and never the token."""
    async with answering(answers) as url:
        with pytest.raises(NotAnswered, match=why) as refused:
            await _api(url, secret).ask()
    assert "main" in str(refused.value)
    assert TOKEN not in str(refused.value)
