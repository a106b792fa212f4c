"""The `openai` SDK over HTTP, streaming, with the whole history in every request (nothing is stored, as with ours)."""

import asyncio
import sys
from typing import Any

from benchmarks.turns.play import Spec, answers, opening, report
from openai import AsyncOpenAI


async def main(spec: Spec) -> None:
    """Play to the end."""
    request = spec.request()
    client: Any  # its parameters' types are for people who write them out
    async with AsyncOpenAI(base_url=spec.base_url, api_key=spec.key) as client:
        history = items = [opening()]
        while items:
            async with await client.responses.create(**request, input=history, stream=True) as events:
                # To the very end, so that the connection can be used again.
                told = [event async for event in events]
            output = [item.model_dump(exclude_none=True) for item in told[-1].response.output]
            items = answers(spec.root, output)
            history = [*history, *output, *items]


if __name__ == "__main__":
    asyncio.run(main(Spec.load(sys.argv[1])))
    report()
