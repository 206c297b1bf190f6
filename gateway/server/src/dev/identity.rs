//! Who the development gateway knows: made at the first start, found again at every later one.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use portcullis_crypto::Random;
use portcullis_model::{ApplicationId, PrincipalId, SecretText, SubscriptionId, TenantId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The tenant, the subscription and the application of a development gateway.
#[derive(Serialize, Deserialize)]
pub(super) struct DevIdentity {
    pub(super) tenant: TenantId,
    pub(super) subscription: SubscriptionId,
    pub(super) application: ApplicationId,
    pub(super) principal: PrincipalId,
    secret: String,
}

impl std::fmt::Debug for DevIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevIdentity").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

impl Drop for DevIdentity {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.secret);
    }
}

impl DevIdentity {
    /// Reads the identity, or makes it when the file is not there.
    pub(super) fn open(path: &Path, random: &dyn Random) -> anyhow::Result<Self> {
        if path.exists() {
            let text =
                Zeroizing::new(std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?);
            return serde_json::from_str(&text).with_context(|| {
                format!(
                    "`{0}` is not what this program wrote; remove the data folder to start anew, or put `{0}` back",
                    path.display()
                )
            });
        }
        let mut secret = Zeroizing::new([0; 32]);
        random.fill(&mut *secret)?;
        let identity = Self {
            tenant: TenantId::random(),
            subscription: SubscriptionId::random(),
            application: ApplicationId::random(),
            principal: PrincipalId::random(),
            secret: base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(*secret),
        };
        write_private(path, &Zeroizing::new(serde_json::to_vec_pretty(&identity)?))?;
        Ok(identity)
    }

    pub(super) fn secret(&self) -> SecretText {
        SecretText::new(self.secret.clone())
    }

    pub(super) fn expose_secret(&self) -> &str {
        &self.secret
    }
}

/// Writes a file that only its owner may read, whole or not at all.
pub(super) fn write_private(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let temporary = path.with_extension("tmp");
    let write = || {
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().with_context(|| format!("writing `{}`", path.display()))
}
