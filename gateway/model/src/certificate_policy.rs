//! How a certificate is made, kept and renewed.

use crate::{KeySpec, RsaSize, UnixTime};

/// The greatest number of names of one kind, or of extended key usages, in a policy.
pub const MAX_POLICY_NAMES: usize = 100;
/// The greatest number of lifetime actions in a policy.
pub const MAX_LIFETIME_ACTIONS: usize = 2;

/// In which form the secret of a certificate keeps it with its key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SecretForm {
    /// PKCS #12 with an empty password, in base64.
    #[default]
    Pkcs12,
    /// PEM: the private key, then the certificates.
    Pem,
}

impl SecretForm {
    /// The content type of the secret.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Pkcs12 => "application/x-pkcs12",
            Self::Pem => "application/x-pem-file",
        }
    }

    /// The form of a content type.
    #[must_use]
    pub fn from_content_type(text: &str) -> Option<Self> {
        [Self::Pkcs12, Self::Pem].into_iter().find(|form| form.content_type() == text)
    }
}

/// The key of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateKey {
    /// RSA or EC.
    pub spec: KeySpec,
    /// Whether the secret holds the private key.
    pub exportable: bool,
    /// Whether a renewal keeps the key.
    pub reuse: bool,
}

/// Subject alternative names, as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlternativeNames {
    /// Mail addresses.
    pub emails: Vec<String>,
    /// Host names.
    pub dns_names: Vec<String>,
    /// User principal names.
    pub upns: Vec<String>,
    /// URIs.
    pub uris: Vec<String>,
    /// IP addresses.
    pub ip_addresses: Vec<String>,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateProperties {
    /// The subject, a distinguished name; may be empty where there are alternative names.
    pub subject: String,
    /// The subject alternative names.
    pub names: AlternativeNames,
    /// Extended key usages, object identifiers.
    pub ekus: Vec<String>,
    /// Key usages, by Azure's names.
    pub key_usage: Vec<String>,
    /// How many calendar months it is valid.
    pub validity_months: u16,
}

/// Who signs a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerChoice {
    /// `Self`, `Unknown`, or the name of an issuer of the vault.
    pub name: String,
    /// The issuer's kind of certificate.
    pub certificate_type: Option<String>,
    /// Whether it is to be published in transparency logs.
    pub transparency: Option<bool>,
}

/// When a lifetime action is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifetimeTrigger {
    /// When so many hundredths of the lifetime are over, 1 to 99.
    Percentage(u8),
    /// So many days before the end.
    DaysBeforeExpiry(u16),
}

impl LifetimeTrigger {
    /// When it is due for a certificate that is valid between two times.
    #[must_use]
    pub fn due(self, not_before: UnixTime, not_after: UnixTime) -> UnixTime {
        match self {
            Self::Percentage(percentage) => {
                let lifetime = not_after.0.saturating_sub(not_before.0).max(0);
                not_before.plus(lifetime / 100 * i64::from(percentage))
            }
            Self::DaysBeforeExpiry(days) => not_after.plus(-i64::from(days) * 86_400),
        }
    }
}

/// What happens at the end of a certificate's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifetimeAction {
    /// A new version is made.
    AutoRenew,
    /// The vault's contacts are told.
    EmailContacts,
}

/// How a certificate is made, kept and renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatePolicy {
    /// Its key.
    pub key: CertificateKey,
    /// The form of its secret.
    pub form: SecretForm,
    /// What it says.
    pub properties: CertificateProperties,
    /// What happens when.
    pub actions: Vec<(LifetimeTrigger, LifetimeAction)>,
    /// Who signs it.
    pub issuer: IssuerChoice,
    /// Whether the policy is enabled.
    pub enabled: bool,
    /// When it was made.
    pub created: UnixTime,
    /// When it was last changed.
    pub updated: UnixTime,
}

/// The members of a policy that are given. The others take their defaults in a new policy and stay in an old one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyChanges {
    /// What kind of key.
    pub spec: Option<KeySpec>,
    /// Whether the secret holds the private key.
    pub exportable: Option<bool>,
    /// Whether a renewal keeps the key.
    pub reuse: Option<bool>,
    /// The form of the secret.
    pub form: Option<SecretForm>,
    /// The subject.
    pub subject: Option<String>,
    /// The subject alternative names.
    pub names: Option<AlternativeNames>,
    /// Extended key usages.
    pub ekus: Option<Vec<String>>,
    /// Key usages.
    pub key_usage: Option<Vec<String>>,
    /// How many months.
    pub validity_months: Option<u16>,
    /// What happens when.
    pub actions: Option<Vec<(LifetimeTrigger, LifetimeAction)>>,
    /// Who signs it.
    pub issuer: Option<IssuerChoice>,
    /// Whether the policy is enabled.
    pub enabled: Option<bool>,
}

/// Says what is wrong with a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// `issuer.name` is required.
    #[error("policy.issuer.name is required: Self, Unknown, or the name of an issuer of the vault")]
    NoIssuer,
    /// A trigger that is out of the certificate's lifetime.
    #[error("policy.lifetime_actions: days_before_expiry must be between 1 and 27 times validity_months")]
    Days,
    /// A certificate that cannot renew itself: its issuer is unknown here.
    #[error("policy.lifetime_actions: AutoRenew needs an issuer that is not Unknown")]
    RenewalOfUnknown,
}

/// The usual purposes of a certificate: a server's and a client's of TLS.
const USUAL_EKUS: [&str; 2] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];
const USUAL_KEY_USAGE: [&str; 2] = ["digitalSignature", "keyEncipherment"];
const USUAL_MONTHS: u16 = 12;
const USUAL_TRIGGER: LifetimeTrigger = LifetimeTrigger::Percentage(80);

impl CertificatePolicy {
    /// The name of the issuer that a certificate signed by its own key has.
    pub const SELF: &'static str = "Self";
    /// The name of an issuer that is reached by a person.
    pub const UNKNOWN: &'static str = "Unknown";

    /// A new policy, with the defaults of the wire contract, section 11.1.
    ///
    /// # Errors
    /// When a required member is missing, or members contradict each other.
    pub fn new(given: PolicyChanges, now: UnixTime) -> Result<Self, PolicyError> {
        let issuer = given.issuer.clone().ok_or(PolicyError::NoIssuer)?;
        let texts = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
        let action = if issuer.is_unknown() { LifetimeAction::EmailContacts } else { LifetimeAction::AutoRenew };
        let usual = Self {
            key: CertificateKey { spec: KeySpec::Rsa(RsaSize::Rsa2048), exportable: true, reuse: false },
            form: SecretForm::default(),
            properties: CertificateProperties {
                subject: String::new(),
                names: AlternativeNames::default(),
                ekus: texts(USUAL_EKUS),
                key_usage: texts(USUAL_KEY_USAGE),
                validity_months: USUAL_MONTHS,
            },
            actions: vec![(USUAL_TRIGGER, action)],
            issuer,
            enabled: true,
            created: now,
            updated: now,
        };
        usual.changed(given, now)
    }

    /// The policy with some members changed.
    ///
    /// # Errors
    /// When members contradict each other then.
    pub fn changed(self, given: PolicyChanges, now: UnixTime) -> Result<Self, PolicyError> {
        let (key, properties) = (self.key, self.properties);
        let policy = Self {
            key: CertificateKey {
                spec: given.spec.unwrap_or(key.spec),
                exportable: given.exportable.unwrap_or(key.exportable),
                reuse: given.reuse.unwrap_or(key.reuse),
            },
            form: given.form.unwrap_or(self.form),
            properties: CertificateProperties {
                subject: given.subject.unwrap_or(properties.subject),
                names: given.names.unwrap_or(properties.names),
                ekus: given.ekus.unwrap_or(properties.ekus),
                key_usage: given.key_usage.unwrap_or(properties.key_usage),
                validity_months: given.validity_months.unwrap_or(properties.validity_months),
            },
            actions: given.actions.unwrap_or(self.actions),
            issuer: given.issuer.unwrap_or(self.issuer),
            enabled: given.enabled.unwrap_or(self.enabled),
            created: self.created,
            updated: now.max(self.updated),
        };
        policy.check()?;
        Ok(policy)
    }

    fn check(&self) -> Result<(), PolicyError> {
        let most = u32::from(self.properties.validity_months) * 27;
        for (trigger, action) in &self.actions {
            if let LifetimeTrigger::DaysBeforeExpiry(days) = trigger
                && !(1..=most).contains(&u32::from(*days))
            {
                return Err(PolicyError::Days);
            }
            if *action == LifetimeAction::AutoRenew && self.issuer.is_unknown() {
                return Err(PolicyError::RenewalOfUnknown);
            }
        }
        Ok(())
    }

    /// The trigger of an action, if the policy has it.
    #[must_use]
    pub fn trigger(&self, wanted: LifetimeAction) -> Option<LifetimeTrigger> {
        self.actions.iter().find(|(_, action)| *action == wanted).map(|(trigger, _)| *trigger)
    }
}

impl IssuerChoice {
    /// An issuer by its name alone.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), certificate_type: None, transparency: None }
    }

    /// Whether the certificate is signed by its own key.
    #[must_use]
    pub fn is_self(&self) -> bool {
        self.name.eq_ignore_ascii_case(CertificatePolicy::SELF)
    }

    /// Whether a person takes the request to an authority and brings the certificate back.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.name.eq_ignore_ascii_case(CertificatePolicy::UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(issuer: &str) -> PolicyChanges {
        PolicyChanges { issuer: Some(IssuerChoice::named(issuer)), ..PolicyChanges::default() }
    }

    #[test]
    fn a_policy_needs_an_issuer_and_takes_defaults_for_the_rest() {
        assert_eq!(CertificatePolicy::new(PolicyChanges::default(), UnixTime(1)), Err(PolicyError::NoIssuer));
        let policy = CertificatePolicy::new(given("Self"), UnixTime(1)).unwrap();
        assert_eq!(policy.actions, [(LifetimeTrigger::Percentage(80), LifetimeAction::AutoRenew)]);
        assert_eq!(policy.properties.validity_months, 12);
        let unknown = CertificatePolicy::new(given("unknown"), UnixTime(1)).unwrap();
        assert_eq!(unknown.actions, [(LifetimeTrigger::Percentage(80), LifetimeAction::EmailContacts)]);
    }

    #[test]
    fn days_before_the_expiry_are_bounded_by_the_lifetime() {
        let with = |days| PolicyChanges {
            validity_months: Some(2),
            actions: Some(vec![(LifetimeTrigger::DaysBeforeExpiry(days), LifetimeAction::AutoRenew)]),
            ..given("Self")
        };
        for (days, expected) in [(0, false), (1, true), (54, true), (55, false)] {
            assert_eq!(CertificatePolicy::new(with(days), UnixTime(1)).is_ok(), expected, "{days}");
        }
    }

    #[test]
    fn a_certificate_of_an_unknown_issuer_does_not_renew_itself() {
        let actions = Some(vec![(LifetimeTrigger::Percentage(50), LifetimeAction::AutoRenew)]);
        let policy = CertificatePolicy::new(PolicyChanges { actions, ..given("Unknown") }, UnixTime(1));
        assert_eq!(policy, Err(PolicyError::RenewalOfUnknown));
    }

    #[test]
    fn triggers_are_due_in_the_lifetime() {
        let (begin, end) = (UnixTime(1_000_000), UnixTime(1_000_000 + 100 * 86_400));
        assert_eq!(LifetimeTrigger::Percentage(80).due(begin, end), begin.plus(80 * 86_400));
        assert_eq!(LifetimeTrigger::DaysBeforeExpiry(30).due(begin, end), begin.plus(70 * 86_400));
    }
}
