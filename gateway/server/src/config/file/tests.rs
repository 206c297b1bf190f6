mod refusals;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use portcullis_audit::StrangerLimits;
use portcullis_listener::Limits;
use portcullis_management::AccessPolicyWriters;
use portcullis_model::{Bypass, ConnectionStatus, DefaultAction};
use portcullis_policy::Mode;
use tempfile::TempDir;

use super::super::{AuthorityKeySource, ListenerSource, PluginSource, ThrottlingConfig};
use super::*;

const EXAMPLE: &str = include_str!("../../../../../deploy/portcullis.example.toml");
const REFERENCE: &str = include_str!("../../../../../docs/configuration.md");
const SECRET: &str = "correct-horse-battery-staple-0123456789";
const G1: &str = "11111111-1111-1111-1111-111111111111";
const G2: &str = "22222222-2222-2222-2222-222222222222";
const G3: &str = "33333333-3333-3333-3333-333333333333";

/// A folder with the files that the configurations of these tests name.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, content) in [
            ("tls.pem", ""),
            ("tls.key", ""),
            ("plugin.wasm", ""),
            ("conditional-access.json", r#"{"policies": []}"#),
            ("owners.json", r#"{"db": ["ann"]}"#),
            ("attest.jwks.json", KEYS),
            ("broken.json", "{\n  \"hunter2\"\n}"),
        ] {
            folder.write(name, content, 0o644);
        }
        folder.write("team-a.secret", format!("{SECRET}\n"), 0o600);
        folder.write("device-proxy.key", format!("{SECRET}\n"), 0o600);
        folder
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>, mode: u32) {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self, text: impl AsRef<[u8]>) -> Result<Config, ConfigError> {
        self.write("portcullis.toml", text, 0o644);
        load(&self.path("portcullis.toml"))
    }

    /// The mistakes of the smallest configuration with `more` behind it, each on its line.
    fn mistakes(&self, more: &str) -> Vec<String> {
        match self.load(format!("{SMALLEST}{more}")) {
            Ok(_) => Vec::new(),
            Err(error) => error.mistakes().iter().map(ToString::to_string).collect(),
        }
    }
}

/// A key set with one key, the generator of P-256.
const KEYS: &str = r#"{"keys": [{"kid": "k", "kty": "EC", "crv": "P-256",
    "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY", "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}]}"#;

/// Seven lines.
const SMALLEST: &str = "\
domain = \"Vaults.Example.com\"
data = \"data\"
[[listener]]
address = \"127.0.0.1:0\"
[[certificate]]
chain = \"tls.pem\"
key = \"tls.key\"
";

fn subnet(name: &str) -> String {
    format!("/subscriptions/{G1}/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/hub/subnets/{name}")
}

fn application(name: &str, principal: &str, client: &str, more: &str) -> String {
    format!(
        "[[application]]\nname = \"{name}\"\nprincipal = \"{principal}\"\n\
         client_id = \"{client}\"\ntenant = \"{G2}\"\n{more}\n"
    )
}

fn tenant_and_vault(more: &str) -> String {
    format!(
        "[[tenant]]\nid = \"{G2}\"\n[[vault]]\nname = \"dev\"\nsubscription = \"{G1}\"\n\
         resource_group = \"g\"\ntenant = \"{G2}\"\n{more}\n"
    )
}

#[test]
fn the_example_loads() {
    let config = Folder::new().load(EXAMPLE).unwrap();
    assert_eq!(config.domain, "vaults.example.com");
    assert_eq!((config.listeners.len(), config.certificates.len(), config.networks.len()), (2, 1, 1));
    assert_eq!(config.trusted_services.applications.len(), 1);
    assert_eq!(config.locations["office"].prefixes.len(), 2);
    let declaration = &config.declaration;
    assert_eq!(declaration.applications[0].secret.as_ref().unwrap().expose(), SECRET);
    assert!(declaration.applications[1].secret.is_none());
    let acls = declaration.vaults[0].network.as_ref().unwrap().acls.as_ref().unwrap();
    assert_eq!((acls.default_action, acls.bypass), (DefaultAction::Deny, Bypass::AzureServices));
    let scopes: Vec<&str> = declaration.assignments.iter().map(|assignment| assignment.scope.as_str()).collect();
    let group = format!("/subscriptions/{G1}/resourceGroups/vaults");
    let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/team-a");
    let (secret, key) = (format!("{vault}/secrets/database-password"), format!("{vault}/keys/signing"));
    assert_eq!(scopes, [&*vault, &secret, &key, &group]);
    assert_eq!(declaration.assignments[0].principal, declaration.applications[0].principal);
}

/// The example says that its optional values are the defaults.
#[test]
fn the_example_has_the_defaults_and_the_smallest_configuration_too() {
    let folder = Folder::new();
    for text in [EXAMPLE, SMALLEST] {
        let config = folder.load(text).unwrap();
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.body_timeout, Duration::from_secs(30));
        assert_eq!(config.root_key, config.data.join("root.key"));
        assert_eq!(config.audit.file, Some(config.data.join("audit.jsonl")));
        assert_eq!((config.audit.required, config.audit.sync), (true, false));
        assert_eq!(config.audit.strangers, StrangerLimits::default());
        assert_eq!((config.tokens.lifetime, config.tokens.cache), (Duration::from_secs(3_600), 10_000));
        assert_eq!(config.tokens.requests, 256);
        assert_eq!(config.throttling, Some(ThrottlingConfig::default()));
        let policy = config.policy;
        assert_eq!((policy.memo, policy.memory, policy.sandboxes), (Some(65_536), 16 << 20, 64));
        assert_eq!(policy.time, Duration::from_millis(100));
        let plugins: Vec<_> = policy.plugins.iter().map(|plugin| (plugin.name.as_str(), plugin.mode)).collect();
        assert_eq!(
            plugins,
            [("conditional-access", Mode::Enforce), ("azure-rbac", Mode::Enforce), ("access-policy", Mode::Enforce)]
        );
        assert_eq!(policy.plugins[0].settings.replace(' ', ""), r#"{"policies":[]}"#);
        assert_eq!(policy.plugins[1].settings, "{}");
    }
    let config = folder.load(SMALLEST).unwrap();
    assert_eq!((config.domain.as_str(), config.data), ("vaults.example.com", folder.path("data")));
}

#[test]
fn the_reference_has_every_key_of_the_example() {
    let table = DeTable::parse(EXAMPLE).unwrap();
    let mut keys = Vec::new();
    collect_keys(&toml::de::DeValue::Table(table.into_inner()), &mut keys);
    assert!(keys.len() > 80, "{keys:?}");
    for key in keys {
        let row = format!("| `{key}` |");
        let heading = [format!("`[{key}]`"), format!("`[[{key}]]`")];
        assert!(REFERENCE.contains(&row) || heading.iter().any(|heading| REFERENCE.contains(heading)), "{key}");
    }
}

fn collect_keys(value: &toml::de::DeValue<'_>, keys: &mut Vec<String>) {
    match value {
        toml::de::DeValue::Table(table) => table.iter().for_each(|(key, value)| {
            keys.push(key.get_ref().to_string());
            collect_keys(value.get_ref(), keys);
        }),
        toml::de::DeValue::Array(items) => items.iter().for_each(|item| collect_keys(item.get_ref(), keys)),
        _ => {}
    }
}

#[test]
fn private_endpoints_belong_to_declared_vaults_and_wait_for_approval() {
    let id = format!("/subscriptions/{G1}/resourceGroups/n/providers/Microsoft.Network/privateEndpoints/App");
    let endpoint = |more: &str| format!("[[private_endpoint]]\nname = \"app\"\nid = \"{id}\"\n{more}\n");
    let text = format!("{SMALLEST}{}{}", tenant_and_vault(""), endpoint("vault = \"dev\""));
    let text = text.replace("[[certificate]]", &format!("private_endpoint = \"{id}\"\n[[certificate]]"));
    let config = Folder::new().load(text).unwrap();
    assert_eq!(config.listeners[0].source, Some(ListenerSource::PrivateEndpoint(id.parse().unwrap())));
    let declared = &config.declaration.private_endpoints[0];
    assert_eq!((declared.vault.as_str(), declared.connection.name.as_str()), ("dev", "app"));
    assert_eq!(declared.connection.status, ConnectionStatus::Pending, "nobody is let in unasked");
    for (more, says) in [
        (endpoint("vault = \"other\""), "no vault `other`"),
        (endpoint("vault = \"dev\"\nstatus = \"Disconnected\""), "Approved"),
        (endpoint("vault = \"dev\"").repeat(2), "name of a connection"),
        (endpoint("vault = \"dev\"").replace("privateEndpoints", "x"), "private endpoint id"),
    ] {
        let mistakes = Folder::new().mistakes(&format!("{}{more}", tenant_and_vault("")));
        assert!(mistakes.len() == 1 && mistakes[0].contains(says), "{mistakes:?}");
    }
    let both = format!(
        "{SMALLEST}[[listener]]\naddress = \"127.0.0.1:1\"\nsubnet = \"{}\"\nprivate_endpoint = \"{id}\"\n",
        subnet("a")
    );
    assert!(Folder::new().load(both).unwrap_err().to_string().contains("not together with `subnet`"));
}

#[test]
fn the_terms_on_which_roles_are_taken_can_be_said() {
    let activation = |more: &str| format!("[[activation]]\nrole = \"Key Vault Administrator\"\n{more}\n");
    let text = format!("{SMALLEST}{}", activation("longest = \"4h\"\napproval = true\njustification = false"));
    let role = "00482a5a-887f-4fb3-b363-3b7fe8e74483".parse().unwrap();
    let rule = Folder::new().load(text).unwrap().rules.activation.of(role);
    assert_eq!((rule.most_seconds, rule.approval, rule.justification), (4 * 3_600, true, false));
    let rule = Folder::new().load(SMALLEST).unwrap().rules.activation.of(role);
    assert_eq!((rule.most_seconds, rule.approval, rule.justification), (8 * 3_600, false, true));
    for (more, says) in [
        (activation("longest = \"25h\""), "longest"),
        (activation("").repeat(2), "role"),
        (activation("").replace("Administrator", "Nobody"), "built-in role"),
    ] {
        let mistakes = Folder::new().mistakes(&more);
        assert!(mistakes.len() == 1 && mistakes[0].contains(says), "{mistakes:?}");
    }
}

#[test]
fn who_changes_access_policies_can_be_said() {
    let load = |more: &str| Folder::new().load(format!("{SMALLEST}{more}"));
    assert_eq!(load("").unwrap().rules.access_policy_writers, AccessPolicyWriters::VaultWriters);
    let closed = load("[management]\naccess_policy_writers = \"role-assigners\"\n").unwrap();
    assert_eq!(closed.rules.access_policy_writers, AccessPolicyWriters::RoleAssigners);
    let mistakes = Folder::new().mistakes("[management]\naccess_policy_writers = \"nobody\"\n");
    assert!(mistakes.len() == 1 && mistakes[0].contains("role-assigners"), "{mistakes:?}");
}

#[test]
fn every_limit_can_be_set() {
    let text = "[limits]\nhandshake_timeout = \"1s\"\nheader_timeout = \"2s\"\nidle_timeout = \"3s\"\n\
        drain_grace = \"4s\"\nbody_timeout = \"5s\"\nmax_connections = 6\nmax_connections_per_client = 7\n\
        max_handshakes_per_client = 9\nhttp1_max_header = \"10KiB\"\nhttp1_max_buf = \"11KiB\"\n\
        http1_max_headers = 16\nhttp2_max_concurrent_streams = 12\nhttp2_max_header_list = \"13KiB\"\n\
        http2_max_pending_accept_reset_streams = 14\nhttp2_max_local_error_reset_streams = 15\n\
        http2_keep_alive_interval = \"500ms\"\nhttp2_keep_alive_timeout = \"1m\"\n";
    let config = Folder::new().load(format!("{SMALLEST}{text}")).unwrap();
    assert_eq!(config.body_timeout, Duration::from_secs(5));
    // Every field by name, so that a new one does not compile until it is read.
    let expected = Limits {
        handshake_timeout: Duration::from_secs(1),
        header_timeout: Duration::from_secs(2),
        idle_timeout: Duration::from_secs(3),
        drain_grace: Duration::from_secs(4),
        max_connections: 6,
        max_connections_per_client: 7,
        max_handshakes_per_client: 9,
        http1_max_header: 10 << 10,
        http1_max_buf: 11 << 10,
        http1_max_headers: 16,
        http2_max_concurrent_streams: 12,
        http2_max_header_list: 13 << 10,
        http2_max_pending_accept_reset_streams: 14,
        http2_max_local_error_reset_streams: 15,
        http2_keep_alive_interval: Duration::from_millis(500),
        http2_keep_alive_timeout: Duration::from_secs(60),
    };
    assert_eq!(config.limits, expected);
}

#[test]
fn throttling_can_be_set_and_switched_off() {
    let text = "[throttling]\nkey_creation = 2\nrsa_2048 = 3\nrsa_3072 = 4\nrsa_4096 = 5\nec = 6\n\
        secret_creation = 7\nother = 8\ncaller_percent = 50\nbad_tokens = 9\nremembered = 1024\n";
    let folder = Folder::new();
    let expected = ThrottlingConfig {
        key_creation: 2,
        rsa_2048: 3,
        rsa_3072: 4,
        rsa_4096: 5,
        ec: 6,
        secret_creation: 7,
        other: 8,
        caller_percent: 50,
        bad_tokens: 9,
        remembered: 1_024,
    };
    assert_eq!(folder.load(format!("{SMALLEST}{text}")).unwrap().throttling, Some(expected));
    assert_eq!(folder.load(format!("{SMALLEST}{text}enabled = false\n")).unwrap().throttling, None);
    // What is switched off is still read.
    let mistakes = folder.mistakes("[throttling]\nenabled = false\nother = 0\n");
    assert_eq!(mistakes, ["line 10, throttling.other: 0 is out of bounds; choose an integer from 1 to 1000000"]);
}

#[test]
fn a_file_that_is_no_toml_has_one_mistake() {
    let folder = Folder::new();
    let one = |error: ConfigError| {
        assert_eq!(error.mistakes().len(), 1, "{error}");
        error.mistakes()[0].to_string()
    };
    let missing = one(load(&folder.path("absent.toml")).unwrap_err());
    assert!(missing.starts_with("the file: cannot be read: No such file"), "{missing}");
    assert!(one(load(folder.0.path()).unwrap_err()).starts_with("the file: cannot be read"));
    assert_eq!(
        one(folder.load(b"a = 1\nb = \"\xc3\xa4\xff\"").unwrap_err()),
        "line 2, column 7: not UTF-8; save the file in that encoding"
    );
    assert!(one(folder.load("x".repeat((4 << 20) + 1)).unwrap_err()).contains("has more than 4194304 bytes"));
    for (text, expected) in [
        ("a = 1\nb = = hunter2\n", "line 2, column 5: not valid TOML: "),
        ("secret = \"hunter2\n", "line 1, column 18: not valid TOML: "),
        ("a = 1\na = \"hunter2\"\n", "line 2, column 1: not valid TOML: duplicate key"),
        ("hunter2 hunter2\n", "line 1, column "),
    ] {
        let message = one(folder.load(text).unwrap_err());
        assert!(message.starts_with(expected), "{message}");
        assert!(!message.contains("hunter2") && !message.contains('\n'), "{message}");
    }
}

/// Whatever is cut off or left out, reading ends, and shows no secret.
#[test]
fn damaged_files_do_no_harm() {
    let folder = Folder::new();
    let cut = (0..EXAMPLE.len()).step_by(11).filter_map(|length| EXAMPLE.get(..length)).map(str::to_owned);
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let left_out = (0..lines.len()).map(|line| [&lines[..line], &lines[line + 1..]].concat().join("\n"));
    for text in cut.chain(left_out) {
        if let Err(error) = folder.load(&text) {
            let report = error.to_string();
            assert_eq!(report.lines().count(), error.mistakes().len() + 1, "{report}");
            assert!(!error.mistakes().is_empty() && !report.contains(SECRET), "{report}");
        }
    }
}

#[test]
fn what_is_required_is_missed() {
    let error = Folder::new().load("").unwrap_err();
    let mistakes: Vec<String> = error.mistakes().iter().map(ToString::to_string).collect();
    assert_eq!(
        mistakes,
        [
            "domain: missing; add `domain = \"vaults.example.com\"`",
            "data: missing; add `data = \"/var/lib/portcullis\"`",
            "listener: there must be at least one; add `[[listener]]` with `address = \"0.0.0.0:8443\"`",
            "certificate: there must be at least one; add `[[certificate]]` with `chain = \"tls.pem\", key = \"tls.key\"`",
        ]
    );
}

#[test]
fn the_first_lines_have_their_mistakes_too() {
    let folder = Folder::new();
    for (from, to, expected) in [
        ("\"Vaults.Example.com\"", "\"vaults..com\"", "line 1, domain: `vaults..com` is not a DNS name"),
        ("\"Vaults.Example.com\"", "\"10.0.0.1\"", "line 1, domain: `10.0.0.1` is not a DNS name"),
        ("\"data\"", "\"data\"\npublic_port = 65536", "line 3, public_port: 65536 is out of bounds"),
        ("\"data\"", "\"\"", "line 2, data: must not be empty"),
        ("\"data\"", "\"data\"\nlisteners = 1", "line 3, `listeners`: unknown key; remove it"),
        ("\"data\"", "\"data\"\nroot_keys = \"hunter2\"", "line 3, `root_keys`: unknown key; did you mean `root_key`?"),
    ] {
        let error = folder.load(SMALLEST.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.mistakes().len(), 1, "{error}");
        assert!(error.mistakes()[0].to_string().starts_with(expected), "{error}");
    }
}

/// One mistake is told once: what refers to a declaration that is wrong is not wrong itself.
#[test]
fn references_to_wrong_declarations_are_no_further_mistakes() {
    let assignment = "[[role_assignment]]\nprincipal = \"a\"\nrole = \"Reader\"\nvault = \"dev\"\n";
    let text = tenant_and_vault(&(application("a", "me", G3, "") + assignment)).replace("\"g\"", "\"\"");
    let mistakes = Folder::new().mistakes(&text);
    assert_eq!(mistakes.len(), 2, "{mistakes:#?}");
}

#[test]
fn plugins_keep_their_order_and_settings_become_json() {
    let text = "[[plugin]]\nname = \"mine\"\nfile = \"plugin.wasm\"\nmode = \"report-only\"\n\
        settings = { b = [1, -2.5, true], a = { \"x y\" = \"z\" } }\n\
        [[plugin]]\nname = \"ca\"\nbuiltin = \"conditional-access\"\n";
    let folder = Folder::new();
    let plugins = folder.load(format!("{SMALLEST}{text}")).unwrap().policy.plugins;
    assert_eq!(plugins[0].source, PluginSource::File(folder.path("plugin.wasm")));
    assert_eq!(plugins[0].mode, Mode::ReportOnly);
    assert_eq!(plugins[0].settings, r#"{"a":{"x y":"z"},"b":[1,-2.5,true]}"#);
    assert_eq!(plugins[1].source, PluginSource::Bundled("conditional-access"));
    assert_eq!(plugins[1].settings, r#"{"policies":[]}"#);
}

#[test]
fn the_plugins_of_the_default_are_brought_along() {
    for plugin in Folder::new().load(SMALLEST).unwrap().policy.plugins {
        let PluginSource::Bundled(name) = plugin.source else { panic!("{plugin:?}") };
        assert!(portcullis_bundled::ALL.iter().any(|(known, _)| *known == name), "{name}");
    }
}

#[test]
fn the_keys_of_an_authority_are_in_a_file_or_discovered() {
    let folder = Folder::new();
    let text = "[[attestation_authority]]\nissuer = \"https://a.example/\"\nkeys_file = \"attest.jwks.json\"\n\
        [[attestation_authority]]\nissuer = \"https://b.example\"\ndiscovery = true\nca_file = \"tls.pem\"\n";
    let config = folder.load(format!("{SMALLEST}{text}")).unwrap();
    let [a, b] = config.attestation.as_slice() else { panic!("two") };
    assert_eq!(
        (a.issuer.as_str(), &a.keys),
        ("https://a.example", &AuthorityKeySource::File(folder.path("attest.jwks.json")))
    );
    assert_eq!(b.keys, AuthorityKeySource::Discovery { roots: folder.path("tls.pem") });
}

#[test]
fn the_memo_and_the_audit_file_can_be_switched_off() {
    let text = "[audit]\nstdout = true\n[policy]\nmemo = false\n";
    let config = Folder::new().load(format!("{SMALLEST}{text}")).unwrap();
    assert_eq!((config.audit.file, config.policy.memo), (None, None));
}

/// Part of a rule set is a rule set, and what it leaves out lets nobody in.
#[test]
fn a_rule_set_denies_by_default() {
    let folder = Folder::new();
    let rules = |network: &str| {
        let text = format!("{SMALLEST}{}", tenant_and_vault(network));
        folder.load(text).unwrap().declaration.vaults[0].network.clone()
    };
    assert_eq!(rules(""), None);
    assert_eq!(rules("network = { public_network_access = \"Disabled\" }").unwrap().acls, None);
    let acls = rules("network = { ip_rules = [\"198.51.100.7\"] }").unwrap().acls.unwrap();
    assert_eq!((acls.default_action, acls.bypass), (DefaultAction::Deny, Bypass::None));
    assert!(rules("network = { bypass = \"AzureServices\" }").unwrap().acls.unwrap().ip_rules.is_empty());
}

#[test]
fn many_mistakes_make_one_report_in_the_order_of_the_file() {
    let text = "\
domain = \"vaults.example.com\"
public_port = 0
[[listener]]
adress = \"0.0.0.0:8443\"
[[certificate]]
chain = \"absent.pem\"
key = \"tls.key\"
[tokens]
lifetime = 60
[[named_location]]
name = \"office\"
prefixes = [\"10.0.0.0/8\", \"10.1.2.3/16\"]
[[vault]]
name = \"x\"
subscription = \"11111111\"
resource_group = \"g\"
tenant = \"22222222-2222-2222-2222-222222222222\"
";
    let folder = Folder::new();
    let report = folder.load(text).unwrap_err().to_string().replace(&folder.0.path().display().to_string(), "DIR");
    let expected = "\
the configuration `DIR/portcullis.toml` cannot be used, 10 mistakes
  data: missing; add `data = \"/var/lib/portcullis\"`
  line 2, public_port: 0 is out of bounds; choose an integer from 1 to 65535
  line 3, listener[0].address: missing; add `address = \"0.0.0.0:8443\"`
  line 4, listener[0].`adress`: unknown key; did you mean `address`?
  line 6, certificate[0].chain: cannot read `DIR/absent.pem`: No such file or directory (os error 2)
  line 9, tokens.lifetime: expected a text in quotes, found an integer
  line 12, named_location[0].prefixes[1]: `10.1.2.3/16` has bits set behind its prefix; write `10.1.0.0/16`
  line 14, vault[0].name: `x` cannot be used: a vault name has 3 to 24 letters, digits and single hyphens, begins with a letter and ends with a letter or digit
  line 15, vault[0].subscription: `11111111` cannot be used: not a GUID in the form 00000000-0000-0000-0000-000000000000
  line 17, vault[0].tenant: no such tenant is declared; add `[[tenant]]` with this `id`";
    assert_eq!(report, expected);
}
