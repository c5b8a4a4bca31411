"""A local SMTP server, as RFC 5321 describes it, with STARTTLS (RFC 3207) and AUTH PLAIN and LOGIN (RFC 4954)."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

USER, PASSWORD = "holdfast", "smtp-password-1"


@dataclass
class SmtpServer:
    """One server. `replies` says what a verb is answered instead; `loses` closes after the mail, unanswered."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    asks_who: bool = False
    replies: dict[str, str] = field(default_factory=dict)
    loses: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await _Session(self, reader, writer).run()
        writer.close()

    def offers(self, *, secure: bool) -> list[str]:
        """Return the extensions it names."""
        offered = ["SIZE 10000000"]
        offered += ["STARTTLS"] if self.tls and not secure else []
        return offered + (["AUTH PLAIN LOGIN"] if self.asks_who and (secure or not self.tls) else [])


class _Session:
    def __init__(self, server: SmtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._secure, self._known = False, not server.asks_who
        self._to: list[str] = []

    async def run(self) -> None:
        await self._say("220 mail.example.org ESMTP")
        while True:
            line = (await self._reader.readuntil(b"\r\n")).decode().strip()
            verb = line.partition(" ")[0].upper()
            if verb == "QUIT":
                await self._say("221 bye")
                return
            await self._say(*await self._answer(verb, line))
            if verb == "STARTTLS" and self._server.tls:
                await self._writer.start_tls(self._server.tls)
                self._secure = True

    async def _answer(self, verb: str, line: str) -> list[str]:
        if verb in self._server.replies:
            return [self._server.replies[verb]]
        if verb == "EHLO":
            lines = ["mail.example.org", *self._server.offers(secure=self._secure)]
            return [f"250{'-' if i < len(lines) - 1 else ' '}{said}" for i, said in enumerate(lines)]
        if verb == "STARTTLS":
            return ["220 go ahead"]
        if verb == "AUTH":
            return [await self._authenticated(line)]
        if verb in ("MAIL", "RCPT"):
            return [self._envelope(verb, line)]
        return [await self._data()] if verb == "DATA" else ["500 unknown"]

    async def _authenticated(self, line: str) -> str:
        _, kind, *first = line.split(" ")
        if kind.upper() == "PLAIN":
            _, user, password = base64.b64decode(first[0]).decode().split("\0")
        else:
            user = base64.b64decode(first[0]).decode() if first else await self._asked("334 VXNlcm5hbWU6")
            password = await self._asked("334 UGFzc3dvcmQ6")
        self._known = (user, password) == (USER, PASSWORD)
        return "235 welcome" if self._known else "535 5.7.8 authentication failed"

    async def _asked(self, prompt: str) -> str:
        await self._say(prompt)
        return base64.b64decode((await self._reader.readuntil(b"\r\n")).strip()).decode()

    def _envelope(self, verb: str, line: str) -> str:
        if not self._known:
            return "530 5.7.0 authentication required"
        address = line[line.index("<") + 1 : line.index(">")]
        if verb == "RCPT" and address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        self._to = [*self._to, address] if verb == "RCPT" else []
        return "250 ok"

    async def _data(self) -> str:
        await self._say("354 go on")
        content = await self._reader.readuntil(b"\r\n.\r\n")
        if "BODY" in self._server.replies:
            return self._server.replies["BODY"]
        self._server.mails.append(message_from_bytes(content[:-3], policy=policy.default))
        self._server.recipients.append(self._to)
        if self._server.loses > 0:
            self._server.loses -= 1
            raise ConnectionResetError
        return "250 queued"

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()


@asynccontextmanager
async def smtp_server(
    tls: ssl.SSLContext | None = None, *, asks_who: bool = False, at_once: bool = False
) -> AsyncIterator[SmtpServer]:
    """Run one on a free port of loopback; with a context it offers STARTTLS, or speaks TLS `at_once`."""
    server = SmtpServer(tls=None if at_once else tls, asks_who=asks_who)
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=tls if at_once else None)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
