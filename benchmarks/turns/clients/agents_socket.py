"""`openai-agents` over WebSocket, chained by `previous_response_id`. Lives in an environment of its own."""

import asyncio
import sys

from agents import Agent, FunctionTool, ModelSettings, Runner, Tool, set_tracing_disabled
from agents.models.openai_responses import OpenAIResponsesWSModel
from benchmarks.turns.play import CALLS, PROMPT, Spec, read_file, report
from openai import AsyncOpenAI


async def main(spec: Spec) -> None:
    """Play to the end."""
    set_tracing_disabled(True)

    async def answer(_: object, arguments: str) -> str:
        return read_file(spec.root, arguments)

    tools: list[Tool] = [
        FunctionTool(tool["name"], tool["description"], tool["parameters"], answer, strict_json_schema=tool["strict"])
        for tool in spec.tools
    ]
    client = AsyncOpenAI(base_url=spec.base_url, api_key=spec.key)
    model = OpenAIResponsesWSModel(spec.model, client)
    agent = Agent("bench", instructions=spec.instructions, tools=tools, model=model)
    agent.model_settings = ModelSettings(store=False)
    await Runner.run(agent, PROMPT, max_turns=2 * CALLS, auto_previous_response_id=True)
    await model.close()


if __name__ == "__main__":
    asyncio.run(main(Spec.load(sys.argv[1])))
    report()
