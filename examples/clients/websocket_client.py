"""The Responses API over one WebSocket, with nothing but `websocket-client` and the standard library.

    pip install websocket-client
    patchwire serve --script examples/clients/play.json      # or the real service: only the two variables differ
    export OPENAI_BASE_URL=… OPENAI_API_KEY=…
    python examples/clients/websocket_client.py

It connects, warms up, asks, answers the model's calls, reconnects in each of the three ways, and closes. On its way it
survives what every client of a long-lived socket has to: the lifetime limit, a forgotten parent, a lost connection.
"""

import json
import os
import sys
import urllib.request
from typing import Any

import websocket

Item = dict[str, Any]

TERMINAL = ("response.completed", "response.incomplete", "response.failed", "error")
ATTEMPTS = 5
TOOLS: list[Item] = [
    {
        "type": "function",
        "name": "count_letters",
        "description": "How many letters a word has.",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string"}},
            "required": ["word"],
            "additionalProperties": False,
        },
    }
]


class Refused(Exception):
    """The service answered with an error; `code` says which."""

    def __init__(self, error: Item) -> None:
        super().__init__(error.get("message"))
        self.code = error.get("code")


class Conversation:
    """A conversation on one socket. `history` is the truth; what the server remembers is only a way to send less."""

    def __init__(self, base_url: str, key: str, model: str) -> None:
        self.base_url = base_url
        self.key = key
        self.model = model
        self.history: list[Item] = []
        self.previous_id: str | None = None
        self.known = 0  # so many items of the history does the server know by `previous_id`
        self.store = False
        self.socket: websocket.WebSocket | None = None

    def connect(self) -> None:
        """A new socket. The key travels in the handshake and nowhere else."""
        self.close()
        url = self.base_url.replace("http", "ws", 1) + "/responses"
        self.socket = websocket.create_connection(url, header=[f"Authorization: Bearer {self.key}"], timeout=60)

    def close(self) -> None:
        """Say goodbye; do not wait long for the answer."""
        if self.socket is not None:
            self.socket.close(timeout=1)
            self.socket.shutdown()
            self.socket = None

    def warm_up(self) -> None:
        """Let the server read instructions and tools before there is a question: no output, but an id to go on from."""
        self.previous_id = self.exchange([], generate=False)["id"]
        self.known = 0

    def ask(self, question: str) -> str:
        """A question, and all the calls that the model makes, to its answer."""
        self.history.append({"type": "message", "role": "user", "content": question})
        while True:
            response = self.request()
            self.history += response["output"]
            self.previous_id, self.known = response["id"], len(self.history)
            calls = [item for item in response["output"] if item["type"] == "function_call"]
            if not calls:
                parts = [part for item in response["output"] for part in item.get("content") or []]
                return "".join(part.get("text", "") for part in parts)
            self.history += [answered(call) for call in calls]

    def request(self) -> Item:
        """The next response, whatever happens to the connection on the way."""
        for _ in range(ATTEMPTS):
            try:
                if self.socket is None:
                    self.connect()
                return self.exchange(self.history[self.known :])  # only what is new
            except Refused as refused:
                print(f"  ({refused.code})")
                if refused.code == "previous_response_not_found":
                    self.restart()  # the socket is good, the server's memory is not
                elif refused.code == "websocket_connection_limit_reached":
                    self.lost()  # sixty minutes are over; it provably did not begin
                else:
                    raise
            except (websocket.WebSocketException, OSError) as error:
                print(f"  ({type(error).__name__})")
                self.lost()
        raise ConnectionError(f"no response after {ATTEMPTS} attempts")

    def exchange(self, items: list[Item], **settings: Any) -> Item:
        """One `response.create` and its events, to the response. Raises Refused."""
        assert self.socket is not None
        create = {
            "type": "response.create",
            "model": self.model,
            "instructions": "Be brief.",  # neither instructions nor tools are inherited
            "tools": TOOLS,
            "store": self.store,
            "include": ["reasoning.encrypted_content"],
            "previous_response_id": self.previous_id,
            "input": items,
            **settings,
        }
        self.socket.send(json.dumps(create))
        event: Item = {"type": ""}
        while event["type"] not in TERMINAL:
            text = self.socket.recv()
            if not text:
                raise websocket.WebSocketConnectionClosedException("closed in the middle of a response")
            event = json.loads(text)
        if event["type"] == "error":
            raise Refused(event.get("error", event))
        response: Item = event["response"]
        if response["status"] != "completed":
            raise Refused(response.get("error") or {"message": f"the response is {response['status']}"})
        return response

    def lost(self) -> None:
        """The socket is gone. A stored response is still good; any other went with it."""
        self.close()
        if not self.store:
            self.restart()

    # After a lost connection there are three ways to go on.

    def resume(self) -> None:
        """First: the response was stored, so its id is still good. Only what is new is sent."""
        assert self.store

    def restart(self) -> None:
        """Second: a new chain, with everything that was said."""
        self.previous_id, self.known = None, 0

    def compact(self) -> None:
        """Third: a new chain that begins with a compacted window, as the service made it and unchanged."""
        body = {"model": self.model, "input": self.history}
        request = urllib.request.Request(
            self.base_url + "/responses/compact",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            self.history = json.load(answer)["output"]
        self.restart()


def answered(call: Item) -> Item:
    """The output of a call of the model's. What goes wrong is an output, too: every call wants one."""
    try:
        output = str(len(json.loads(call["arguments"])["word"]))
    except (ValueError, KeyError, TypeError) as error:
        output = f"error: {error!r}"
    return {"type": "function_call_output", "call_id": call["call_id"], "output": output}


def main() -> int:
    """Ask four questions over four connections."""
    model = os.environ.get("OPENAI_MODEL", "gpt-6.2-sol")
    conversation = Conversation(os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"], model)
    questions = ("How long is 'socket'?", "And 'websocket'?", "Which is longer?", "Thank you.")
    go_on = (conversation.resume, conversation.restart, conversation.compact)

    conversation.store = True
    conversation.connect()
    conversation.warm_up()
    print(conversation.ask(questions[0]))
    for question, way in zip(questions[1:], go_on, strict=True):
        conversation.close()  # as if it had been lost
        way()
        conversation.store = way == conversation.resume
        print(f"{way.__name__}:")
        print(conversation.ask(question))
    conversation.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
