"""The unmodified SDK's asynchronous clients, set up as its documentation says."""

import asyncio

from azure.identity.aio import ClientSecretCredential

from clients import credential


def run(client_type, gateway, story):
    """Runs a coroutine that takes a client of this type."""

    async def with_client():
        async with credential(gateway, ClientSecretCredential) as own, client_type(gateway.vault_url, own) as client:
            await story(client)

    asyncio.run(with_client())
