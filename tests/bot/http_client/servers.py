"""A raw server on loopback that counts who comes and answers with the bytes it is told to."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Script = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Where it listens, the request heads it got, and the bodies of those that had one."""

    port: int = 0
    host: str = "127.0.0.1"
    requests: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}:{self.port}{path}"


@asynccontextmanager
async def serving(script: Script, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """Listen on a free port; each request's head is kept, then ``script`` writes what it likes."""
    server = Server(host=host)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            server.requests.append(head)
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            if length is not None:
                server.bodies.append(await reader.readexactly(int(length[1])))
            await script(head, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(talk, host, 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


def endless(status: bytes) -> Script:
    """Answer with a body that never ends."""

    async def behave(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 " + status + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()

    return behave


def saying(*parts: bytes, then_wait: bool = False) -> Script:
    """Answer with ``parts``, whatever was asked; then close, or leave the connection open."""

    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if then_wait:
            await asyncio.sleep(60)

    return script


def answer(body: bytes = b"", *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole HTTP answer with its length."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def redirect(location: str, status: bytes = b"302 Found") -> bytes:
    """A redirect to ``location``."""
    return answer(b"", b"Location: " + location.encode(), status=status)
