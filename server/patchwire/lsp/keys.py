"""Tries the key: connects to the service with it, and does no more. No model runs; nothing of a workspace is sent."""

from typing import Any

from patchwire.adapters.connections import Connections, ServiceConnection
from patchwire.adapters.credentials import FixedKey, KeyCommand
from patchwire.errors import ConnectionLost, ProviderError, SettingsError
from patchwire.lsp.settings import Wishes


async def tried(wishes: Wishes) -> dict[str, Any]:
    """What the service says to the key that would be used now: `status` and `message`."""
    try:
        settings = wishes.settings()
    except SettingsError as error:
        return {"status": "failed", "message": str(error)}
    if settings.offline:
        return {"status": "ok", "message": "The built-in model is in use: it needs no key."}
    service = ServiceConnection(
        settings.base_url,
        settings.model.name,
        KeyCommand(settings.key_command) if settings.key_command else FixedKey(settings.api_key),
        Connections().known(settings.base_url),
        mode=settings.transport,
        organization=settings.organization,
        project=settings.project,
    )
    try:
        await service.reconnect()
        if not service.capabilities.incremental:
            return {
                "status": "ok",
                "message": f"{settings.base_url} takes no WebSocket: only a turn can try the key there.",
            }
    except (ProviderError, ConnectionLost, SettingsError) as error:
        return {"status": "failed", "message": str(error)}
    finally:
        await service.aclose()
    return {"status": "ok", "message": f"{settings.base_url} accepts the key."}
