"""E-mail over a real SMTP conversation: encrypted, to allowed people alone, every refusal with its word."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.tools.communication import telling
from tests.tools.communication.telling import mail_section, standing
from tests.tools.outside.certificate import self_signed
from tests.tools.stand import answer, refusal
from tests.vendors.smtp import USER, smtp_server


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    telling.secrets(monkeypatch)


async def test_a_mail_is_plain_text_and_harmless_html(tmp_path: Path) -> None:
    """Its subject is one line, and its HTML shows the text as it is."""
    mail = {**telling.MAIL, "subject": "a\r\nBcc: evil@example.org", "body": "<script>alert(1)</script> & more\n"}
    async with smtp_server() as smtp, standing(tmp_path, mail_section(smtp.port)) as server:
        got = await answer(server, "send_email", mail, "k1")
    (sent,) = smtp.mails
    plain, html = list(sent.iter_parts())
    assert (sent["Subject"], sent["Bcc"]) == ("a Bcc: evil@example.org", None)
    assert (sent["Message-ID"], sent["Auto-Submitted"]) == (got["id"], "auto-generated")
    assert str(plain.get_content()).strip() == mail["body"].strip()
    assert "&lt;script&gt;" in str(html.get_content())
    assert smtp.recipients == [["ops@example.org"]]


@pytest.mark.parametrize(
    ("to", "word"),
    [
        (["ops@elsewhere.example"], "forbidden: email: elsewhere.example is not among"),
        (["ops@example.org", "x@example.org.evil.example"], "forbidden: "),
        (["ops@example.org, evil@example.com"], "bad_input: "),
        (["Ops <ops@example.org>"], "bad_input: "),
        (["ops@example.org\nBcc: x@example.com"], "bad_input: "),
        ([], "bad_input: email: one to 50 recipients"),
        (["ops@example.org"] * 51, "bad_input: email: one to 50 recipients"),
    ],
)
async def test_mail_goes_to_allowed_addresses_alone(tmp_path: Path, to: list[str], word: str) -> None:
    """One that is not allowed stops the whole message."""
    async with smtp_server() as smtp, standing(tmp_path, mail_section(smtp.port)) as server:
        said = await refusal(server, "send_email", {**telling.MAIL, "to": to}, "k1")
    assert said.startswith(word)
    assert smtp.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_is_encrypted_and_its_server_verified(tmp_path: Path, security: str) -> None:
    """With STARTTLS or TLS from the start, by the named authority, with user and password."""
    context, authority = self_signed(tmp_path)
    known: dict[str, Any] = {"user": USER, "password": {"env": "SMTP"}, "security": security}
    async with smtp_server(context, asks_who=True, at_once=security == "tls") as smtp:
        async with standing(tmp_path, mail_section(smtp.port, **known)) as server:
            said = await refusal(server, "send_email", telling.MAIL, "k1")
        async with standing(tmp_path, mail_section(smtp.port, **known, tls={"ca_file": str(authority)})) as server:
            await answer(server, "send_email", telling.MAIL, "k1")
    assert said.startswith("forbidden: email: 127.0.0.1: its certificate is not trusted")
    assert len(smtp.mails) == 1


async def test_a_server_without_encryption_gets_no_mail(tmp_path: Path) -> None:
    """Nothing is sent in the clear because a server offers nothing better."""
    async with smtp_server() as smtp, standing(tmp_path, mail_section(smtp.port, security="starttls")) as server:
        said = await refusal(server, "send_email", telling.MAIL, "k1")
    assert said.startswith("not_configured: email: 127.0.0.1: it lacks what is configured")
    assert smtp.mails == []


async def test_a_wrong_password_is_forbidden_and_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the field."""
    monkeypatch.setenv("SMTP", "a-wrong-password")
    async with smtp_server(asks_who=True) as smtp:
        section = mail_section(smtp.port, user=USER, password={"env": "SMTP"})
        async with standing(tmp_path, section) as server:
            said = await refusal(server, "send_email", telling.MAIL, "k1")
    assert said.startswith("forbidden: email: 127.0.0.1: it does not know us; check `email.user`")
    assert "a-wrong-password" not in said


@pytest.mark.parametrize(
    ("verb", "reply", "word"),
    [
        ("MAIL", "550 5.7.1 sender not allowed", "bad_input: email: 127.0.0.1: 550"),
        ("MAIL", "452 4.3.1 disk full", "unavailable: email: 127.0.0.1: 452"),
        ("RCPT", "450 4.2.1 greylisted", "unavailable: email: 127.0.0.1: 450"),
        ("RCPT", "550 5.1.1 no such user", "bad_input: email: 127.0.0.1: 550"),
        ("BODY", "552 5.3.4 too big", "too_large: email: 127.0.0.1: 552"),
        ("BODY", "554 5.7.1 spam", "bad_input: email: 127.0.0.1: 554"),
        ("BODY", "451 4.7.1 later", "unavailable: email: 127.0.0.1: 451"),
    ],
)
async def test_what_the_server_refuses_has_its_word(tmp_path: Path, verb: str, reply: str, word: str) -> None:
    """4yz passes, 5yz does not; the message is not remembered as sent."""
    async with smtp_server() as smtp, standing(tmp_path, mail_section(smtp.port)) as server:
        smtp.replies = {verb: reply}
        assert (await refusal(server, "send_email", telling.MAIL, "k1")).startswith(word)
        smtp.replies = {}
        assert (await answer(server, "send_email", telling.MAIL, "k1"))["first"]


async def test_one_unknown_recipient_does_not_keep_the_mail_from_the_others(tmp_path: Path) -> None:
    """It is sent once to those the server takes."""
    mail = {**telling.MAIL, "to": ["ops@example.org", "nobody@example.org"]}
    async with smtp_server() as smtp, standing(tmp_path, mail_section(smtp.port)) as server:
        await answer(server, "send_email", mail, "k1")
    assert smtp.recipients == [["ops@example.org"]]


async def test_a_server_that_is_not_there_or_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    """A refused connection is `unavailable`, silence is `timeout`."""
    async with smtp_server() as smtp:
        port = smtp.port
    async with standing(tmp_path, mail_section(port)) as server:
        assert (await refusal(server, "send_email", telling.MAIL, "k1")).startswith("unavailable: email: 127.0.0.1")
    silent = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    section = mail_section(silent.sockets[0].getsockname()[1], timeout=0.3)
    async with standing(tmp_path, section) as server:
        assert (await refusal(server, "send_email", telling.MAIL, "k2")).startswith("timeout: email: 127.0.0.1")
    silent.close()
