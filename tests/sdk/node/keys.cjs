// The life of keys, and what they do, through the JavaScript SDK; prints `ok`.
"use strict";

const assert = require("node:assert/strict");
const { createHash, createPublicKey, randomBytes, verify } = require("node:crypto");
const { ClientSecretCredential } = require("@azure/identity");
const { CryptographyClient, KeyClient } = require("@azure/keyvault-keys");

async function life(client, name) {
  const made = await client.createRsaKey(name, { keySize: 3072, tags: { a: "1" } });
  assert.equal(made.keyType, "RSA");
  assert.equal(made.key.n.length, 384);
  const read = await client.getKey(name, { version: made.properties.version });
  assert.equal(read.id, made.id);
  assert.deepEqual(read.properties.tags, { a: "1" });

  await client.updateKeyProperties(name, made.properties.version, { tags: { b: "2" }, enabled: true });
  assert.deepEqual((await client.getKey(name)).properties.tags, { b: "2" });
  const rotated = await client.rotateKey(name);
  const versions = [];
  for await (const key of client.listPropertiesOfKeyVersions(name)) {
    versions.push(key.version);
  }
  assert.deepEqual(versions.sort(), [made.properties.version, rotated.properties.version].sort());
  const names = [];
  for await (const page of client.listPropertiesOfKeys().byPage({ maxPageSize: 2 })) {
    names.push(...page.map((key) => key.name));
  }
  assert.ok(names.includes(name));

  await client.updateKeyRotationPolicy(name, {
    expiresIn: "P90D",
    lifetimeActions: [{ action: "Rotate", timeAfterCreate: "P30D" }],
  });
  const policy = await client.getKeyRotationPolicy(name);
  assert.equal(policy.expiresIn, "P90D");
  assert.deepEqual(policy.lifetimeActions.map((action) => [action.action, action.timeAfterCreate]), [["Rotate", "P30D"]]);
  assert.equal((await client.getRandomBytes(16)).length, 16);

  const backup = await client.backupKey(name);
  await (await client.beginDeleteKey(name)).pollUntilDone();
  assert.equal((await client.getDeletedKey(name)).name, name);
  await (await client.beginRecoverDeletedKey(name)).pollUntilDone();
  await (await client.beginDeleteKey(name)).pollUntilDone();
  await client.purgeDeletedKey(name);
  await assert.rejects(client.getKey(name), { statusCode: 404, code: "KeyNotFound" });
  await client.restoreKeyBackup(backup);
  assert.equal((await client.getKey(name)).id, rotated.id);
}

async function cryptography(client, credential, name) {
  const digest = createHash("sha256").update("message").digest();
  const rsa = new CryptographyClient(await client.createRsaKey(`${name}-rsa`), credential);
  const plain = Buffer.from("plain");
  const encrypted = await rsa.encrypt({ algorithm: "RSA-OAEP-256", plaintext: plain });
  assert.deepEqual(Buffer.from((await rsa.decrypt(encrypted.algorithm, encrypted.result)).result), plain);
  const wrapped = await rsa.wrapKey("RSA-OAEP", plain);
  assert.deepEqual(Buffer.from((await rsa.unwrapKey("RSA-OAEP", wrapped.result)).result), plain);
  const signed = await rsa.sign("PS256", digest);
  assert.equal((await rsa.verify("PS256", digest, signed.result)).result, true);

  const key = await client.createEcKey(`${name}-ec`, { curve: "P-256" });
  const ec = new CryptographyClient(key, credential);
  const signature = (await ec.signData("ES256", Buffer.from("message"))).result;
  const [x, y] = [key.key.x, key.key.y].map((part) => Buffer.from(part).toString("base64url"));
  const outside = createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x, y } });
  assert.ok(verify("sha256", Buffer.from("message"), { key: outside, dsaEncoding: "ieee-p1363" }, signature));
  assert.equal((await ec.verifyData("ES256", Buffer.from("message"), signature)).result, true);

  const oct = new CryptographyClient(await client.createOctKey(`${name}-oct`, { keySize: 256 }), credential);
  const iv = randomBytes(16);
  const cbc = await oct.encrypt({ algorithm: "A256CBCPAD", plaintext: plain, iv });
  assert.deepEqual(
    Buffer.from((await oct.decrypt({ algorithm: "A256CBCPAD", ciphertext: cbc.result, iv: cbc.iv })).result),
    plain,
  );
  const gcm = await oct.encrypt({ algorithm: "A256GCM", plaintext: plain, additionalAuthenticatedData: digest });
  const opened = await oct.decrypt({
    algorithm: "A256GCM",
    ciphertext: gcm.result,
    iv: gcm.iv,
    authenticationTag: gcm.authenticationTag,
    additionalAuthenticatedData: digest,
  });
  assert.deepEqual(Buffer.from(opened.result), plain);
  const kept = await oct.wrapKey("A256KW", digest);
  assert.deepEqual(Buffer.from((await oct.unwrapKey("A256KW", kept.result)).result), digest);
}

async function main(name) {
  const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_AUTHORITY_HOST, AZURE_KEYVAULT_URL } = process.env;
  const credential = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, {
    authorityHost: AZURE_AUTHORITY_HOST,
    disableInstanceDiscovery: true,
  });
  const client = new KeyClient(AZURE_KEYVAULT_URL, credential);
  await life(client, name);
  await cryptography(client, credential, name);
}

main(process.argv[2]).then(
  () => console.log("ok"),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
