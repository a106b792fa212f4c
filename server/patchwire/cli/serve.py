"""`patchwire serve`: the local Responses server in the foreground, for people who test a client of their own.

Reads options and files, starts the server, says where it is, waits for the end. What the server does is none of its
business.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patchwire.loopback.model import Model
    from patchwire.loopback.play import Play
    from patchwire.loopback.server import Loopback

HELP = "run a local Responses server, to test clients against"
DESCRIPTION = """\
Run a local server of the Responses API, WebSocket mode and HTTP, on 127.0.0.1 until Ctrl-C.

Behind it is the built-in model, or a script (--script). --faults makes things go wrong on purpose. How both are
written, and what can be asked of a running server: docs/serve.md.

exit codes: 0 stopped, 1 stopped, and a client believed something else than the server, 2 usage, a file or the port
"""
_EXIT_DIFFERENCES = 1
_EXIT_USAGE = 2


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--port", type=int, default=0, metavar="N", help="the port (default: a free one)")
    command.add_argument("--token", metavar="T", help="the key that clients must show (default: a random one)")
    command.add_argument("--script", type=Path, metavar="FILE", help="let this play answer, a JSON list of acts")
    command.add_argument("--faults", type=Path, metavar="FILE", help="faults, limits and habits, a JSON object")
    command.add_argument(
        "--model", action="append", default=[], metavar="NAME", help="a model name to serve besides the published ones"
    )
    command.add_argument("--certificate", type=Path, metavar="FILE", help="serve HTTPS and WSS with this PEM chain")
    command.add_argument("--private-key", type=Path, metavar="FILE", help="the certificate's key, if it is elsewhere")
    command.add_argument("--json", action="store_true", help="say where it is as one JSON object on standard output")


def main(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    import asyncio

    try:
        server, play = _server(options)
    except (OSError, ValueError) as error:
        _say(str(error))
        return _EXIT_USAGE
    return asyncio.run(_serve(server, play, options))


def _server(options: argparse.Namespace) -> "tuple[Loopback, Play | None]":
    """What the options ask for. Raises OSError and ValueError, which name the file."""
    from patchwire.loopback.play import Play
    from patchwire.loopback.scenario import load
    from patchwire.loopback.server import Loopback
    from patchwire.models import OFFLINE_MODEL
    from patchwire.session import OfflineModel

    play = _read(options.script, Play.load)
    scenario = _read(options.faults, load) or load("{}")
    model: Model = play or OfflineModel()
    server = Loopback(
        model,
        token=options.token,
        port=options.port,
        faults=scenario.faults,
        limits=scenario.limits,
        habits=scenario.habits,
        models=[*options.model, OFFLINE_MODEL.name],
        tls=_tls(options),
    )
    return server, play


def _read(path: Path | None, load: Any) -> Any:
    if path is None:
        return None
    try:
        return load(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _tls(options: argparse.Namespace) -> Any:
    if options.certificate is None:
        return None
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.certificate, options.private_key)
    except OSError as error:  # ssl's own errors are some, and name no file
        raise ValueError(f"{options.certificate}: {error.strerror or error}") from error
    return context


async def _serve(server: "Loopback", play: "Play | None", options: argparse.Namespace) -> int:
    import asyncio

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with server:
            _introduce(server, options)
            await stopped.wait()
    except OSError as error:
        _say(f"port {options.port} cannot be used: {error.strerror}")
        return _EXIT_USAGE
    except OverflowError:
        _say(f"port {options.port} cannot be used: a port is a number from 0 to 65535")
        return _EXIT_USAGE
    return _sum_up(server, play)


def _introduce(server: "Loopback", options: argparse.Namespace) -> None:
    control_url = server.base_url.removesuffix("v1") + "_control"
    if options.json:
        where = {"schema_version": 1, "base_url": server.base_url, "token": server.token, "control_url": control_url}
        print(json.dumps(where), flush=True)
        return
    _say(f"serving {options.script or 'the built-in model'} until Ctrl-C; the control endpoint is {control_url}")
    for name, value in (("OPENAI_BASE_URL", server.base_url), ("OPENAI_API_KEY", server.token)):
        print(f"export {name}={value}", file=sys.stderr, flush=True)


def _sum_up(server: "Loopback", play: "Play | None") -> int:
    exchanges = server.exchanges
    refused = sum(exchange.status == "refused" for exchange in exchanges)
    different = [exchange for exchange in exchanges if exchange.difference is not None]
    for exchange in different:
        _say(f"{exchange.response_id}: {exchange.difference}")
    _say(f"requests: {len(exchanges)}, refused: {refused}, understood otherwise by the client: {len(different)}")
    if play is not None and (play.unfinished or play.overrun):
        _say(f"acts of the play that were not played: {play.unfinished}, requests after its end: {play.overrun}")
    return _EXIT_DIFFERENCES if different else 0


def _say(text: str) -> None:
    print(f"patchwire: {text}", file=sys.stderr, flush=True)
