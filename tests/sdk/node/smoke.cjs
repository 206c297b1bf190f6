// The life of one secret through the JavaScript SDK; prints `ok`.
"use strict";

const assert = require("node:assert/strict");
const { ClientSecretCredential } = require("@azure/identity");
const { SecretClient } = require("@azure/keyvault-secrets");

async function main(name) {
  const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_AUTHORITY_HOST, AZURE_KEYVAULT_URL } = process.env;
  const credential = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, {
    authorityHost: AZURE_AUTHORITY_HOST,
    disableInstanceDiscovery: true,
  });
  const client = new SecretClient(AZURE_KEYVAULT_URL, credential);

  const made = await client.setSecret(name, "from node", { tags: { a: "1" }, contentType: "text/plain" });
  const read = await client.getSecret(name);
  assert.equal(read.value, "from node");
  assert.equal(read.properties.version, made.properties.version);
  assert.deepEqual(read.properties.tags, { a: "1" });

  await client.updateSecretProperties(name, made.properties.version, { contentType: "changed" });
  assert.equal((await client.getSecret(name, { version: made.properties.version })).properties.contentType, "changed");

  const names = [];
  for await (const page of client.listPropertiesOfSecrets().byPage({ maxPageSize: 2 })) {
    names.push(...page.map((secret) => secret.name));
  }
  assert.ok(names.includes(name));
  const versions = [];
  for await (const secret of client.listPropertiesOfSecretVersions(name)) {
    versions.push(secret.version);
  }
  assert.deepEqual(versions, [made.properties.version]);

  const backup = await client.backupSecret(name);
  await (await client.beginDeleteSecret(name)).pollUntilDone();
  assert.equal((await client.getDeletedSecret(name)).name, name);
  await (await client.beginRecoverDeletedSecret(name)).pollUntilDone();
  await (await client.beginDeleteSecret(name)).pollUntilDone();
  await client.purgeDeletedSecret(name);
  await assert.rejects(client.getSecret(name), { statusCode: 404, code: "SecretNotFound" });
  await client.restoreSecretBackup(backup);
  assert.equal((await client.getSecret(name)).value, "from node");
}

main(process.argv[2]).then(
  () => console.log("ok"),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
