//! The texts of 403 answers: the reference's lines word for word, then ours that explain the decision.

use std::fmt::Write as _;
use std::net::IpAddr;

use portcullis_model::{RequestId, Resource, VaultName};

/// Who asked, as the reference's texts name callers.
#[derive(Debug, Clone, Copy)]
pub struct CallerLine<'a> {
    /// The application, if the token names one.
    pub application: Option<&'a str>,
    /// The principal's object id.
    pub principal: &'a str,
    /// The token's issuer.
    pub issuer: &'a str,
}

/// The vault that was asked.
#[derive(Debug, Clone, Copy)]
pub struct VaultLine<'a> {
    /// Its name.
    pub vault: &'a VaultName,
    /// Its location.
    pub location: &'a str,
}

/// Why, in our words: what decided, on which facts, and the request's id.
#[derive(Debug, Clone, Copy)]
pub struct Explanation<'a> {
    /// The rule or plugin that decided.
    pub decision: &'a str,
    /// What it rested on.
    pub facts: &'a str,
    /// The request, as `x-ms-request-id` names it.
    pub trace: RequestId,
}

/// The text of `ForbiddenByRbac` (behaviour, section 4.5). `reason` is the reference's, such as
/// `DeniedWithNoValidRBAC`.
#[must_use]
pub fn rbac_denial(
    caller: CallerLine<'_>,
    action: &str,
    resource: &Resource,
    reason: &str,
    vault: Option<VaultLine<'_>>,
    why: Explanation<'_>,
) -> String {
    let mut lines = Lines::new("Caller is not authorized to perform action on resource.");
    lines.add(
        "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
    );
    lines.caller(caller);
    lines.add(&format!("Action: '{}'", bounded(action)));
    lines.add(&format!("Resource: '{}'", bounded(resource.id())));
    lines.add("Assignment: (not found)");
    lines.add("DenyAssignmentId: null");
    // The reference has a space at the end of this line.
    lines.add(&format!("DecisionReason: '{}' ", bounded(reason)));
    lines.vault(vault);
    lines.explain(why);
    lines.0
}

/// The text of `AccessDenied` and `ForbiddenByPolicy` (behaviour, section 3.5), in one line and then ours.
#[must_use]
pub fn access_policy_denial(
    caller: CallerLine<'_>,
    groups: usize,
    permission: &str,
    vault: Option<VaultLine<'_>>,
    why: Explanation<'_>,
) -> String {
    let application = caller.application.unwrap_or_default();
    let place = vault.map(|vault| format!("{};location={}", vault.vault, vault.location)).unwrap_or_default();
    let mut lines = Lines::new(&format!(
        "The user, group or application 'appid={application};oid={};numgroups={groups};iss={}' does not have {} \
         permission on key vault '{}'. For help resolving this issue, please see \
         https://go.microsoft.com/fwlink/?linkid=2125287",
        caller.principal,
        caller.issuer,
        bounded(permission),
        bounded(&place),
    ));
    lines.explain(why);
    lines.0
}

/// The text of `ForbiddenByFirewall` and `ForbiddenByConnection` (behaviour, section 1.7). The address is shown by the
/// former only.
#[must_use]
pub fn network_denial(
    first_line: &str,
    address: Option<IpAddr>,
    caller: CallerLine<'_>,
    vault: Option<VaultLine<'_>>,
    why: Explanation<'_>,
) -> String {
    let mut lines = Lines::new(first_line);
    if let Some(address) = address {
        lines.add(&format!("Client address: {address}"));
    }
    lines.caller(caller);
    lines.vault(vault);
    lines.explain(why);
    lines.0
}

/// The text of our own refusals: a first line, the caller, the vault, and why.
#[must_use]
pub fn policy_denial(
    first_line: &str,
    caller: CallerLine<'_>,
    vault: Option<VaultLine<'_>>,
    why: Explanation<'_>,
) -> String {
    let mut lines = Lines::new(&bounded(first_line));
    lines.caller(caller);
    lines.vault(vault);
    lines.explain(why);
    lines.0
}

/// The text of `AuthorizationFailed` on the management plane (behaviour, section 4.5), one line and then ours.
#[must_use]
pub fn authorization_failed(
    client: &str,
    principal: &str,
    action: &str,
    resource: &Resource,
    why: Explanation<'_>,
) -> String {
    let mut lines = Lines::new(&format!(
        "The client '{}' with object id '{}' does not have authorization to perform action '{}' over scope '{}' or the \
         scope is invalid. If access was recently granted, please refresh your credentials.",
        bounded(client),
        bounded(principal),
        bounded(action),
        bounded(resource.id())
    ));
    lines.explain(why);
    lines.0
}

/// A text for one line of an answer: at most 512 characters, without control characters and without the invisible
/// ones that reorder or hide text.
#[must_use]
pub fn bounded(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).take(MAX_CHARACTERS).collect()
}

const MAX_CHARACTERS: usize = 512;

struct Lines(String);

impl Lines {
    fn new(first: &str) -> Self {
        let mut lines = String::with_capacity(1024);
        lines.push_str(first);
        Self(lines)
    }

    fn add(&mut self, line: &str) {
        self.0.push_str("\r\n");
        self.0.push_str(line);
    }

    fn caller(&mut self, caller: CallerLine<'_>) {
        let mut line = "Caller: ".to_owned();
        if let Some(application) = caller.application {
            // Writing to a String cannot fail.
            let _ = write!(line, "appid={};", bounded(application));
        }
        let _ = write!(line, "oid={};iss={}", bounded(caller.principal), bounded(caller.issuer));
        self.add(&line);
    }

    fn vault(&mut self, vault: Option<VaultLine<'_>>) {
        let Some(vault) = vault else { return };
        self.add(&format!("Vault: {};location={}", vault.vault, bounded(vault.location)));
    }

    fn explain(&mut self, why: Explanation<'_>) {
        self.add(&format!("Decision: {}", bounded(why.decision)));
        if !why.facts.is_empty() {
            self.add(&format!("Facts: {}", bounded(why.facts)));
        }
        self.add(&format!("Trace: {}", why.trace));
    }
}

/// Control characters, line and paragraph separators, and zero-width or bidirectional formatting.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use portcullis_model::VaultPath;

    use super::*;
    use crate::testing::vault;

    const TRACE: &str = "33333333-3333-3333-3333-333333333333";

    fn why() -> Explanation<'static> {
        Explanation { decision: "azure-rbac", facts: "2 assignments read", trace: TRACE.parse().unwrap() }
    }

    fn resource() -> Resource {
        let path = VaultPath {
            subscription: "22222222-2222-2222-2222-222222222222".parse().unwrap(),
            group: "Rg".parse().unwrap(),
            vault: vault(),
        };
        Resource::object(&Resource::vault(&path), portcullis_model::ObjectKind::Secret, &"Db".parse().unwrap())
    }

    const CALLER: CallerLine<'_> =
        CallerLine { application: Some("app"), principal: "oid", issuer: "https://sts.windows.net/t/" };

    #[test]
    fn a_denial_by_roles_has_the_lines_of_the_reference_and_then_ours() {
        let vault = vault();
        let vault = Some(VaultLine { vault: &vault, location: "local" });
        let action = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
        let text = rbac_denial(CALLER, action, &resource(), "DeniedWithNoValidRBAC", vault, why());
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(
            lines,
            [
                "Caller is not authorized to perform action on resource.",
                "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
                "Caller: appid=app;oid=oid;iss=https://sts.windows.net/t/",
                "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'",
                "Resource: '/subscriptions/22222222-2222-2222-2222-222222222222/resourcegroups/rg/providers/microsoft.keyvault/vaults/dev/secrets/db'",
                "Assignment: (not found)",
                "DenyAssignmentId: null",
                "DecisionReason: 'DeniedWithNoValidRBAC' ",
                "Vault: dev;location=local",
                "Decision: azure-rbac",
                "Facts: 2 assignments read",
                "Trace: 33333333-3333-3333-3333-333333333333",
            ]
        );
    }

    #[test]
    fn a_denial_by_the_network_shows_the_address_where_the_reference_does() {
        let vault = vault();
        let vault = Some(VaultLine { vault: &vault, location: "local" });
        let first = "Client address is not authorized and caller is not a trusted service.";
        let text = network_denial(first, Some([203, 0, 113, 9].into()), CALLER, vault, why());
        assert!(text.starts_with(&format!("{first}\r\nClient address: 203.0.113.9\r\nCaller: appid=app;")));
        assert!(!network_denial(first, None, CALLER, vault, why()).contains("Client address:"));
    }

    #[test]
    fn callers_cannot_write_lines_of_their_own() {
        let vault = vault();
        let vault = Some(VaultLine { vault: &vault, location: "local" });
        let caller = CallerLine {
            application: Some("a\r\nDecision: allowed"),
            principal: "o\u{2028}x\u{202e}y\0z",
            issuer: &"i".repeat(10_000),
        };
        let text = policy_denial("no", caller, vault, why());
        assert_eq!(text.split("\r\n").count(), 6);
        assert!(text.contains("oid=oxyz;"));
        assert!(text.len() < 1500);
        assert_eq!(text.matches("\r\nDecision: ").count(), 1);
    }
}
