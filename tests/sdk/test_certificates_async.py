"""The same through the asynchronous client of certificates, which uses another HTTP library."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.certificates import CertificateContact, CertificatePolicy
from azure.keyvault.certificates.aio import CertificateClient

from async_clients import run
from test_certificates import parsed


def test_the_whole_life_of_a_certificate(gateway, name):
    async def story(certificates):
        policy = CertificatePolicy("Self", subject="CN=async", key_type="EC")
        first = await certificates.create_certificate(name, policy, tags={"a": "1"})
        second = await certificates.create_certificate(name, CertificatePolicy.get_default())
        assert (await certificates.get_certificate(name)).cer == second.cer
        assert (await certificates.get_certificate_version(name, first.properties.version)).cer == first.cer
        versions = [each.version async for each in certificates.list_properties_of_certificate_versions(name, max_page_size=1)]
        assert sorted(versions) == sorted([first.properties.version, second.properties.version])
        assert name in [each.name async for each in certificates.list_properties_of_certificates(max_page_size=3)]
        changed = await certificates.update_certificate_properties(name, enabled=True, tags={"b": "2"})
        assert changed.properties.tags == {"b": "2"}
        told = await certificates.update_certificate_policy(name, CertificatePolicy("Self", validity_in_months=6))
        assert told.validity_in_months == (await certificates.get_certificate_policy(name)).validity_in_months == 6
        assert (await certificates.get_certificate_operation(name)).status == "completed"

        blob = await certificates.backup_certificate(name)
        with pytest.raises(ResourceExistsError):
            await certificates.restore_certificate_backup(blob)
        deleted = await certificates.delete_certificate(name)
        assert deleted.recovery_id
        assert name in [each.name async for each in certificates.list_deleted_certificates()]
        assert (await certificates.get_deleted_certificate(name)).cer == second.cer
        await certificates.recover_deleted_certificate(name)
        await certificates.delete_certificate(name)
        await certificates.purge_deleted_certificate(name)
        with pytest.raises(ResourceNotFoundError):
            await certificates.get_deleted_certificate(name)
        assert (await certificates.restore_certificate_backup(blob)).cer == second.cer

    run(CertificateClient, gateway, story)


def test_certificates_of_others(gateway, authority, name):
    async def story(certificates):
        issuer = await certificates.create_issuer(name, "Portcullis", account_id="a", password="canary-password")
        assert (issuer.provider, issuer.password) == ("Portcullis", None)
        assert (await certificates.update_issuer(name, account_id="b")).account_id == "b"
        assert (await certificates.get_issuer(name)).account_id == "b"
        assert name in [each.name async for each in certificates.list_properties_of_issuers()]
        issued = await certificates.create_certificate(name, CertificatePolicy(name, subject="CN=issued", key_type="EC"))
        assert parsed(issued).issuer != parsed(issued).subject
        assert (await certificates.delete_issuer(name)).provider == "Portcullis"

        unknown = CertificatePolicy("Unknown", subject="CN=outside", key_type="EC")
        operation = await certificates.create_certificate(f"{name}-2", unknown)
        assert operation.status == "inProgress"
        leaf = authority.sign(bytes(operation.csr))
        assert bytes((await certificates.merge_certificate(f"{name}-2", [leaf])).cer) == leaf
        await certificates.create_certificate(f"{name}-3", unknown)
        assert (await certificates.cancel_certificate_operation(f"{name}-3")).status == "cancelled"
        await certificates.delete_certificate_operation(f"{name}-3")
        with pytest.raises(ResourceNotFoundError):
            await certificates.get_certificate_operation(f"{name}-3")

    run(CertificateClient, gateway, story)


def test_a_file_is_imported(gateway, authority, name):
    async def story(certificates):
        file, leaf = authority.pfx("RSA", "password")
        with pytest.raises(HttpResponseError) as wrong:
            await certificates.import_certificate(name, file, password="wrong")
        assert (wrong.value.status_code, wrong.value.error.code) == (400, "BadParameter")
        imported = await certificates.import_certificate(name, file, password="password")
        assert bytes(imported.cer) == leaf

    run(CertificateClient, gateway, story)


def test_contacts(gateway):
    async def story(certificates):
        with pytest.raises(ResourceNotFoundError):
            await certificates.get_contacts()
        await certificates.set_contacts([CertificateContact(email="a@one.example")])
        assert [each.email for each in await certificates.get_contacts()] == ["a@one.example"]
        assert [each.email for each in await certificates.delete_contacts()] == ["a@one.example"]

    run(CertificateClient, gateway, story)
