"""A tool server in a process of its own that tells one thing and prints its answer, for tests to kill."""

import asyncio
import json
import sys
from pathlib import Path

from tests.tools.communication.telling import standing
from tests.tools.stand import answer


async def main(folder: str, section: str, tool: str, arguments: str) -> None:
    """Tell it under the key `k1`."""
    async with standing(Path(folder), json.loads(section)) as server:
        sys.stdout.write(json.dumps(await answer(server, tool, json.loads(arguments), "k1")))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
