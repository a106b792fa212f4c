"""The law of wire.conversation: whatever is lost, the context of every accepted request is the transcript.

A random play between a conversation and a reference server that remembers as little as the documents promise. The
expected transcript is kept by the play itself, from what was asked and what the server meant to say.
"""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.wire.frames import (
    created,
    custom_call,
    event,
    failed,
    function_call,
    item_done,
    message,
    patch_call,
    reasoning,
    refused,
    said,
    shell_call,
)
from tests.wire.reference import Accepted, ReferenceServer, Rejected

from patchwire.wire.conversation import Conversation, RequestSettings
from patchwire.wire.events import Other, Refused
from patchwire.wire.items import Item, ToolOutput, calls_in, user_message
from patchwire.wire.state import State

NOISE = [
    event("codex.rate_limits", limits=[]),
    event("keepalive"),
    event("response.metadata", response={"id": "elsewhere"}),
    event("response.hologram.delta", output_index=0, item_id="msg_1", delta="!"),
    event("response.compaction.compacting", output_index=0),
    event("response.steer.failed", error={"code": "steering_not_supported"}),
    "[DONE]",
]
SETTINGS = [RequestSettings("m", "i"), RequestSettings("m", "j", options={"store": False})]
CALLS = [function_call, custom_call, patch_call, shell_call]


@dataclass
class Running:
    """An accepted request: the frames of its response that are still to come, and what it comes to."""

    accepted: Accepted
    frames: list[str]
    ending: str
    output: list[Item]
    kept: list[Item]
    begun: bool = field(default=False)


class Play(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.conversation = Conversation(SETTINGS[0])
        self.server = ReferenceServer()
        self.transcript: list[Item] = []
        self.unsettled = 0
        self.running: Running | None = None
        self.leftovers: list[str] = []
        self.numbers = 0

    # What the user and the tools do

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def state_is(self, *states: State) -> bool:
        return self.conversation.state in states

    @rule(texts=st.integers(1, 2))
    @precondition(lambda self: self.state_is(State.READY))
    def ask(self, texts):
        items = [user_message(f"question {self.number()}") for _ in range(texts)]
        self.conversation.ask(*items)
        self.unsettled = len(self.transcript)
        self.transcript += items

    @rule()
    @precondition(lambda self: self.state_is(State.READY))
    def warm_up(self):
        self.conversation.warm_up()

    @rule(interrupted=st.booleans())
    @precondition(lambda self: self.state_is(State.OWING))
    def answer(self, interrupted):
        outputs = [ToolOutput(call, f"output {self.number()}") for call in self.conversation.open_calls]
        more = [user_message("and quickly")] if interrupted else []
        self.conversation.answer(outputs[::-1], *more)
        self.transcript += [*(output.item() for output in outputs), *more]

    def abandon(self):
        calls = self.conversation.open_calls
        self.leave_running(same_connection=True)
        self.conversation.abandon("cancelled")
        self.transcript += [ToolOutput(call, "cancelled", ok=False).item() for call in calls]
        self.unsettled = len(self.transcript)

    def rebase(self):
        if self.state_is(State.WAITING):
            return
        assert list(self.conversation.settled) == self.transcript[: self.unsettled]
        window = [user_message(f"summary {self.number()}"), {"type": "compaction", "encrypted_content": "gAAA"}]
        self.conversation.rebase(window)
        self.transcript[: self.unsettled] = window
        self.unsettled = len(window)

    def fork(self):
        self.conversation = self.conversation.fork()
        assert self.state_is(State.READY)
        del self.transcript[self.unsettled :]
        self.new_connection()

    def change_settings(self):
        self.conversation.settings = next(other for other in SETTINGS if other is not self.conversation.settings)

    @rule(data=st.data())
    def play_on(self, data):
        """Whatever state it is in, bring the conversation one whole response further."""
        if self.state_is(State.READY):
            self.ask(1)
        elif self.state_is(State.OWING):
            self.answer(interrupted=False)
        elif self.state_is(State.FAILED):
            self.try_again()
        if self.running is None:
            self.send(data, 1000)
        self.receive(1000)

    # What the wire does

    def new_connection(self) -> None:
        self.server.forget()
        self.running = None
        self.leftovers.clear()

    def leave_running(self, *, same_connection: bool) -> None:
        """The running response is given up: on the same connection, if it has begun, its rest still comes."""
        if self.running is None:
            return
        if same_connection and self.running.begun:
            self.leftovers += self.running.frames
            self.end(self.running)
        else:
            self.new_connection()
        self.running = None

    @rule(data=st.data(), count=st.sampled_from([0, 1, 5, 1000, 1000]))
    @precondition(lambda self: self.state_is(State.WAITING) and self.running is None)
    def send(self, data, count):
        for frame in self.conversation.frames_to_send():
            match self.server.create(frame):
                case Accepted() as accepted:
                    assert accepted.context == self.transcript
                    self.running = data.draw((preparations if accepted.warm_up else responses)(accepted, self.number))
                case Rejected() as rejected:
                    assert rejected.code == "previous_response_not_found", rejected.message
                    problem = self.conversation.receive(rejected.frame)
                    assert isinstance(problem, Refused)
                    assert problem.error.chain_lost
                    self.conversation.restart_chain()
        self.receive(count)

    @rule(count=st.sampled_from([1, 5, 1000]))
    @precondition(lambda self: self.running is not None or self.leftovers)
    def receive(self, count):
        for _ in range(count):
            if self.leftovers:
                assert isinstance(self.conversation.receive(self.leftovers.pop(0)), Other)
            elif self.running is not None:
                running = self.running
                self.conversation.receive(running.frames.pop(0))
                running.begun = True
                if not running.frames:
                    self.end(running)
                    self.take(running)
            else:
                return

    def end(self, running: Running) -> None:
        if running.ending == "completed":
            self.server.finish(running.accepted, running.output)
        else:
            self.server.forget()

    def take(self, running: Running) -> None:
        self.running = None
        before = len(self.transcript)
        self.transcript += running.kept
        if running.ending == "completed":
            calls = calls_in(running.kept)
            assert self.conversation.open_calls == calls
            assert self.state_is(State.OWING if calls else State.READY)
            self.unsettled = before if calls else len(self.transcript)
        elif running.ending == "incomplete":
            assert self.state_is(State.READY)
            self.unsettled = len(self.transcript)
        else:
            assert self.state_is(State.FAILED)

    @rule(noise=st.sampled_from(NOISE))
    def hear_noise(self, noise):
        before = (self.conversation.state, self.conversation.history, self.conversation.open_calls)
        assert isinstance(self.conversation.receive(noise), Other)
        assert (self.conversation.state, self.conversation.history, self.conversation.open_calls) == before

    def refuse(self):
        self.server.forget()
        self.conversation.receive(refused())
        if self.running is not None:
            assert self.state_is(State.FAILED)
            self.running = None

    @rule()
    @precondition(lambda self: self.state_is(State.FAILED))
    def try_again(self):
        self.conversation.restart_chain()

    def lose_connection(self):
        self.new_connection()
        self.conversation.restart_chain()

    def lose_connection_unnoticed(self):
        if self.running is None:
            self.new_connection()

    def lose_patience(self):
        self.leave_running(same_connection=True)
        self.conversation.restart_chain()

    def hear_an_unasked_successor(self):
        if self.state_is(State.WAITING) or self.leftovers:
            return
        successor = Accepted(self.server.next_id(), [], {})
        end = event("response.completed", response={"id": successor.id, "output": [function_call("unasked")]})
        for frame in (created(successor.id), said("psst"), item_done(function_call("unasked")), end):
            assert isinstance(self.conversation.receive(frame), Other)
        self.server.finish(successor, [])

    @rule(what=st.sampled_from([
        abandon, rebase, fork, change_settings, refuse, lose_connection, lose_connection_unnoticed, lose_patience,
        hear_an_unasked_successor,
    ]))  # fmt: skip
    def trouble(self, what):
        what(self)

    @invariant()
    def the_history_is_the_transcript(self):
        assert list(self.conversation.history) == self.transcript

    def teardown(self):
        """However the play stands, it can be brought to an end: the next request is accepted and says it all."""
        self.abandon()
        self.conversation.ask(user_message("last"))
        (frame,) = self.conversation.frames_to_send()
        accepted = self.server.create(frame)
        assert isinstance(accepted, Accepted)
        assert accepted.context == [*self.transcript, user_message("last")]


# What the server says, and the many ways in which the documents let it say so


@st.composite
def responses(draw, accepted, number):
    """A response to an accepted request: completed, cut short, or failed after some of it."""
    ending = draw(st.sampled_from(["completed", "completed", "completed", "incomplete", "failed"]))
    kept = [item for _ in range(draw(st.integers(0, 2))) for item in draw(thoughts(number))]
    calls = [make(f"call_{number()}") for make in draw(st.lists(st.sampled_from(CALLS), max_size=3))]
    if calls and draw(st.booleans()):
        calls.insert(0, reasoning(f"secret {number()}"))
    terminal = draw(st.sampled_from(["whole", "null", "missing", "fragment"]))
    output = kept + calls
    frames = [created(accepted.id), *draw(telling(output, terminal))]
    if draw(st.booleans()):
        frames.insert(1, event("response.in_progress", response={"id": accepted.id}))
    if ending == "failed":
        frames = [*frames[: draw(st.integers(1, len(frames)))], failed(accepted.id)]
        return Running(accepted, frames, ending, [], [])
    response = {"id": accepted.id, "incomplete_details": {"reason": "max_tokens"}, "usage": None}
    if terminal != "missing":
        response["output"] = {"whole": output, "null": None, "fragment": output[1:]}[terminal]
    frames.append(event(f"response.{ending}", response=response))
    return Running(accepted, frames, ending, output, output if ending == "completed" else kept)


@st.composite
def preparations(draw, accepted, number):
    """The answer to a warm-up: nothing, told with more or fewer events; or a model that knows no warm-up speaks."""
    ending = draw(st.sampled_from(["completed", "completed", "completed", "incomplete", "failed"]))
    output = draw(st.sampled_from([[], [], [message("Hello?"), function_call(f"call_{number()}")]]))
    frames = [
        event(f"response.{stage}", response={"id": accepted.id}) for stage in ("queued", "created", "in_progress")
    ]
    frames = [frame for frame in frames if draw(st.booleans())]
    if output:
        frames += [created(accepted.id), *draw(telling(output, "whole"))]
    end = failed(accepted.id) if ending == "failed" else None
    frames.append(end or event(f"response.{ending}", response={"id": accepted.id, "output": output}))
    return Running(accepted, frames, ending, output, [])


@st.composite
def thoughts(draw, number):
    """Items that stay even where the response is cut short."""
    last = {"id": f"msg_{number()}"} | draw(st.sampled_from([{}, {"phase": "commentary"}, {"phase": "final_answer"}]))
    said_or_unknown = [message(f"text {number()}", **last), {"type": "hologram", "id": f"h_{number()}", "x": [None]}]
    before = [reasoning(f"secret {number()}")] if draw(st.booleans()) else []
    return [*before, draw(st.sampled_from(said_or_unknown))]


@st.composite
def telling(draw, output, terminal):
    """The events between a response's beginning and its end, the items' own interleaved."""
    tales = [draw(tale(item, index, terminal)) for index, item in enumerate(output)]
    frames = []
    while tales := [tale for tale in tales if tale]:
        frames.append(draw(st.sampled_from(tales)).pop(0))
        if draw(st.integers(0, 5)) == 0:
            frames.append(draw(st.sampled_from(NOISE)))
    return frames


@st.composite
def tale(draw, item, index, terminal):
    """The events of one item: in full, without their setup, or as little as can be understood."""
    setup = event("response.output_item.added", output_index=index, item=item | {"content": []})
    pieces = list(spelling(item, index))
    whole = item_done(item, index)
    ways = [[whole], [setup, whole], [*pieces, whole], [setup, *pieces, whole]]
    if terminal == "whole":
        ways += [[], pieces, [setup, *pieces]]
    elif terminal != "fragment" and item["type"] == "message":
        ways += [[setup, *pieces]] if "phase" in item else [pieces, [setup, *pieces]]
    return list(draw(st.sampled_from(ways)))


def spelling(item, index):
    place = {"output_index": index, "item_id": item.get("id")}
    if item["type"] == "message":
        text = item["content"][0]["text"]
        yield said(text[:3], index, item["id"])
        yield said(text[3:], index, item["id"])
        yield event("response.output_text.done", content_index=0, text=text, **place)
    elif item["type"] == "function_call":
        yield event("response.function_call_arguments.delta", delta=item["arguments"], **place)


TestPlay = Play.TestCase
TestPlay.settings = settings(stateful_step_count=40)  # how many plays, the profile says (`soak`: thousands)
