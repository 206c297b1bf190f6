"""Requests without an SDK, for what the SDKs cannot be made to send, and for the management plane."""

import uuid

import requests

MANAGEMENT_VERSION = "2026-02-01"
AUTHORIZATION_VERSION = "2022-04-01"
DATA_VERSION = "7.6"


class Rest:
    """The application of the development gateway, speaking plain HTTP requests."""

    def __init__(self, gateway):
        self.gateway = gateway
        self._tokens = {}
        self._session = requests.Session()
        # Proxies and certificate settings of the machine are for other hosts.
        self._session.trust_env = False
        self._session.verify = gateway.ca_file

    def token(self, scope):
        """An access token for a scope, asked for once."""
        if scope not in self._tokens:
            settings = self.gateway.settings
            form = {
                "grant_type": "client_credentials",
                "client_id": settings["AZURE_CLIENT_ID"],
                "client_secret": settings["AZURE_CLIENT_SECRET"],
                "scope": scope,
            }
            answer = self._session.post(self.gateway.token_url, data=form)
            assert answer.status_code == 200, answer.text
            self._tokens[scope] = answer.json()["access_token"]
        return self._tokens[scope]

    def vault_token(self):
        return self.token(f"{self.gateway.vault_resource}/.default")

    def management_token(self):
        # Two slashes, as `az` asks: the audience is the URL with its trailing slash.
        return self.token(f"{self.gateway.management_url}//.default")

    def data(self, method, path, token=None, version=DATA_VERSION, **options):
        """A request to the vault; `version=None` leaves the api-version out, `token=""` the token."""
        token = self.vault_token() if token is None else token
        return self._send(method, f"{self.gateway.vault_url}{path}", token, version, **options)

    def management(self, method, path, version=MANAGEMENT_VERSION, **options):
        return self._send(method, f"{self.gateway.management_url}{path}", self.management_token(), version, **options)

    def _send(self, method, url, token, version, headers=None, **options):
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        params = {} if version is None else {"api-version": version}
        return self._session.request(method, url, headers=headers, params=params, **options)

    # The management plane's few calls.

    @property
    def vault_id(self):
        subscription = self.gateway.settings["AZURE_SUBSCRIPTION_ID"]
        return f"/subscriptions/{subscription}/resourceGroups/dev/providers/Microsoft.KeyVault/vaults/dev"

    def patch_vault(self, force=False, **properties):
        """Changes the vault; only with `force` its rules may shut this process out."""
        headers = {"x-portcullis-force": "true"} if force else {}
        answer = self.management("PATCH", self.vault_id, json={"properties": properties}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def assign(self, role, principal, scope=None, name=None):
        """Asks for a role assignment; gives the response, whatever it is."""
        scope = scope or self.vault_id
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name or uuid.uuid4()}"
        subscription = self.gateway.settings["AZURE_SUBSCRIPTION_ID"]
        definition = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        body = {"properties": {"roleDefinitionId": definition, "principalId": principal}}
        return self.management("PUT", path, version=AUTHORIZATION_VERSION, json=body)

    def unassign(self, name, scope=None):
        path = f"{scope or self.vault_id}/providers/Microsoft.Authorization/roleAssignments/{name}"
        return self.management("DELETE", path, version=AUTHORIZATION_VERSION)
