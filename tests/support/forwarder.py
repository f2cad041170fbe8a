"""Carries TCP connections on: the address at which an installation is called is not where it stands.

python -I forwarder.py '[["127.0.0.1", 8001, "10.0.0.2", 8001], …]'

Says a line when it listens at all of them; ends when its standard input is closed. Runs on the standard library alone.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from functools import partial

PIECE = 64 * 1024
REACH_SECONDS = 2
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
_carried: set[asyncio.Task[None]] = set()


async def main(routes: list[tuple[str, int, str, int]]) -> None:
    for host, port, *far in routes:
        await asyncio.start_server(partial(begin, tuple(far)), host, port)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


def begin(far: tuple[str, int], reader: Reader, writer: Writer) -> None:
    """Called with each connection. The loop itself does not hold what runs in it."""
    carried = asyncio.create_task(carry(far, reader, writer))
    _carried.add(carried)
    carried.add_done_callback(_carried.discard)


async def carry(far: tuple[str, int], reader: Reader, writer: Writer) -> None:
    """One connection, from its beginning to its end."""
    try:
        far_reader, far_writer = await asyncio.wait_for(asyncio.open_connection(*far), REACH_SECONDS)
    except ConnectionRefusedError:
        writer.close()
        return
    except OSError:
        # The network is cut. Packets that vanish tell nothing: the caller gets no answer, now or later.
        await _swallow(reader)
        writer.close()
        return
    await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
    far_writer.close()
    writer.close()


async def _pump(reader: Reader, writer: Writer) -> None:
    with suppress(OSError):  # Either end went away; the other is told by the end of the stream.
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        writer.write_eof()


async def _swallow(reader: Reader) -> None:
    with suppress(OSError):
        while await reader.read(PIECE):
            pass


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
