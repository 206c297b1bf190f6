"""The same life through the asynchronous clients, which use another HTTP library."""

import asyncio

from azure.keyvault.secrets.aio import SecretClient

from async_clients import run


def test_the_whole_life_of_a_secret(gateway, name):
    async def story(client):
        first = await client.set_secret(name, "one", tags={"a": "1"}, content_type="text/plain")
        await client.set_secret(name, "two")
        assert (await client.get_secret(name)).value == "two"
        assert (await client.get_secret(name, first.properties.version)).value == "one"

        changed = await client.update_secret_properties(name, enabled=True, tags={"b": "2"})
        assert changed.tags == {"b": "2"}
        versions = [secret.version async for secret in client.list_properties_of_secret_versions(name)]
        assert len(versions) == 2
        assert name in [secret.name async for secret in client.list_properties_of_secrets(max_page_size=3)]

        blob = await client.backup_secret(name)
        deleted = await client.delete_secret(name)
        assert deleted.name == name
        assert (await client.get_deleted_secret(name)).name == name
        assert name in [secret.name async for secret in client.list_deleted_secrets()]
        await client.recover_deleted_secret(name)
        assert (await client.get_secret(name)).value == "two"

        await client.delete_secret(name)
        await client.purge_deleted_secret(name)
        await client.restore_secret_backup(blob)
        assert (await client.get_secret(name)).value == "two"

    run(SecretClient, gateway, story)


def test_many_requests_at_once_do_not_mix(gateway, name):
    async def story(client):
        names = [f"{name}-{number}" for number in range(20)]
        await asyncio.gather(*(client.set_secret(each, f"value of {each}") for each in names))
        read = await asyncio.gather(*(client.get_secret(each) for each in names))
        assert [secret.value for secret in read] == [f"value of {each}" for each in names]

    run(SecretClient, gateway, story)
