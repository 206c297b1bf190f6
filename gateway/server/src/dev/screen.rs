//! What the development gateway tells whoever started it.

use std::path::Path;

use super::identity::DevIdentity;

/// Where things are, once the gateway is ready.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) identity: &'a DevIdentity,
    pub(super) hosts: &'a portcullis_api::Hosts,
    pub(super) ca: &'a Path,
    pub(super) data: &'a Path,
    pub(super) first_start: bool,
}

impl Place<'_> {
    /// The settings that make clients work, as `KEY=value` lines that a shell reads.
    pub(super) fn environment(&self) -> String {
        let vault = super::VAULT;
        let lines = [
            ("AZURE_TENANT_ID", self.identity.tenant.to_string()),
            ("AZURE_CLIENT_ID", self.identity.application.to_string()),
            ("AZURE_CLIENT_SECRET", self.identity.expose_secret().to_owned()),
            ("AZURE_SUBSCRIPTION_ID", self.identity.subscription.to_string()),
            ("PORTCULLIS_PRINCIPAL_ID", self.identity.principal.to_string()),
            ("AZURE_AUTHORITY_HOST", self.hosts.login_url()),
            ("AZURE_KEYVAULT_URL", self.hosts.vault_url(&vault.parse().expect("the name is well-formed"))),
            ("PORTCULLIS_MANAGEMENT_URL", self.hosts.management_url()),
            ("PORTCULLIS_GRAPH_URL", self.hosts.graph_url()),
            ("PORTCULLIS_CA_FILE", self.ca.display().to_string()),
        ];
        lines.map(|(key, value)| format!("{key}={}\n", quoted(&value))).concat()
    }

    /// The one screen.
    pub(super) fn screen(&self) -> String {
        let environment = self.environment().lines().fold(String::new(), |all, line| all + "  export " + line + "\n");
        let url = self.hosts.vault_url(&super::VAULT.parse().expect("the name is well-formed"));
        let (data, ca) = (self.data.display(), self.ca.display());
        let start = if self.first_start { "made just now" } else { "found again" };
        let login = self.hosts.login_url();
        let resource = self.hosts.vault_resource();
        format!(
            "\
Portcullis is ready. Vault `{vault}`: {url}
  data   {data} ({start}; store, root key, audit log; remove it to start anew)
  CA     {ca}

For the Azure SDKs and the examples below, in another terminal:

{environment}  export REQUESTS_CA_BUNDLE=\"$PORTCULLIS_CA_FILE\" SSL_CERT_FILE=\"$PORTCULLIS_CA_FILE\" NODE_EXTRA_CA_CERTS=\"$PORTCULLIS_CA_FILE\"

Python (pip install azure-identity azure-keyvault-secrets):

  python3 - <<'EOF'
  import os
  from azure.identity import DefaultAzureCredential
  from azure.keyvault.secrets import SecretClient
  credential = DefaultAzureCredential(disable_instance_discovery=True)  # else it asks Microsoft about our host
  client = SecretClient(os.environ[\"AZURE_KEYVAULT_URL\"], credential)
  client.set_secret(\"greeting\", \"hello from portcullis\")
  print(client.get_secret(\"greeting\").value)
  EOF

curl:

  token=$(curl -sS --cacert \"$PORTCULLIS_CA_FILE\" {login}/$AZURE_TENANT_ID/oauth2/v2.0/token \\
    -d grant_type=client_credentials -d client_id=$AZURE_CLIENT_ID -d client_secret=$AZURE_CLIENT_SECRET \\
    -d scope={resource}/.default | sed 's/.*\"access_token\":\"\\([^\"]*\\).*/\\1/')
  curl -sS --cacert \"$PORTCULLIS_CA_FILE\" -H \"Authorization: Bearer $token\" \"{url}/secrets?api-version=7.6\"

Stop with Ctrl-C.
",
            vault = super::VAULT,
        )
    }
}

/// A value as one word of a shell: as it is where no character of it means anything there, else in single quotes.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=~".contains(c);
    if !value.is_empty() && !value.starts_with('~') && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_one_word_of_a_shell() {
        for (value, word) in [
            ("/var/lib/vault/ca.pem", "/var/lib/vault/ca.pem"),
            ("https://dev.vault.localhost:8443", "https://dev.vault.localhost:8443"),
            ("/my data/ca.pem", "'/my data/ca.pem'"),
            ("/it's/ca.pem", r"'/it'\''s/ca.pem'"),
            ("/$HOME;x/ca.pem", "'/$HOME;x/ca.pem'"),
            ("~/ca.pem", "'~/ca.pem'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(value), word, "{value}");
        }
    }
}
