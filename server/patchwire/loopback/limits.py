"""What a client may ask of the server, and the habits that the documentation leaves open. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """A connection's lifetime, bytes of a message, lanes active at once, lane names ever used; and of a request:

    `context_tokens` is the model's window (None: the published one), `tokens_per_minute` what no single request may
    exceed (None: no limit), `forbidden` the parameters, such as `reasoning.summary`, that this organisation may not
    use, `least_threshold` the smallest `compact_threshold` that is taken (None: any).
    """

    lifetime_seconds: float = 3600.0
    message_bytes: int = 16 * 1024 * 1024
    active_lanes: int = 16
    lane_names: int = 32
    context_tokens: int | None = None
    tokens_per_minute: int | None = None
    forbidden: tuple[str, ...] = ()
    least_threshold: int | None = None


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Habits:
    """What OpenAI does not say, or what other servers do otherwise. No client should depend on any of it.

    `compression`: permessage-deflate is accepted. `ping_seconds`: the server's own pings come so often (None: never),
    and a client that does not answer within as long is gone. `idle_seconds`: a connection on which nothing runs for
    so long is closed with 1000. `goodbye_code`: the close code when the lifetime is over, None for no goodbye.
    `lanes`, `warm_up`: `stream_id` and `generate` are known parameters. `warm_up_usage`: a warm-up's response has
    usage. `most_waiting`: so many creates may wait for their lane, or for room, before further ones are refused (None:
    any number). `queued`: a create that has to wait is told `response.queued`. `steering`: models that can be steered
    are. `upgrade_headers` come with an accepted upgrade. `key_in_subprotocol`: a browser, which sets no headers, may
    offer the key as the subprotocol `openai-insecure-api-key.KEY`. `done_mark`: `[DONE]` follows a response's end.

    `warm_up_events`: what comes before a warm-up's `response.completed`. What a connection remembers after a response
    that failed or ended incomplete: its parent (`keeps_parent`), an incomplete one itself (`keeps_incomplete`).
    `finishes_abandoned`: a response whose client has gone is written to its end and, where asked, stored.
    """

    compression: bool = True
    ping_seconds: float | None = 20.0
    idle_seconds: float | None = None
    goodbye_code: int | None = 1000
    lanes: bool = True
    warm_up: bool = True
    warm_up_usage: bool = True
    warm_up_events: tuple[str, ...] = ("response.created", "response.in_progress")
    most_waiting: int | None = None
    queued: bool = False
    keeps_parent: bool = False
    keeps_incomplete: bool = False
    finishes_abandoned: bool = False
    done_mark: bool = False
    key_in_subprotocol: bool = False
    steering: bool = True
    upgrade_headers: Mapping[str, str] = field(default_factory=dict)


HABITS = Habits()
