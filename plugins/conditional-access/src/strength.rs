//! Authentication strengths: sets of combinations of methods, as Graph names them, in the words that tokens have (`amr`).

use portcullis_plugin::Problem;

use crate::json::{Members, Node, shown};

/// An authentication strength: one of its combinations must have been used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    /// Its name, for people.
    pub name: String,
    /// The combinations, at least one; each is a list of at least one method of `amr`.
    pub combinations: Vec<Vec<String>>,
}

/// The strengths that settings define, beside those that everybody has.
pub(crate) struct Strengths(Vec<(String, Strength)>);

impl Strengths {
    /// Reads `authenticationStrengths`.
    pub(crate) fn read(nodes: &[Node<'_>]) -> Result<Self, Problem> {
        let mut strengths: Vec<(String, Strength)> = Vec::new();
        for node in nodes {
            let mut members = node.members()?;
            let id = members.required("id")?;
            let name = id.text()?.to_ascii_lowercase();
            if built_in(&name).is_some() || strengths.iter().any(|(known, _)| *known == name) {
                return Err(id.wrong("is the id of another authentication strength"));
            }
            let strength = defined(&mut members, &name)?;
            strengths.push((name, strength));
            members.end()?;
        }
        Ok(Self(strengths))
    }

    /// Reads the strength that a policy demands: one that is defined elsewhere, by its id, or here.
    pub(crate) fn demanded(&self, node: &Node<'_>) -> Result<Strength, Problem> {
        let mut members = node.members()?;
        let id = members.required("id")?;
        let name = id.text()?.to_ascii_lowercase();
        let known = self.0.iter().find(|(known, _)| *known == name).map(|(_, strength)| strength.clone());
        let strength = match known.or_else(|| built_in(&name)) {
            Some(strength) => {
                // Graph repeats what the strength is; what counts is its definition.
                members.ignored(&["displayName", "description", "allowedCombinations"]);
                annotations(&mut members)?;
                strength
            }
            None if members.optional("allowedCombinations").is_some() => defined(&mut members, &name)?,
            None => return Err(id.wrong("is no authentication strength's; define it in `authenticationStrengths`")),
        };
        members.end()?;
        Ok(strength)
    }
}

/// A strength by its own combinations.
fn defined(members: &mut Members<'_>, id: &str) -> Result<Strength, Problem> {
    let name = members.optional("displayName").map(|name| name.text().map(str::to_owned)).transpose()?;
    members.ignored(&["description"]);
    annotations(members)?;
    let list = members.required("allowedCombinations")?;
    let combinations = list.list()?.iter().map(combination).collect::<Result<Vec<_>, _>>()?;
    if combinations.is_empty() {
        return Err(list.wrong("is empty, so nobody could have the strength"));
    }
    Ok(Strength { name: name.unwrap_or_else(|| id.to_owned()), combinations })
}

fn annotations(members: &mut Members<'_>) -> Result<(), Problem> {
    members.ignored(&["policyType", "requirementsSatisfied", "createdDateTime", "modifiedDateTime"]);
    members.unsupported("combinationConfigurations", "tokens do not tell which key or issuer was used")
}

/// `password,softwareOath`.
fn combination(node: &Node<'_>) -> Result<Vec<String>, Problem> {
    let mut methods = Vec::new();
    for name in node.text()?.split(',').map(str::trim) {
        if let Some(method) = name.strip_prefix(AMR).filter(|method| !method.is_empty() && method.len() <= 32) {
            methods.push(method.to_owned());
            continue;
        }
        let known = METHODS.iter().find(|(known, _)| *known == name).map(|(_, amr)| *amr);
        let amr = known.ok_or_else(|| {
            node.wrong(format!("`{}` is no method that tokens tell of; name what they say as `amr:hwk`", shown(name)))
        })?;
        methods.extend(amr.iter().map(|method| (*method).to_owned()));
    }
    methods.sort_unstable();
    methods.dedup();
    Ok(methods)
}

/// The strengths that Graph has in every tenant.
fn built_in(id: &str) -> Option<Strength> {
    const ANY: &[&[&str]] = &[&["mfa"]];
    const PHISHING_RESISTANT: &[&[&str]] = &[&["fido", "mfa"], &["mfa", "rsa"]];
    let (name, combinations) = match id {
        "00000000-0000-0000-0000-000000000002" => ("Multifactor authentication", ANY),
        "00000000-0000-0000-0000-000000000003" => ("Passwordless MFA", PHISHING_RESISTANT),
        "00000000-0000-0000-0000-000000000004" => ("Phishing-resistant MFA", PHISHING_RESISTANT),
        _ => return None,
    };
    let owned = |methods: &&[&str]| methods.iter().map(|method| (*method).to_owned()).collect();
    Some(Strength { name: name.to_owned(), combinations: combinations.iter().map(owned).collect() })
}

/// Graph's methods, and what tokens say of them. Those that no token tells apart from others are not there.
const METHODS: [(&str, &[&str]); 11] = [
    ("password", &["pwd"]),
    ("softwareOath", &["otp"]),
    ("hardwareOath", &["otp"]),
    ("sms", &["sms"]),
    ("voice", &["tel"]),
    ("fido2", &["fido", "mfa"]),
    ("windowsHelloForBusiness", &["rsa", "mfa"]),
    ("x509CertificateMultiFactor", &["rsa", "mfa"]),
    ("x509CertificateSingleFactor", &["rsa"]),
    ("federatedSingleFactor", &["fed"]),
    ("federatedMultiFactor", &["fed", "mfa"]),
];

/// What begins the name of a method as tokens have it.
const AMR: &str = "amr:";
