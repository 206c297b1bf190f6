//! Every kind of mistake, one at a time.

use super::*;

/// Takes rows of: what stands behind the smallest configuration, so from line 8; the place of the one mistake in it;
/// a part of its message. `@1`, `@2` and `@3` stand for GUIDs, `@a` and `@b` for subnets.
fn refuses(before: &str, rows: &[(&str, &str, &str)]) {
    let folder = Folder::new();
    folder.write("short.secret", "hunter2", 0o600);
    folder.write("open.secret", SECRET, 0o640);
    folder.write("lines.secret", format!("{SECRET}\n{SECRET}"), 0o600);
    folder.write("large.secret", SECRET.repeat(200), 0o600);
    for (text, place, message) in rows {
        let text = format!("{before}{text}\n").replace("@a", &subnet("a")).replace("@b", &subnet("b"));
        let text = text.replace("@1", G1).replace("@2", G2).replace("@3", G3);
        let mistakes = folder.mistakes(&text);
        let [mistake] = mistakes.as_slice() else { panic!("{text}\n{mistakes:#?}") };
        assert!(mistake.starts_with(&format!("{place}: ")) && mistake.contains(message), "{text}\n{mistake}");
        assert!(!mistake.contains("hunter2") && !mistake.contains('\n'), "{mistake}");
    }
}

#[test]
fn listeners_and_certificates() {
    let listener = "[[listener]]\naddress = \"0.0.0.0:1\"\n";
    refuses(
        "",
        &[
            ("[[listener]]", "line 8, listener[1].address", "missing"),
            ("[[listener]]\naddress = \"8443\"", "line 9, listener[1].address", "`8443` is not an address with a port"),
            ("[[listener]]\naddress = \"localhost:1\"", "line 9, listener[1].address", "is not an address with a port"),
            ("[[certificate]]\nchain = \"a\"\nkey = \"tls.key\"", "line 9, certificate[1].chain", "No such file"),
            ("[[certificate]]\nchain = \"tls.pem\"\nkey = \".\"", "line 10, certificate[1].key", "it is not a file"),
        ],
    );
    refuses(
        listener,
        &[
            (listener, "line 11, listener[2].address", "the same address stands at line 9, listener[1].address"),
            ("subnet = \"apps\"", "line 10, listener[1].subnet", "a subnet id has the form"),
        ],
    );
}

#[test]
fn sections() {
    refuses(
        "",
        &[
            ("[limits]\nidle_timeout = \"0s\"", "line 9, limits.idle_timeout", "from `1ms` to `1h`"),
            ("[limits]\nidle_timeout = 10", "line 9, limits.idle_timeout", "expected a text in quotes"),
            ("[limits]\nhttp1_max_buf = 100", "line 9, limits.http1_max_buf", "from 8KiB to 16MiB"),
            ("[limits]\nmax_connections = 0", "line 9, limits.max_connections", "from 1 to 1000000"),
            ("[limits]\nmax_connection = 1", "line 9, limits.`max_connection`", "did you mean `max_connections`?"),
            ("[audit]\nstdout = true\nfile = \"a\"", "line 10, audit.file", "the log goes to standard output"),
            ("[audit]\nunauthenticated = 0", "line 9, audit.unauthenticated", "from 1 to 1000000"),
            ("[audit]\nsync = \"yes\"", "line 9, audit.sync", "expected true or false"),
            ("[tokens]\nlifetime = \"59s\"", "line 9, tokens.lifetime", "from `1m` to `24h`"),
            ("[tokens]\nlifetime = \"25h\"", "line 9, tokens.lifetime", "from `1m` to `24h`"),
            ("[tokens]\ncache = 1_000_001", "line 9, tokens.cache", "from 0 to 1000000"),
            ("[tokens]\nrequests = 3", "line 9, tokens.requests", "from 4 to 100000"),
            ("[throttling]\nec = 0", "line 9, throttling.ec", "from 1 to 1000000"),
            (
                "[throttling]\nsecret_create = 1",
                "line 9, throttling.`secret_create`",
                "did you mean `secret_creation`?",
            ),
            ("[throttling]\nenabled = 1", "line 9, throttling.enabled", "expected true or false"),
            ("[throttling]\ncaller_percent = 0", "line 9, throttling.caller_percent", "from 1 to 10000"),
            ("[throttling]\nremembered = 1", "line 9, throttling.remembered", "from 1024 to 1000000"),
            ("[throttling]\nbad_tokens = \"9\"", "line 9, throttling.bad_tokens", "expected an integer"),
            (
                "[throttling]\ncaller_percent = 4",
                "line 8, throttling.key_creation",
                "20 is too few: of these, 4 % are less than one request of a caller; choose 25 at least",
            ),
            ("[policy]\ntime = \"1m\"", "line 9, policy.time", "from `2ms` to `10s`"),
            ("[policy]\nmemory = \"1MiB\"", "line 9, policy.memory", "from 2MiB to 1GiB"),
            ("[[tokens]]\ncache = 1", "line 8, tokens", "expected a table, found a list"),
        ],
    );
}

#[test]
fn plugins() {
    refuses(
        "[[plugin]]\n",
        &[
            ("name = \"a\"", "line 8, plugin[0]", "neither `builtin` nor `file`"),
            ("name = \"A b\"\nbuiltin = \"azure-rbac\"", "line 9, plugin[0].name", "`A b` is not a plugin name"),
            ("name = \"a\"\nbuiltin = \"azure-rback\"", "line 10, plugin[0].builtin", "did you mean `azure-rbac`?"),
            ("name = \"a\"\nfile = \"absent.wasm\"", "line 10, plugin[0].file", "No such file"),
        ],
    );
    let plugin = "[[plugin]]\nname = \"a\"\nfile = \"plugin.wasm\"\n";
    refuses(
        plugin,
        &[
            (plugin, "line 12, plugin[1].name", "the same plugin name stands at line 9"),
            ("builtin = \"azure-rbac\"", "line 10, plugin[0].file", "`builtin` is given as well"),
            ("mode = \"report\"", "line 11, plugin[0].mode", "not one of `enforce`, `report-only`"),
            ("settings_file = \"absent.json\"", "line 11, plugin[0].settings_file", "No such file"),
            ("settings_file = \"broken.json\"", "line 11, plugin[0].settings_file", "not valid JSON: expected `:`"),
            ("settings_file = \"a\"\nsettings = {}", "line 11, plugin[0].settings_file", "`settings` is given as well"),
            (
                "[[plugin.data]]\nname = \"a b\"\nfile = \"owners.json\"",
                "line 12, plugin[0].data[0].name",
                "a document name",
            ),
            (
                "[[plugin.data]]\nname = \"a\"\nfile = \"broken.json\"",
                "line 13, plugin[0].data[0].file",
                "not valid JSON",
            ),
            ("[[plugin.data]]\nname = \"a\"", "line 11, plugin[0].data[0].file", "missing"),
            ("settings = [1]", "line 11, plugin[0].settings", "expected a table, found a list"),
            ("settings = { a = [2026-01-01] }", "line 11, plugin[0].settings", "a date or time has no form in JSON"),
            ("settings = { a = inf }", "line 11, plugin[0].settings", "infinite"),
            ("settings = { a = 0xffffffffffffffff }", "line 11, plugin[0].settings", "more than 64 bits"),
        ],
    );
}

#[test]
fn attestation_authorities() {
    let authority = "[[attestation_authority]]\nissuer = \"https://a.example\"\n";
    refuses(
        authority,
        &[
            ("", "line 8, attestation_authority[0]", "neither `keys_file` nor `discovery` is given"),
            ("discovery = false", "line 8, attestation_authority[0]", "neither `keys_file` nor `discovery` is given"),
            ("keys_file = \"absent.json\"", "line 10, attestation_authority[0].keys_file", "No such file"),
            ("keys_file = \"broken.json\"", "line 10, attestation_authority[0].keys_file", "not a JSON object with"),
            ("keys_file = \"conditional-access.json\"", "line 10, attestation_authority[0].keys_file", "list `keys`"),
            ("keys_file = \"a\"\ndiscovery = true", "line 10, attestation_authority[0].keys_file", "as well"),
            ("discovery = true\nca_file = \"absent.pem\"", "line 11, attestation_authority[0].ca_file", "No such file"),
            ("keys_file = \"a\"\nca_file = \"tls.pem\"", "line 11, attestation_authority[0].ca_file", "remove it"),
            (
                "discovery = \"yes\"\nkeys_file = \"attest.jwks.json\"",
                "line 10, attestation_authority[0].discovery",
                "true or",
            ),
        ],
    );
    let discovered = "\ndiscovery = true\nca_file = \"tls.pem\"";
    for issuer in ["http://a.example", "a.example", "https://a.example?x=1", "https://hunter2@a.example"] {
        let text = format!("[[attestation_authority]]\nissuer = \"{issuer}\"{discovered}");
        let mistakes = Folder::new().mistakes(&text);
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].starts_with("line 9, attestation_authority[0].issuer: "), "{mistakes:?}");
    }
    let twice =
        format!("{authority}{discovered}\n[[attestation_authority]]\nissuer = \"https://a.example/\"{discovered}");
    let mistakes = Folder::new().mistakes(&twice);
    assert!(mistakes.len() == 1 && mistakes[0].contains("the same issuer stands at line 9"), "{mistakes:?}");
}

#[test]
fn signal_sources() {
    let source = "[[signal_source]]\nname = \"proxy\"\nkey_file = \"device-proxy.key\"\n";
    refuses(
        source,
        &[
            ("", "line 8, signal_source[0].prefixes", "missing"),
            ("prefixes = []", "line 11, signal_source[0].prefixes", "is empty"),
            ("prefixes = [\"0.0.0.0/0\"]", "line 11, signal_source[0].prefixes[0]", "is everywhere"),
            ("prefixes = [\"10.0.9.0/24\"]\nkey = \"x\"", "line 12, signal_source[0].`key`", "unknown key"),
        ],
    );
    let keyless = "[[signal_source]]\nname = \"proxy\"\nprefixes = [\"10.0.9.0/24\"]\n";
    refuses(
        keyless,
        &[
            ("", "line 8, signal_source[0].key_file", "missing"),
            ("key_file = \"tls.pem\"", "line 11, signal_source[0].key_file", "others than its owner may use it"),
            ("key_file = \"none.key\"", "line 11, signal_source[0].key_file", "cannot be read"),
        ],
    );
    let mistakes = Folder::new().mistakes(&format!("{keyless}key_file = \"device-proxy.key\"\n{keyless}"));
    assert!(mistakes.iter().any(|mistake| mistake.contains("the same name of a signal source")), "{mistakes:?}");
}

#[test]
fn locations_networks_and_services() {
    let location = "[[named_location]]\nname = \"office\"\n";
    refuses(
        location,
        &[
            ("", "line 8, named_location[0].prefixes", "missing"),
            ("prefixes = [\"10.0.0.1/8\"]", "line 10, named_location[0].prefixes[0]", "write `10.0.0.0/8`"),
            (
                "prefixes = [\"::ffff:203.0.113.0/120\"]",
                "line 10, named_location[0].prefixes[0]",
                "is IPv4 written as IPv6; write `203.0.113.0/24`",
            ),
            ("prefixes = [\"::ffff:10.0.0.1\"]", "line 10, named_location[0].prefixes[0]", "write `10.0.0.1/32`"),
            ("prefixes = []", "line 10, named_location[0].prefixes", "is empty"),
            ("prefixes = \"::/0\"", "line 10, named_location[0].prefixes", "expected a list of prefixes, found a text"),
        ],
    );
    let network = "[[virtual_network]]\nsubnet = \"@a\"\nprefixes = [\"::/0\"]\n";
    refuses(
        &format!("{network}[[virtual_network]]\n"),
        &[
            ("subnet = \"@a\"\nprefixes = [\"::/8\"]", "line 12, virtual_network[1].subnet", "the same subnet"),
            ("subnet = \"@b\"\nprefixes = [\"::/0\"]", "line 13, virtual_network[1].prefixes[0]", "the same prefix"),
        ],
    );
    refuses(
        "[[trusted_service]]\nname = \"a\"\n",
        &[
            ("", "line 8, trusted_service[0]", "names nobody"),
            ("principals = [\"b\"]", "line 10, trusted_service[0].principals[0]", "not a GUID"),
            ("applications = [1]", "line 10, trusted_service[0].applications[0]", "found an integer"),
            (
                "principals = [\"@1\"]\n[[trusted_service]]\nname = \"a\"\nprincipals = [\"@1\"]",
                "line 12, trusted_service[1].name",
                "the same name of a trusted service",
            ),
        ],
    );
}

#[test]
fn tenants_and_applications() {
    refuses(
        "[[tenant]]\n",
        &[
            ("id = \"{@1}\"", "line 9, tenant[0].id", "not a GUID"),
            ("id = \"@1\"\n[[tenant]]\nid = \"@1\"", "line 11, tenant[1].id", "the same tenant id"),
        ],
    );
    refuses("", &[(&application("a", "@1", "@3", ""), "line 12, application[0].tenant", "no such tenant is declared")]);
    let first = application("a", G1, G2, "");
    refuses(
        &tenant_and_vault(&first),
        &[
            (&application(G1, G2, G3, ""), "line 23, application[1].name", "cannot be a GUID"),
            (&application("a", G2, G3, ""), "line 23, application[1].name", "the same application name"),
            (&application("b", "hunter2", G3, ""), "line 24, application[1].principal", "the value cannot be used"),
            (&application("b", G1, G3, ""), "line 24, application[1].principal", "the same principal"),
            (&application("b", G2, "hunter2", ""), "line 25, application[1].client_id", "the value cannot be used"),
            (&application("b", G3, G2, ""), "line 25, application[1].client_id", "the same client id"),
        ],
    );
}

#[test]
fn client_secrets() {
    refuses(
        &tenant_and_vault(&application("a", G1, G3, "")),
        &[
            ("secret = \"hunter2\"", "line 22, application[0].`secret`", "did you mean `secret_file`?"),
            ("secret_file = \"hunter2\"", FILE, "the file cannot be read: No such file"),
            ("secret_file = \".\"", FILE, "it is not a file"),
            ("secret_file = \"short.secret\"", FILE, "fewer than 32 characters"),
            ("secret_file = \"open.secret\"", FILE, "the file has mode 0640"),
            ("secret_file = \"lines.secret\"", FILE, "more than one line"),
            ("secret_file = \"large.secret\"", FILE, "more than 4096 bytes"),
        ],
    );
}

const FILE: &str = "line 22, application[0].secret_file";

#[test]
fn vaults() {
    let many = format!("network = {{ ip_rules = [{}] }}", "\"::\",".repeat(1_001));
    refuses(
        &tenant_and_vault(""),
        &[
            ("retention_days = 6", "line 16, vault[0].retention_days", "from 7 to 90"),
            ("purge_protected = true", "line 16, vault[0].`purge_protected`", "did you mean `purge_protection`?"),
            ("network = { default_action = \"allow\" }", "line 16, vault[0].network.default_action", "`Allow`?"),
            ("network = { ip_rule = [] }", "line 16, vault[0].network.`ip_rule`", "did you mean `ip_rules`?"),
            (
                "network = { ip_rules = [\"::\", \"x\"] }",
                "line 16, vault[0].network.ip_rules[1]",
                "`x` is not a prefix",
            ),
            (
                "network = { virtual_networks = [\"@a\"] }",
                "line 16, vault[0].network.virtual_networks[0]",
                "no such subnet",
            ),
            (&many, "line 16, vault[0].network.ip_rules", "at most 1000"),
        ],
    );
    let vault = tenant_and_vault("");
    let again = vault.replace("[[tenant]]", "").replace(&format!("id = \"{G2}\"\n"), "").replace("dev", "DEV");
    refuses(&vault, &[(&again, "line 18, vault[1].name", "the same vault name stands at line 11")]);
    refuses(
        "",
        &[
            (&vault.replace("dev", "d--v"), "line 11, vault[0].name", "a vault name has 3 to 24"),
            (&vault.replace(&format!("\"{G1}\""), "\"x\""), "line 12, vault[0].subscription", "not a GUID"),
            (&vault.replace("\"g\"", "\"g.\""), "line 13, vault[0].resource_group", "a resource group name has"),
        ],
    );
}

#[test]
fn role_assignments() {
    let assignment = "[[role_assignment]]\nprincipal = \"@1\"\nrole = \"Reader\"\n";
    let whole = format!("{assignment}scope = \"/\"\n");
    refuses(
        &tenant_and_vault(assignment),
        &[
            ("", "line 15, role_assignment[0]", "neither `vault` nor `scope`"),
            ("scope = \"/subscriptions\"", "line 19, role_assignment[0].scope", "`/subscriptions` is not `/`, or a"),
            ("vault = \"dve\"", "line 19, role_assignment[0].vault", "did you mean `dev`?"),
            ("vault = \"dev\"\nscope = \"/\"", "line 19, role_assignment[0].vault", "`scope` is given as well"),
            ("secret = \"x\"\nscope = \"/\"", "line 19, role_assignment[0].secret", "goes with `vault` only"),
            ("key = \"x\"\nscope = \"/\"", "line 19, role_assignment[0].key", "goes with `vault` only"),
            ("vault = \"dev\"\nkey = \"x!\"", "line 20, role_assignment[0].key", "an object name has"),
            (
                "vault = \"dev\"\nsecret = \"x\"\nkey = \"x\"",
                "line 21, role_assignment[0].key",
                "`secret` is given as well",
            ),
            ("vault = \"dev\"\nsecret = \"hunter2!\"", "line 20, role_assignment[0].secret", "an object name has"),
            (
                &format!("scope = \"/\"\n{whole}"),
                "line 20, role_assignment[1]",
                "the same role assignment stands at line 15",
            ),
        ],
    );
    refuses(
        "",
        &[
            (&whole.replace("@1", "ann"), "line 9, role_assignment[0].principal", "neither a GUID nor the name"),
            (
                &whole.replace("Reader", ""),
                "line 10, role_assignment[0].role",
                "is not the name or id of a built-in role",
            ),
        ],
    );
}

#[test]
fn installed_plugins() {
    let key = "ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";
    refuses(
        "",
        &[
            ("[plugins]\nrequire_signature = true", "line 8, plugins.require_signature", "add the keys"),
            ("[plugins]\ntrusted_keys = [\"x\"]", "line 9, plugins.trusted_keys[0]", "not a public key of Ed25519"),
            ("[plugins]\ntrusted_keys = 5", "line 9, plugins.trusted_keys", "expected a list of public keys"),
            ("[plugins]\nfolder = \"none\"", "line 9, plugins.folder", "it is not a folder"),
            ("[plugins]\nfolders = \"x\"", "line 9, plugins.`folders`", "did you mean `folder`?"),
        ],
    );
    let folder = Folder::new();
    let allow = |mode| fs::set_permissions(folder.0.path(), fs::Permissions::from_mode(mode)).unwrap();
    let text = format!("[plugins]\nrequire_signature = true\ntrusted_keys = [\"{key}\"]\nfolder = \".\"\n");
    allow(0o755);
    let plugins = folder.load(format!("{SMALLEST}{text}")).unwrap().plugins;
    assert!(plugins.require_signature && plugins.folder.is_some());
    assert_eq!(plugins.trusted_keys.iter().map(ToString::to_string).collect::<Vec<_>>(), [key]);
    for mode in [0o770, 0o702, 0o1777] {
        allow(mode);
        let mistakes = folder.mistakes(&text);
        let [mistake] = mistakes.as_slice() else { panic!("{mode:o} {mistakes:#?}") };
        assert!(mistake.contains("plugins.folder: ") && mistake.contains("chmod go-w"), "{mode:o} {mistake}");
    }
}
