"""Every way to sign in, each with the matching class of the unmodified azure-identity."""

import base64
import hashlib
import hmac
import html
import http.cookiejar
import json
import os
import re
import secrets
import ssl
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    DeviceCodeCredential,
    InteractiveBrowserCredential,
    OnBehalfOfCredential,
    WorkloadIdentityCredential,
)
from azure.keyvault.secrets import SecretClient
from cryptography.hazmat.primitives.asymmetric import ec

from clients import StaticCredential
from gateway import clean_environment, program
from openssl import KEY_OPTIONS, openssl
from test_serve import CLIENT, TENANT, Served

DESKTOP, BACKEND = str(uuid.uuid4()), str(uuid.uuid4())
PASSWORD = "correct horse battery staple"
ISSUER = "https://kubernetes.example"
SUBJECT = "system:serviceaccount:apps:web"


def password_hash(password):
    command = [program(), "directory", "password-hash"]
    done = subprocess.run(command, input=password, capture_output=True, text=True, timeout=60, env=clean_environment())
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)


class IdentityGateway(Served):
    """A gateway with everything that signs in: an application with certificates, users, clients, an issuer."""

    def __init__(self, folder, certificates):
        super().__init__(folder, certificates)
        self.certificate = folder / "client.pem"
        # fmt: off
        openssl("req", "-x509", *KEY_OPTIONS["RSA"], "-noenc", "-keyout", folder / "client.key", "-out", folder / "client.crt",
                "-subj", "/CN=service", "-days", "30")
        # fmt: on
        self.certificate.write_text((folder / "client.key").read_text() + (folder / "client.crt").read_text())
        self.issuer_key = ec.generate_private_key(ec.SECP256R1())
        jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.issuer_key.public_key())) | {"kid": "1", "use": "sig", "alg": "ES256"}
        (folder / "issuer.jwks.json").write_text(json.dumps({"keys": [jwk]}))
        self.totp = base64.b32encode(secrets.token_bytes(20)).decode()
        private(folder / "ada.totp", self.totp)
        hashed = password_hash(PASSWORD)
        for user in ("ada", "bob", "eve"):
            private(folder / f"{user}.password", hashed)
        self.backend_secret = secrets.token_urlsafe(32)
        private(folder / "backend.secret", self.backend_secret)
        text = (folder / "portcullis.toml").read_text()
        text = text.replace(
            'secret_file = "client-secret"',
            'secret_file = "client-secret"\ncertificate_files = ["client.crt"]\n'
            f'[[application.federated]]\nname = "cluster"\nissuer = "{ISSUER}"\nsubject = "{SUBJECT}"\n',
        )
        text += f"""
[[trusted_issuer]]
issuer = "{ISSUER}"
keys_file = "issuer.jwks.json"
accept_directly_in = "{TENANT}"
[[application]]
name = "desktop"
principal = "{uuid.uuid4()}"
client_id = "{DESKTOP}"
tenant = "{TENANT}"
public = true
redirect_uris = ["http://localhost"]
[[application]]
name = "backend"
principal = "{uuid.uuid4()}"
client_id = "{BACKEND}"
tenant = "{TENANT}"
secret_file = "backend.secret"
identifier_uris = ["api://backend"]
[[user]]
name = "ada@example.com"
principal = "{uuid.uuid4()}"
tenant = "{TENANT}"
password_hash_file = "ada.password"
totp_file = "ada.totp"
[[user]]
name = "bob@example.com"
principal = "{uuid.uuid4()}"
tenant = "{TENANT}"
password_hash_file = "bob.password"
[[user]]
name = "eve@example.com"
principal = "{uuid.uuid4()}"
tenant = "{TENANT}"
password_hash_file = "eve.password"
[[group]]
id = "{uuid.uuid4()}"
tenant = "{TENANT}"
name = "people"
members = ["ada@example.com", "bob@example.com"]
[[group]]
id = "{uuid.uuid4()}"
tenant = "{TENANT}"
name = "readers"
members = ["people"]
[[role_assignment]]
principal = "readers"
role = "Key Vault Secrets Officer"
vault = "prod"
[[plugin]]
name = "conditional-access"
builtin = "conditional-access"
settings_file = "policies.json"
[[plugin]]
name = "azure-rbac"
builtin = "azure-rbac"
"""
        deletion = {
            "id": "careful",
            "displayName": "Deleting takes a second factor",
            "state": "enabled",
            "conditions": {"principals": {"include": ["All"]}, "operations": {"include": ["SecretDelete"]}},
            "grantControls": {"builtInControls": ["mfa"]},
        }
        people = {"users": {"includeUsers": ["All"]}, "clientAppTypes": ["all"]}
        production = {
            "id": "production",
            "displayName": "Production takes a step up",
            "state": "enabled",
            "conditions": people | {"applications": {"includeAuthenticationContextClassReferences": ["c1"]}},
            "grantControls": {"operator": "OR", "authenticationContext": {"id": "c1"}},
        }
        fresh = {
            "id": "fresh",
            "displayName": "Backups take a fresh sign-in",
            "state": "enabled",
            "conditions": people | {"applications": {"includeUserActions": ["urn:portcullis:operation:SecretBackup"]}},
            "sessionControls": {"signInFrequency": {"isEnabled": True, "frequencyInterval": "everyTime"}},
        }
        context = {"id": "c1", "displayName": "Production", "requests": {"objectNamePrefixes": ["prod-"]}}
        settings = {"policies": [deletion, production, fresh], "authenticationContextClassReferences": [context]}
        (folder / "policies.json").write_text(json.dumps(settings))
        (folder / "portcullis.toml").write_text(text)

    def code(self, ahead=0):
        """The code that the authenticator app shows; never one of the step in which the gateway started."""
        step = int(time.time()) // 30 + ahead
        digest = hmac.new(base64.b32decode(self.totp), struct.pack(">Q", step), hashlib.sha1).digest()
        at = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"

    @property
    def management_url(self):
        return f"https://management.localhost:{self.port}"

    @property
    def options(self):
        return {"authority": self.settings["AZURE_AUTHORITY_HOST"], "disable_instance_discovery": True}

    def federated(self, key=None, **changes):
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "iat": now, "exp": now + 600} | changes
        return jwt.encode(claims, key or self.issuer_key, "ES256", headers={"kid": "1"})


@pytest.fixture(scope="module")
def signing(tmp_path_factory, gateway):
    served = IdentityGateway(tmp_path_factory.mktemp("identity"), gateway.data)
    served.start()
    yield served
    served.process.terminate()
    served.process.wait(30)


@pytest.fixture(autouse=True)
def trusted(signing, gateway, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(gateway.ca_file))
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"):
        monkeypatch.delenv(name, raising=False)


class Browser:
    """Follows the pages of a sign-in as a browser does: cookies, forms, redirects. It runs no scripts."""

    def __init__(self, gateway):
        context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
        self.jar = http.cookiejar.CookieJar()
        handlers = urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(self.jar)
        self.opener = urllib.request.build_opener(*handlers, urllib.request.ProxyHandler({}))
        self.gateway = gateway
        self.pages = []

    def get(self, url):
        return self._open(urllib.request.Request(url))

    def submit(self, page, **fields):
        """Sends the form of a page with what a person typed."""
        action = html.unescape(re.search(r'action="([^"]*)"', page).group(1))
        hidden = {html.unescape(name): html.unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page)}
        data = urllib.parse.urlencode(hidden | fields).encode()
        url = urllib.parse.urljoin(self.gateway.settings["AZURE_AUTHORITY_HOST"] + "/", action)
        return self._open(urllib.request.Request(url, data))

    def _open(self, request):
        try:
            with self.opener.open(request, timeout=30) as response:
                page = response.read().decode()
        except urllib.error.HTTPError as error:
            page = error.read().decode()
        self.pages.append(page)
        return page

    def sign_in(self, url, name, password=PASSWORD, code=None):
        page = self.submit(self.get(url), name=name, password=password)
        if 'name="otc"' in page and code is not None:
            page = self.submit(page, otc=code)
        if "Continue" in page:
            self.submit(page)
        return page


def browse(monkeypatch, signing, name, code=None):
    """Makes the SDK's browser ours, on a thread of its own, as a browser is a process of its own."""
    visits = []

    def visit(url):
        browser = Browser(signing)
        thread = threading.Thread(target=lambda: browser.sign_in(url, name, code=code and code()), daemon=True)
        visits.append((url, browser))
        thread.start()
        return True

    monkeypatch.setattr("webbrowser.open", visit)
    return visits


def works(signing, credential):
    with SecretClient(signing.vault_url, credential) as client:
        client.set_secret("identity", "value")
        assert client.get_secret("identity").value == "value"


def test_client_certificate(signing):
    credential = CertificateCredential(TENANT, CLIENT, str(signing.certificate), **signing.options)
    works(signing, credential)
    # The library shows the same assertion again for another resource.
    assert credential.get_token(f"{signing.management_url}/.default").token


def test_another_certificate_is_refused(signing, tmp_path):
    # fmt: off
    openssl("req", "-x509", *KEY_OPTIONS["RSA"], "-noenc", "-keyout", tmp_path / "k", "-out", tmp_path / "c", "-subj", "/CN=service", "-days", "3")
    # fmt: on
    (tmp_path / "both").write_text((tmp_path / "k").read_text() + (tmp_path / "c").read_text())
    credential = CertificateCredential(TENANT, CLIENT, str(tmp_path / "both"), **signing.options)
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        credential.get_token(f"{signing.vault_resource}/.default")


def test_federated_assertion(signing):
    works(signing, ClientAssertionCredential(TENANT, CLIENT, signing.federated, **signing.options))


def test_workload_identity(signing, tmp_path):
    (tmp_path / "token").write_text(signing.federated())
    works(signing, WorkloadIdentityCredential(tenant_id=TENANT, client_id=CLIENT, token_file_path=str(tmp_path / "token"), **signing.options))


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"iss": "https://other.example"}, "AADSTS700211"),
        ({"sub": "system:serviceaccount:apps:other"}, "AADSTS700213"),
        ({"aud": "api://other"}, "AADSTS700212"),
        ({"exp": int(time.time()) - 400}, "AADSTS700027"),
        ({"nbf": int(time.time()) + 4000}, "AADSTS700027"),
    ],
)
def test_a_federated_assertion_of_somebody_else_is_refused(signing, changes, code):
    credential = ClientAssertionCredential(TENANT, CLIENT, lambda: signing.federated(**changes), **signing.options)
    with pytest.raises(ClientAuthenticationError, match=code):
        credential.get_token(f"{signing.vault_resource}/.default")


def test_forged_and_unsigned_assertions_are_refused(signing):
    unsigned = jwt.encode({"iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "exp": int(time.time()) + 60}, None, "none", headers={"kid": "1"})
    forged = signing.federated(key=ec.generate_private_key(ec.SECP256R1()))
    confused = jwt.encode(
        {"iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange", "exp": int(time.time()) + 60}, "x" * 64, "HS256", headers={"kid": "1"}
    )
    for assertion in (unsigned, forged, confused):
        credential = ClientAssertionCredential(TENANT, CLIENT, lambda: assertion, **signing.options)
        with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
            credential.get_token(f"{signing.vault_resource}/.default")


def test_a_token_of_a_trusted_issuer_is_taken_by_the_vault_itself(signing):
    works(signing, StaticCredential(signing.federated(aud=signing.vault_resource)))
    for changes in ({}, {"aud": signing.vault_resource, "sub": "somebody"}, {"aud": signing.vault_resource, "iss": "https://x"}):
        with SecretClient(signing.vault_url, StaticCredential(signing.federated(**changes))) as client:
            with pytest.raises(HttpResponseError) as refused:
                client.get_secret("identity")
        assert refused.value.status_code == 401


def test_interactive_browser(signing, monkeypatch):
    browse(monkeypatch, signing, "Bob@Example.com")
    credential = InteractiveBrowserCredential(tenant_id=TENANT, client_id=DESKTOP, timeout=30, **signing.options)
    works(signing, credential)
    record = credential.authenticate(scopes=[f"{signing.vault_resource}/.default"])
    assert record.username == "bob@example.com"
    # The refresh token gives one for another resource, without a browser.
    monkeypatch.setattr("webbrowser.open", lambda url: pytest.fail("no browser is needed"))
    assert credential.get_token(f"{signing.management_url}/.default").token


def test_a_second_factor_is_asked_when_the_token_must_say_so(signing, monkeypatch):
    time.sleep(30 - time.time() % 30)
    visits = browse(monkeypatch, signing, "ada@example.com", signing.code)
    credential = InteractiveBrowserCredential(tenant_id=TENANT, client_id=DESKTOP, timeout=60, **signing.options)
    credential.get_token(f"{signing.vault_resource}/.default")
    assert len(visits) == 1 and not any('name="otc"' in page for page in visits[0][1].pages)
    claims = json.dumps({"access_token": {"amr": {"essential": True, "values": ["mfa"]}}})
    credential.get_token(f"{signing.vault_resource}/.default", claims=claims)
    assert len(visits) == 2 and any('name="otc"' in page for page in visits[1][1].pages)
    # The session has it now.
    credential.get_token(f"{signing.vault_resource}/.default", claims=claims)
    assert len(visits) == 2


def test_a_policy_that_demands_a_second_factor_is_answered_by_the_client_itself(signing, monkeypatch):
    time.sleep(30 - time.time() % 30)
    visits = browse(monkeypatch, signing, "ada@example.com", signing.code)
    credential = InteractiveBrowserCredential(tenant_id=TENANT, client_id=DESKTOP, timeout=60, **signing.options)
    with SecretClient(signing.vault_url, credential) as client:
        client.set_secret("guarded", "value")
        assert len(visits) == 1 and not any('name="otc"' in page for page in visits[0][1].pages)
        assert client.begin_delete_secret("guarded").result().name == "guarded"
        assert len(visits) == 2 and any('name="otc"' in page for page in visits[1][1].pages)
        # The session has it now, whatever it deletes.
        client.set_secret("guarded-too", "value")
        client.begin_delete_secret("guarded-too").wait()
        assert len(visits) == 2


def test_a_policy_that_demands_an_authentication_context_is_answered_by_the_client_itself(signing, monkeypatch):
    time.sleep(30 - time.time() % 30)
    visits = browse(monkeypatch, signing, "ada@example.com", signing.code)
    credential = InteractiveBrowserCredential(tenant_id=TENANT, client_id=DESKTOP, timeout=60, **signing.options)
    with SecretClient(signing.vault_url, credential) as client:
        client.set_secret("test-db", "value")
        assert len(visits) == 1 and not any('name="otc"' in page for page in visits[0][1].pages)
        client.set_secret("prod-db", "value")
        assert len(visits) == 2 and any('name="otc"' in page for page in visits[1][1].pages)
        assert '"acrs"' in urllib.parse.unquote_plus(visits[1][0])
        # The session has it now.
        assert client.get_secret("prod-db").value == "value"
        assert len(visits) == 2
    # Who has no second factor does not get there.
    browse(monkeypatch, signing, "bob@example.com")
    credential = InteractiveBrowserCredential(tenant_id=TENANT, client_id=DESKTOP, timeout=6, **signing.options)
    with SecretClient(signing.vault_url, credential) as client, pytest.raises(ClientAuthenticationError):
        client.get_secret("prod-db")


def test_a_policy_that_demands_a_fresh_sign_in_is_answered_by_the_client_itself(tmp_path, gateway, monkeypatch):
    aging = IdentityGateway(tmp_path, gateway.data)
    visits = browse(monkeypatch, aging, "bob@example.com")
    credential = InteractiveBrowserCredential(tenant_id=TENANT, client_id=DESKTOP, timeout=60, **aging.options)
    try:
        # The sign-in is 400 seconds old once the gateway has the right time.
        aging.start(LD_PRELOAD=clock_that_is_behind(tmp_path, 400))
        with SecretClient(aging.vault_url, credential) as client:
            client.set_secret("old", "value")
            client.backup_secret("old")
            assert len(visits) == 1, "the sign-in was a moment ago"
            aging.process.terminate()
            aging.process.wait(30)
            aging.start()
            assert client.get_secret("old").value == "value"
            assert len(visits) == 1, "the policy is not about reading, and the token is valid"
            client.backup_secret("old")
            assert len(visits) == 2 and '"max_age"' in urllib.parse.unquote_plus(visits[1][0])
            client.backup_secret("old")
            assert len(visits) == 2
    finally:
        aging.kill()


def clock_that_is_behind(folder, seconds):
    """A library that a program is started with: its clock is so many seconds behind."""
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(
        f"""
        #define _GNU_SOURCE
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>
        int clock_gettime(clockid_t clock, struct timespec *now) {{
            int status = syscall(SYS_clock_gettime, clock, now);
            if (status == 0 && clock == CLOCK_REALTIME) now->tv_sec -= {seconds};
            return status;
        }}
        """
    )
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True, timeout=60)
    return str(library)


def test_who_has_no_second_factor_cannot_meet_a_policy_that_demands_one(signing, monkeypatch):
    browse(monkeypatch, signing, "bob@example.com")
    credential = InteractiveBrowserCredential(tenant_id=TENANT, client_id=DESKTOP, timeout=6, **signing.options)
    with SecretClient(signing.vault_url, credential) as client:
        client.set_secret("kept", "value")
        with pytest.raises(ClientAuthenticationError):
            client.begin_delete_secret("kept")
        assert client.get_secret("kept").value == "value"
    application = CertificateCredential(TENANT, CLIENT, str(signing.certificate), **signing.options)
    with SecretClient(signing.vault_url, application) as client:
        with pytest.raises(HttpResponseError, match="which only people have") as refused:
            client.begin_delete_secret("kept")
        assert refused.value.status_code == 403
        assert client.get_secret("kept").value == "value"


def test_device_code(signing):
    def prompt(uri, user_code, expires):
        browser = Browser(signing)
        page = browser.submit(browser.get(uri), user_code=user_code.lower())
        page = browser.submit(page, name="bob@example.com", password=PASSWORD)
        assert "You are signed in" in page

    credential = DeviceCodeCredential(client_id=DESKTOP, tenant_id=TENANT, prompt_callback=prompt, timeout=60, **signing.options)
    works(signing, credential)


def test_a_declined_device_gets_nothing(signing):
    def prompt(uri, user_code, expires):
        browser = Browser(signing)
        page = browser.submit(browser.get(uri), user_code=user_code)
        browser.submit(page, decline="1")

    credential = DeviceCodeCredential(client_id=DESKTOP, tenant_id=TENANT, prompt_callback=prompt, timeout=60, **signing.options)
    with pytest.raises(ClientAuthenticationError, match="AADSTS70000"):
        credential.get_token(f"{signing.vault_resource}/.default")


def by_password(signing, name, password=PASSWORD, resource=None):
    """The password grant as the SDK sends it. Its own class asks our host on port 443 first, whatever the port is."""
    form = {
        "grant_type": "password",
        "client_id": DESKTOP,
        "username": name,
        "password": password,
        "scope": f"{resource or signing.vault_resource}/.default offline_access openid profile",
        "client_info": "1",
    }
    request = urllib.request.Request(signing.token_url, urllib.parse.urlencode(form).encode())
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as response:
            return json.loads(response.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def test_name_and_password(signing):
    works(signing, StaticCredential(by_password(signing, "bob@example.com")["access_token"]))
    assert by_password(signing, "bob@example.com", "wrong")["error_codes"] == [50126]
    assert by_password(signing, "nobody@example.com", "wrong")["error_codes"] == [50126]
    assert by_password(signing, "ada@example.com")["error_codes"] == [50076]


def test_on_behalf_of(signing, monkeypatch):
    browse(monkeypatch, signing, "bob@example.com")
    user = InteractiveBrowserCredential(tenant_id=TENANT, client_id=DESKTOP, timeout=30, **signing.options)
    assertion = user.get_token("api://backend/.default").token
    works(signing, OnBehalfOfCredential(TENANT, BACKEND, client_secret=signing.backend_secret, user_assertion=assertion, **signing.options))
    foreign = user.get_token(f"{signing.vault_resource}/.default").token
    for wrong in (foreign, "nonsense"):
        credential = OnBehalfOfCredential(TENANT, BACKEND, client_secret=signing.backend_secret, user_assertion=wrong, **signing.options)
        with pytest.raises(ClientAuthenticationError, match="AADSTS50013"):
            credential.get_token(f"{signing.vault_resource}/.default")


def test_a_user_without_a_role_may_sign_in_and_nothing_more(signing):
    with SecretClient(signing.vault_url, StaticCredential(by_password(signing, "eve@example.com")["access_token"])) as client:
        with pytest.raises(HttpResponseError) as refused:
            client.get_secret("identity")
    assert refused.value.status_code == 403
