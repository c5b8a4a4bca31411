"""Telling people by e-mail: plain text and its harmless HTML, with a Message-ID made from the key."""

import asyncio
import html
import re
import ssl
from email.message import EmailMessage
from email.utils import formatdate

import aiosmtplib
import structlog

from holdfast.tools.communication.channel import Channel, Message, Sent
from holdfast.tools.communication.hidden import hiding, read
from holdfast.tools.communication.section import EmailSystem
from holdfast.tools.communication.wording import one_line, shortened
from holdfast.tools.errors import Word, no
from holdfast.tools.outside.client import tls_context
from holdfast.tools.outside.limits import RateLimit

log = structlog.get_logger()
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9.-]+)")
_SUBJECT, _BODY, _RECIPIENTS = 200, 100_000, 50
_TOO_LARGE = 552  # RFC 5321 §4.2.3


class Mail(Channel):
    """SMTP cannot be asked: a message whose answer was lost goes again, with the same Message-ID.

    Source: RFC 5321 (SMTP), RFC 5322 §3.6.4 (Message-ID), RFC 3834 §5 (Auto-Submitted).
    """

    def __init__(self, system: EmailSystem) -> None:
        self._system = system
        self._limit = RateLimit("email", system.per_minute)

    async def send(self, message: Message) -> Sent:
        """Send one message to all; its id is its Message-ID."""
        mail = self._composed(message)
        password = read(self._system.password, "email") if self._system.password else ""
        await self._limit.enter()
        try:
            with hiding(password):
                async with asyncio.timeout(self._system.timeout):
                    await self._submit(mail, password)
        except TimeoutError as e:
            raise no(Word.TIMEOUT, f"email: {self._system.host}: no answer within {self._system.timeout:g} s") from e
        return Sent(id=str(mail["Message-ID"]))

    async def _submit(self, mail: EmailMessage, password: str) -> None:
        system = self._system
        try:
            refused, _ = await aiosmtplib.send(
                mail,
                hostname=system.host,
                port=system.port,
                username=system.user or None,
                password=password or None,
                use_tls=system.security == "tls",
                start_tls=system.security == "starttls",
                tls_context=tls_context(system.tls) if system.security != "none" else None,
                timeout=system.timeout,
            )
        except (aiosmtplib.SMTPException, OSError) as e:
            raise _word(e, system.host) from e
        if refused:
            log.warning("some recipients were refused", refused=sorted(refused))

    def _composed(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._system.sender
        mail["To"] = ", ".join(self._recipients(message.payload["to"]))
        mail["Subject"] = one_line(str(message.payload["subject"]), _SUBJECT)
        mail["Date"] = formatdate(message.since, localtime=False)
        mail["Message-ID"] = f"<{message.mark}@{self._system.sender.partition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        body = shortened(str(message.payload["body"]), _BODY)
        mail.set_content(body)
        mail.add_alternative(f"<pre>{html.escape(body)}</pre>", subtype="html")
        return mail

    def _recipients(self, to: list[str]) -> list[str]:
        if not 0 < len(to) <= _RECIPIENTS:
            raise no(Word.BAD_INPUT, f"email: one to {_RECIPIENTS} recipients")
        allowed = {d.lower() for d in self._system.domains}
        for address in to:
            fits = _ADDRESS.fullmatch(address)
            if fits is None:
                raise no(Word.BAD_INPUT, f"email: {address[:80]!r} is no address")
            if fits[1].lower() not in allowed:
                raise no(Word.FORBIDDEN, f"email: {fits[1][:80]} is not among `email.domains` in the configuration")
        return list(to)


_KINDS: tuple[tuple[tuple[type[Exception], ...], Word, str], ...] = (
    ((aiosmtplib.SMTPTimeoutError, TimeoutError), Word.TIMEOUT, "no answer in time"),
    (
        (aiosmtplib.SMTPAuthenticationError,),
        Word.FORBIDDEN,
        "it does not know us; check `email.user` and its password",
    ),
    (
        (ssl.SSLCertVerificationError,),
        Word.FORBIDDEN,
        "its certificate is not trusted; name its authority in email.tls.ca_file",
    ),
)


def _word(error: Exception, host: str) -> Exception:
    who = f"email: {host}"
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _by_code(max(r.code for r in error.recipients), who, "it refuses every recipient")
    for kinds, word, why in _KINDS:
        if isinstance(error, kinds) or isinstance(error.__cause__, kinds):
            return no(word, f"{who}: {why}")
    if type(error) is aiosmtplib.SMTPException:  # the library says so of a missing STARTTLS or AUTH
        return no(Word.NOT_CONFIGURED, f"{who}: it lacks what is configured; check `email.security` and user")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _by_code(error.code, who, " ".join(str(error.message).split())[:200])
    return no(Word.UNAVAILABLE, f"{who}: cannot be reached ({type(error).__name__}); is it up?")


def _by_code(code: int, who: str, said: str) -> Exception:
    """4yz passes, 5yz does not (RFC 5321 §4.2.1)."""
    if code == _TOO_LARGE:
        return no(Word.TOO_LARGE, f"{who}: {code}, {said}; send less")
    word = Word.BAD_INPUT if 500 <= code < 600 else Word.UNAVAILABLE
    return no(word, f"{who}: {code}, {said}")
