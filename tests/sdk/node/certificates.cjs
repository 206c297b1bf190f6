// The life of certificates through the JavaScript SDK, which polls in its own way; prints `ok`.
"use strict";

const assert = require("node:assert/strict");
const { X509Certificate } = require("node:crypto");
const { ClientSecretCredential } = require("@azure/identity");
const { CertificateClient } = require("@azure/keyvault-certificates");

const SELF = { issuerName: "Self", subject: "cn=script.example", keyType: "EC", keyCurveName: "P-384" };

async function life(client, name) {
  const poller = await client.beginCreateCertificate(name, SELF, { tags: { a: "1" } });
  const made = await poller.pollUntilDone();
  assert.equal(made.properties.tags.a, "1");
  const parts = new X509Certificate(made.cer);
  assert.equal(parts.subject, "CN=script.example");
  assert.equal(parts.publicKey.asymmetricKeyDetails.namedCurve, "secp384r1");
  assert.ok(parts.verify(parts.publicKey));
  assert.equal((await client.getCertificateOperation(name).then((each) => each.getOperationState())).isCompleted, true);

  const second = await (await client.beginCreateCertificate(name, SELF)).pollUntilDone();
  const versions = [];
  for await (const each of client.listPropertiesOfCertificateVersions(name)) {
    versions.push(each.version);
  }
  assert.deepEqual(versions.sort(), [made.properties.version, second.properties.version].sort());
  const names = [];
  for await (const page of client.listPropertiesOfCertificates({ includePending: true }).byPage({ maxPageSize: 2 })) {
    names.push(...page.map((each) => each.name));
  }
  assert.ok(names.includes(name));
  await client.updateCertificateProperties(name, second.properties.version, { enabled: true, tags: { b: "2" } });
  assert.deepEqual((await client.getCertificate(name)).properties.tags, { b: "2" });
  await client.updateCertificatePolicy(name, { ...SELF, validityInMonths: 6 });
  assert.equal((await client.getCertificatePolicy(name)).validityInMonths, 6);

  const backup = await client.backupCertificate(name);
  await (await client.beginDeleteCertificate(name)).pollUntilDone();
  assert.equal((await client.getDeletedCertificate(name)).name, name);
  await (await client.beginRecoverDeletedCertificate(name)).pollUntilDone();
  await (await client.beginDeleteCertificate(name)).pollUntilDone();
  await client.purgeDeletedCertificate(name);
  await assert.rejects(client.getCertificate(name), { statusCode: 404, code: "CertificateNotFound" });
  await client.restoreCertificateBackup(backup);
  assert.equal((await client.getCertificate(name)).id, second.id);
}

async function others(client, name) {
  const issuer = await client.createIssuer(name, "Portcullis", { accountId: "account", password: "canary-password" });
  assert.equal(issuer.provider, "Portcullis");
  const issued = await (await client.beginCreateCertificate(`${name}-ca`, { ...SELF, issuerName: name })).pollUntilDone();
  assert.notEqual(new X509Certificate(issued.cer).issuer, "CN=script.example");
  await client.deleteIssuer(name);

  await client.beginCreateCertificate(`${name}-waits`, { ...SELF, issuerName: "Unknown" });
  const waiting = await client.getCertificateOperation(`${name}-waits`);
  assert.equal(waiting.getOperationState().certificateOperation.status, "inProgress");
  await waiting.cancelOperation();
  await client.deleteCertificateOperation(`${name}-waits`);
  await assert.rejects(client.getCertificateOperation(`${name}-waits`), { statusCode: 404 });
}

async function main() {
  const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_AUTHORITY_HOST, AZURE_KEYVAULT_URL } = process.env;
  const credential = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, {
    authorityHost: AZURE_AUTHORITY_HOST,
    disableInstanceDiscovery: true,
  });
  const client = new CertificateClient(AZURE_KEYVAULT_URL, credential);
  const name = process.argv[2];
  await life(client, name);
  await others(client, `${name}-o`);
  console.log("ok");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
