"""`openai-agents` over WebSocket, as its own documentation has it; runs in an environment of its own."""

import asyncio
import sys

from agents import Agent, ModelSettings, Runner, function_tool, set_tracing_disabled
from agents.models.openai_responses import OpenAIResponsesWSModel
from openai import AsyncOpenAI


@function_tool
def read_file(path: str) -> str:
    """Read a file."""
    return f"{path} is empty."


async def main(base_url: str, key: str) -> None:
    """One run over one socket."""
    set_tracing_disabled(True)
    model = OpenAIResponsesWSModel("gpt-6.2-sol", AsyncOpenAI(base_url=base_url, api_key=key))
    settings = ModelSettings(store=False)
    agent = Agent("reader", instructions="Be brief.", tools=[read_file], model=model, model_settings=settings)
    result = await Runner.run(agent, "Read a.py and b.py.", auto_previous_response_id=True)
    print(result.final_output)
    await model.close()


asyncio.run(main(*sys.argv[1:]))
