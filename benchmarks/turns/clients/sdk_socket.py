"""The `openai` SDK over WebSocket, chained by `previous_response_id`."""

import asyncio
import sys
from typing import Any

from benchmarks.turns.play import Spec, answers, opening, report
from openai import AsyncOpenAI


async def main(spec: Spec) -> None:
    """Play to the end."""
    request = spec.request()
    client: Any  # its parameters' types are for people who write them out
    async with (
        AsyncOpenAI(base_url=spec.base_url, api_key=spec.key) as client,
        client.responses.connect() as connection,
    ):
        items, chain = [opening()], dict[str, str]()
        while items:
            await connection.response.create(**request, **chain, input=items)
            async for event in connection:
                if event.type == "response.completed":
                    break
            chain = {"previous_response_id": event.response.id}
            items = answers(spec.root, [item.model_dump() for item in event.response.output])


if __name__ == "__main__":
    asyncio.run(main(Spec.load(sys.argv[1])))
    report()
