"""Measures an authorized secret read beside nginx answering a constant and OpenBao reading a secret.

All on loopback, HTTP/1.1 kept alive over TLS 1.3, the same kind of certificate (ECDSA P-256). The server has one core,
wrk the other. The contenders take turns, round after round, so that a busy minute of the machine strikes all alike; the
table shows the median round of each. What counts is the ratios: requests/s differ from machine to machine.
"""

import argparse
import base64
import contextlib
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field

SERVER_CORE, CLIENT_CORE = "0", "1"
CONNECTIONS = 32
WARM_UP_SECONDS = 2
READY_SECONDS = 60
# The small vault; and who fills the large one, for how long at most.
FEW, FILLERS, FILL_SECONDS = 1_000, 256, 1_800
# A page of a list, and how many places of the vault it is asked for at.
PAGE, SAMPLED_PAGES = 25, 5_000
BODY_BYTES = 300
VAULT, SECRET = "dev", "bench"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


def main():
    arguments = parse()
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("two processor cores are needed: one for the server and one for wrk")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.work) as folder:
        bench = Bench(pathlib.Path(folder), arguments)
        try:
            bench.start()
            for _ in range(arguments.rounds):
                bench.round()
            bench.report()
            bench.report_keys()
            bench.report_sizes()
        finally:
            bench.stop()


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openbao", help="the program `bao`")
    parser.add_argument("--work", default=tempfile.gettempdir(), help="where files go while it runs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6, help="of each contender in each round")
    many = int(os.environ.get("SECRETS", 1_000_000))
    parser.add_argument("--secrets", type=int, default=many, help="in the large vault; 0 leaves it out")
    return parser.parse_args()


@dataclass
class Run:
    """What wrk saw in one round."""

    rate: float
    p50: float
    p99: float
    # What the server's processor spent on one request, in microseconds: hardly disturbed by a busy machine.
    cost: float


@dataclass
class Contender:
    """A running server and the request that is put to it."""

    title: str
    process: subprocess.Popen
    url: str
    headers: dict = field(default_factory=dict)
    # What is posted; without it the request is a GET.
    body: str | None = None
    # The operation of the bare library that the request comes down to.
    bare: str | None = None
    # How many secrets its vault holds, any of which the request asks for.
    secrets: int = 0
    # Instead of a secret, a page of the list of them, begun anywhere; by one client, since what counts is how long it waits.
    page: bool = False
    tokens: list = field(default_factory=list)
    connections: int = CONNECTIONS
    # How long it took to start again with so many, in seconds.
    start: float | None = None
    runs: list = field(default_factory=list)
    # What the bare library reached on the server's core, each time right before a run.
    bare_rates: list = field(default_factory=list)

    @property
    def rate(self):
        return statistics.median(run.rate for run in self.runs)

    @property
    def cost(self):
        return statistics.median(run.cost for run in self.runs)

    @property
    def median(self):
        return min(self.runs, key=lambda run: abs(run.rate - self.rate))

    @property
    def processor_seconds(self):
        """What all processes of the server have used so far."""
        ticks = 0
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # It ended meanwhile.
            if int(fields[3]) == self.process.pid:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


class Bench:
    """The contenders, started and measured in turns."""

    def __init__(self, folder, arguments):
        self.folder = folder
        self.arguments = arguments
        self.contenders = {}
        self.processes = []
        self.resolver = resolver(folder)

    def start(self):
        make_certificate(self.folder)
        if NGINX:
            self.contenders["nginx"] = self.start_nginx()
        else:
            print("nginx is missing, so there is nothing to compare with: on Debian and Ubuntu, apt-get install nginx-light")
        if self.arguments.openbao and os.access(self.arguments.openbao, os.X_OK):
            self.contenders["openbao"] = self.start_openbao()
        self.contenders["memo on"] = self.start_gateway(memo=True)
        self.contenders["memo off"] = self.start_gateway(memo=False)
        if os.environ.get("PORTCULLIS_KEY_RATE"):
            self.contenders |= self.key_operations(self.contenders["memo on"])
        for title, secrets_held in ("few", FEW), ("many", self.arguments.secrets):
            if secrets_held:
                filled = self.start_filled(title, secrets_held)
                self.contenders[title] = filled
                self.contenders[f"page of {title}"] = Contender(
                    f"a page of {PAGE} of {secrets_held:,} secrets", filled.process, filled.url, filled.headers,
                    secrets=secrets_held, page=True, connections=1,
                )

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def spawn(self, title, command):
        """Starts a server on its core; what it prints goes to a file that is shown if it does not come up."""
        log = self.folder / f"{title.replace(' ', '-')}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                ["taskset", "--cpu-list", SERVER_CORE, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )
        self.processes.append(process)
        return process, log

    # The contenders.

    def start_nginx(self):
        port = free_port()
        body = json.dumps({"value": ""})
        body = body.replace('""', '"' + "x" * (BODY_BYTES - len(body)) + '"')
        config = self.folder / "nginx.conf"
        config.write_text(f"""
            worker_processes 1; daemon off; pid {self.folder}/nginx.pid; error_log stderr;
            events {{ worker_connections 1024; }}
            http {{
              access_log off; keepalive_requests 1000000000; default_type application/json;
              client_body_temp_path {self.folder}/n1; proxy_temp_path {self.folder}/n2; fastcgi_temp_path {self.folder}/n3;
              uwsgi_temp_path {self.folder}/n4; scgi_temp_path {self.folder}/n5;
              server {{
                listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.3;
                ssl_certificate {self.folder}/server.pem; ssl_certificate_key {self.folder}/server.key;
                location / {{ return 200 '{body}'; }}
              }}
            }}""")
        process, log = self.spawn("nginx", [NGINX, "-p", self.folder, "-c", config])
        wait_until_ready(process, log, lambda: ask("localhost", port, "GET", "/"))
        return Contender("nginx, a constant", process, f"https://127.0.0.1:{port}/")

    def start_openbao(self):
        plain, port = free_port(), free_port()
        config = self.folder / "openbao.hcl"
        config.write_text(f"""
            listener "tcp" {{
              address = "127.0.0.1:{port}"
              tls_cert_file = "{self.folder}/server.pem"
              tls_key_file = "{self.folder}/server.key"
              tls_min_version = "tls13"
            }}""")
        token = secrets.token_hex(16)
        flags = ["-dev", "-dev-no-store-token", f"-dev-root-token-id={token}", f"-dev-listen-address=127.0.0.1:{plain}"]
        process, log = self.spawn("openbao", [self.arguments.openbao, "server", *flags, f"-config={config}", "-log-level=error"])
        path, headers = f"/v1/secret/data/{SECRET}", {"X-Vault-Token": token}
        body = json.dumps({"data": {"value": "x" * 64}})
        wait_until_ready(process, log, lambda: ask("localhost", port, "POST", path, headers, body))
        return Contender("OpenBao, a kv secret", process, f"https://127.0.0.1:{port}{path}", headers)

    def start_filled(self, title, count):
        """A gateway whose vault holds so many secrets, set by an ordinary client over HTTP."""
        contender = self.start_gateway(True, title)
        contender.secrets = count
        script = self.folder / "fill.lua"
        # wrk asks for some requests that it does not send, and some are on their way when the last is asked for: the
        # first names come round again. It would go on to the end of its time, so the script ends it.
        script.write_text(f"""
            local asked, answered = 0, 0
            local headers = {{ ["Authorization"] = "{contender.headers['Authorization']}", ["Content-Type"] = "application/json" }}
            function request()
              asked = asked + 1
              local path = string.format("/secrets/s%07d?api-version=7.6", (asked - 1) % {count})
              return wrk.format("PUT", path, headers, '{{"value":"{'x' * 64}"}}')
            end
            function response(status)
              answered = answered + 1
              if status ~= 200 then os.exit(1) end
              if answered >= {count} + 2 * {FILLERS} then os.exit(0) end
            end
        """)
        print(f"setting {count:,} secrets", flush=True)
        options = ["--connections", str(FILLERS), "--duration", f"{FILL_SECONDS}s", "--script", str(script)]
        if self.start_wrk([*options, contender.url], FILL_SECONDS).returncode != 0:
            sys.exit(f"{title}: a secret could not be set")
        contender.process, contender.start = self.start_again(contender, f"/secrets/s{count - 1:07d}/?api-version=7.6")
        contender.title = f"Portcullis, one of {count:,} secrets"
        return contender

    def start_again(self, contender, path):
        """Ends a gateway and starts it with what it holds; gives the process and the seconds until it answers."""
        contender.process.terminate()
        contender.process.wait(60)
        self.processes.remove(contender.process)
        address = urllib.parse.urlsplit(contender.url)
        command = contender.process.args[3:]  # Behind `taskset --cpu-list CORE`.
        begun = time.monotonic()
        process, log = self.spawn(f"{pathlib.Path(command[-1]).parent.name} again", command)
        wait_until_ready(
            process, log, lambda: ask(address.hostname, address.port, "GET", path, contender.headers), pause=0.01
        )
        return process, time.monotonic() - begun

    def start_gateway(self, memo, title=None):
        title = title or ("memo on" if memo else "memo off")
        folder = self.folder / title.replace(" ", "-")
        folder.mkdir()
        port = free_port()
        tenant, client, secret = uuid.uuid4(), uuid.uuid4(), secrets.token_urlsafe(32)
        secret_file = folder / "client-secret"
        secret_file.write_text(secret)
        secret_file.chmod(0o600)
        config = folder / "portcullis.toml"
        config.write_text(gateway_config(self.folder, port, tenant, client, memo))
        process, log = self.spawn(title, [os.environ["PORTCULLIS_BIN"], "serve", "--config", config])
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": secret,
            "scope": f"https://vault.localhost:{port}/.default",
        }
        form_type = {"Content-Type": "application/x-www-form-urlencoded"}
        token_path = f"/{tenant}/oauth2/v2.0/token"
        answer = wait_until_ready(
            process, log, lambda: ask("login.localhost", port, "POST", token_path, form_type, urllib.parse.urlencode(form))
        )
        headers = {"Authorization": f"Bearer {json.loads(answer)['access_token']}"}
        host, path = f"{VAULT}.vault.localhost", f"/secrets/{SECRET}/?api-version=7.6"
        ask(host, port, "PUT", path.replace("/?", "?"), headers | {"Content-Type": "application/json"}, json.dumps({"value": "x" * 64}))
        ask(host, port, "GET", path, headers)
        return Contender(f"Portcullis, a secret, two plugins, {title}", process, f"https://{host}:{port}{path}", headers)

    def key_operations(self, gateway):
        """Signs and decrypts with keys of a gateway that is running."""
        address = urllib.parse.urlsplit(gateway.url)
        headers = gateway.headers | {"Content-Type": "application/json"}

        def post(path, body):
            return json.loads(ask(address.hostname, address.port, "POST", f"{path}?api-version=7.6", headers, json.dumps(body)))

        digest = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
        for name, key in ("ec", {"kty": "EC", "crv": "P-256"}), ("rsa", {"kty": "RSA", "key_size": 2048}), ("large", {"kty": "RSA", "key_size": 4096}):
            post(f"/keys/{name}/create", key)
        encrypted = post("/keys/rsa/encrypt", {"alg": "RSA-OAEP-256", "value": digest})["value"]
        found = {}
        for title, path, body in (
            ("sign ES256", "/keys/ec/sign", {"alg": "ES256", "value": digest}),
            ("sign RS256, 2048 bits", "/keys/rsa/sign", {"alg": "RS256", "value": digest}),
            ("sign RS256, 4096 bits", "/keys/large/sign", {"alg": "RS256", "value": digest}),
            ("decrypt RSA-OAEP-256, 2048 bits", "/keys/rsa/decrypt", {"alg": "RSA-OAEP-256", "value": encrypted}),
        ):
            url = f"https://{address.netloc}{path}?api-version=7.6"
            found[title] = Contender(f"Portcullis, {title}", gateway.process, url, headers, json.dumps(body), title)
        return found

    # Measuring.

    def round(self):
        for contender in self.contenders.values():
            if contender.bare:
                contender.bare_rates.append(self.bare(contender.bare))
            self.load(contender, WARM_UP_SECONDS)
            contender.runs.append(self.load(contender, self.arguments.seconds))

    def load(self, contender, seconds):
        """One run of wrk. Every other server is stopped meanwhile: idle ones wake up too."""
        with self.stopped(but=contender.process):
            return self.wrk(contender, seconds)

    def bare(self, operation):
        """The rate of the bare library for an operation, with the server's core to itself."""
        with self.stopped(but=None):
            done = subprocess.run(
                ["taskset", "--cpu-list", SERVER_CORE, os.environ["PORTCULLIS_KEY_RATE"], operation],
                capture_output=True, text=True, check=True, timeout=60,
            )
        return float(done.stdout.split("\t")[1])

    @contextlib.contextmanager
    def stopped(self, but):
        for other in self.contenders.values():
            if other.process is not but:
                os.killpg(other.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for other in self.contenders.values():
                os.killpg(other.process.pid, signal.SIGCONT)

    def wrk(self, contender, seconds):
        headers = [part for name, value in contender.headers.items() for part in ("--header", f"{name}: {value}")]
        script = self.script(contender)
        before = contender.processor_seconds
        options = ["--connections", str(contender.connections), "--duration", f"{seconds}s", "--latency"]
        output, rate = self.run_wrk([*options, *script, *headers, contender.url], seconds, contender)
        requests = int(re.search(r"(\d+) requests in", output).group(1))
        cost = (contender.processor_seconds - before) / requests * 1e6
        return Run(float(rate.group(1)), percentile(output, 50), percentile(output, 99), cost)

    def run_wrk(self, arguments, seconds, contender):
        """Runs wrk, every request of which must succeed; gives what it printed, and the rate in it."""
        done = self.start_wrk(arguments, seconds)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        if done.returncode != 0 or rate is None or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
            sys.exit(f"{contender.title}: wrk saw errors\n{done.stdout}{done.stderr}")
        return done.stdout, rate

    def start_wrk(self, arguments, seconds):
        return subprocess.run(
            ["taskset", "--cpu-list", CLIENT_CORE, "wrk", "--threads", "1", *arguments],
            env=os.environ | self.resolver,
            capture_output=True,
            text=True,
            timeout=seconds + 30,
            check=False,
        )

    def script(self, contender):
        """What wrk needs to post a body, or to ask for any secret of many, or for any page of them."""
        if contender.page:
            script = self.folder / "any-page.lua"
            if not contender.tokens:
                contender.tokens = skip_tokens(contender)
            listed = ",".join(f'"{token}"' for token in contender.tokens)
            script.write_text(f"""
                local tokens = {{ {listed} }}
                function request()
                  local token = tokens[math.random(#tokens)]
                  return wrk.format("GET", "/secrets?api-version=7.6&maxresults={PAGE}&$skiptoken=" .. token)
                end
            """)
            return ["--script", str(script)]
        if contender.secrets:
            script = self.folder / "any.lua"
            script.write_text(f"""
                function request()
                  return wrk.format("GET", string.format("/secrets/s%07d/?api-version=7.6", math.random(0, {contender.secrets - 1})))
                end
            """)
            return ["--script", str(script)]
        if contender.body is None:
            return []
        script = self.folder / "post.lua"
        script.write_text(f"wrk.method = 'POST'\nwrk.body = [[{contender.body}]]\n")
        return ["--script", str(script)]

    # Telling.

    def report(self):
        base, peer = self.contenders.get("nginx"), self.contenders.get("openbao")
        print(f"\n{'':46}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>8}{'x nginx':>9}{'x OpenBao':>11}")
        for contender in self.contenders.values():
            if contender.bare or contender.secrets:
                continue
            cells = f"{contender.title:46}{contender.rate:11,.0f}{contender.median.p50:9.2f}{contender.median.p99:9.2f}"
            cells += f"{contender.cost:8.1f}"
            print(cells + ratio(contender, base, 9) + ratio(contender, peer, 11))
        spread = max((max(r.rate for r in c.runs) / min(r.rate for r in c.runs) for c in self.contenders.values()), default=1)
        print(f"\nmedian of {self.arguments.rounds} rounds of {self.arguments.seconds} s; fastest to slowest round: at most {spread:.2f} x; CPU is the server's, per request")
        print("budgets: memo on at least 0.60 x nginx and 12 x OpenBao, memo off at least 0.25 x nginx")


    def report_keys(self):
        """Operations with keys beside the bare library, which had the server's core to itself right before each run."""
        contenders = [contender for contender in self.contenders.values() if contender.bare]
        if not contenders:
            return
        print(f"\n{'':46}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>8}{'bare/s':>9}{'x bare':>8}{'beyond':>8}")
        for contender in contenders:
            rate = statistics.median(contender.bare_rates)
            share = statistics.median(run.rate / bare for run, bare in zip(contender.runs, contender.bare_rates))
            cells = f"{contender.title:46}{contender.rate:11,.0f}{contender.median.p50:9.2f}{contender.median.p99:9.2f}"
            cells += f"{contender.cost:8.1f}"
            print(cells + f"{rate:9,.0f}{share:8.2f}{contender.cost - 1e6 / rate:8.1f}")
        read = self.contenders["memo on"].cost
        print("\nbudgets: at least 0.85 x the bare library where it takes 500 us or more; where it takes less, beyond it at most")
        print(f"1.5 x the processor's time of a read, here {1.5 * read:.0f} us (docs/decisions/0012)")


    def report_sizes(self):
        """Reads and pages in a large vault beside those in a small one."""
        few, many = self.contenders.get("few"), self.contenders.get("many")
        if not (few and many):
            return
        print(f"\n{'':46}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>8}{'x few':>8}")
        for kind in "", "page of ":
            base = self.contenders[f"{kind}few"]
            for contender in base, self.contenders[f"{kind}many"]:
                cells = f"{contender.title:46}{contender.rate:11,.0f}{contender.median.p50:9.2f}{contender.median.p99:9.2f}"
                print(f"{cells}{contender.cost:8.1f}{contender.cost / base.cost:8.2f}")
        print("\nbudgets: a read at most 1.20 x the processor's time of one among few; a page under 5 ms (one client asks for pages)")
        print(f"start until the first answer: {few.start:.2f} s with few, {many.start:.2f} s with many; budget: 2 s")


def ratio(contender, base, width):
    return f"{contender.rate / base.rate:{width}.2f}" if base else f"{'-':>{width}}"


def percentile(output, which):
    """A line of wrk's latency distribution, in milliseconds."""
    number, unit = re.search(rf"^\s+{which}%\s+([\d.]+)(us|ms|s)$", output, re.MULTILINE).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def gateway_config(folder, port, tenant, client, memo):
    """A production configuration: two plugins that have something to ask, the audit log on, the rest as it comes."""
    principal, subscription = uuid.uuid4(), uuid.uuid4()
    return f"""
        domain = "localhost"
        data = "data"

        [[listener]]
        address = "127.0.0.1:{port}"

        [[certificate]]
        chain = "{folder}/server.pem"
        key = "{folder}/server.key"

        [policy]
        memo = {str(memo).lower()}

        [throttling]
        enabled = false

        [[named_location]]
        name = "blocked"
        prefixes = ["203.0.113.0/24", "2001:db8::/32"]

        [[plugin]]
        name = "conditional-access"
        builtin = "conditional-access"

        [[plugin.settings.policies]]
        id = "no-reads-from-there"
        displayName = "No reads from there"
        state = "enabled"
        conditions.principals.include = ["All"]
        conditions.operations.include = ["SecretGet", "SecretList"]
        conditions.locations.include = ["blocked"]
        grantControls.builtInControls = ["block"]

        [[plugin]]
        name = "azure-rbac"
        builtin = "azure-rbac"

        [[tenant]]
        id = "{tenant}"

        [[application]]
        name = "bench"
        tenant = "{tenant}"
        client_id = "{client}"
        principal = "{principal}"
        secret_file = "client-secret"

        [[vault]]
        name = "{VAULT}"
        tenant = "{tenant}"
        subscription = "{subscription}"
        resource_group = "bench"

        [[role_assignment]]
        principal = "bench"
        role = "Key Vault Secrets Officer"
        vault = "{VAULT}"

        [[role_assignment]]
        principal = "bench"
        role = "Key Vault Crypto Officer"
        vault = "{VAULT}"
        """


def make_certificate(folder):
    """One ECDSA P-256 certificate for all contenders."""
    names = "DNS:localhost,DNS:login.localhost,DNS:management.localhost,DNS:*.vault.localhost,IP:127.0.0.1"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", "/CN=bench", "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE"]
        + ["-keyout", folder / "server.key", "-out", folder / "server.pem"],
        check=True,
        capture_output=True,
    )
    (folder / "server.key").chmod(0o600)


def resolver(folder):
    """What wrk needs in its environment to find `*.localhost`: nothing, where the machine resolves it."""
    try:
        socket.getaddrinfo(f"{VAULT}.vault.localhost", 443)
        return {}
    except socket.gaierror:
        pass
    for library in pathlib.Path("/usr/lib").glob("*/libnss_wrapper.so"):
        hosts = folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {VAULT}.vault.localhost\n")
        return {"LD_PRELOAD": str(library), "NSS_WRAPPER_HOSTS": str(hosts)}
    sys.exit(
        f"{VAULT}.vault.localhost does not resolve, so wrk cannot find the gateway; on Debian and Ubuntu, "
        "apt-get install libnss-myhostname, or libnss-wrapper, which changes nothing for other programs"
    )


def skip_tokens(contender):
    """Where pages of the list begin, all over it: taken from the links of a walk, as a client takes them."""
    address = urllib.parse.urlsplit(contender.url)
    step = max(1, contender.secrets // PAGE // SAMPLED_PAGES)
    tokens, target, pages = [], f"/secrets?api-version=7.6&maxresults={PAGE}", 0
    with connected(address.hostname, address.port) as connection:
        while target:
            link = json.loads(exchange(connection, "GET", target, contender.headers))["nextLink"]
            target = link and link.removeprefix(f"https://{address.netloc}")
            if target and pages % step == 0:
                tokens.append(urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)["$skiptoken"][0])
            pages += 1
    return tokens


@contextlib.contextmanager
def connected(host, port):
    """A connection to loopback under a host name."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=host) as stream:
            connection = http.client.HTTPConnection(host, port)
            connection.sock = stream
            yield connection


def exchange(connection, method, path, headers=None, body=None):
    """One request; gives the body of a success."""
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise ConnectionError(f"{method} {path}: {answer.status} {content.decode(errors='replace')}")
    return content


def ask(host, port, method, path, headers=None, body=None):
    """One request on a connection of its own; gives the body of a success."""
    with connected(host, port) as connection:
        return exchange(connection, method, path, headers, body)


def wait_until_ready(process, log, attempt, pause=0.1):
    """Repeats a request until it succeeds; gives what it gave."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            return attempt()
        except (OSError, http.client.HTTPException) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{process.args[3]} did not come up: {error}\n{log.read_text(errors='replace')}")
            time.sleep(pause)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
