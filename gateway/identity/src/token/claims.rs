//! The facts of the authority block.

use std::fmt::Display;
use std::str::FromStr;

use biscuit_auth::builder::{
    Binary, BiscuitBuilder, Check, CheckKind, Expression, Fact, Op, Predicate, Rule, Term, var,
};
use biscuit_auth::{Authorizer, error};
use portcullis_model::{ApplicationId, PrincipalId, TenantId, UnixTime};

use super::ReadTokenError;
use crate::PrincipalKind;
use crate::authentication::{Authentication, ClientStrength};

/// What a token says of its caller and of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) tenant: TenantId,
    pub(crate) principal: PrincipalId,
    pub(crate) application: Option<ApplicationId>,
    pub(crate) kind: PrincipalKind,
    pub(crate) audience: Box<str>,
    pub(crate) issued_at: UnixTime,
    pub(crate) expires: UnixTime,
    pub(crate) token_id: Box<str>,
    pub(crate) claims_challenges: bool,
    /// The issuer at which a person signed in, if that was another than this gateway (`idp`). Tokens of our own have none.
    pub(crate) identity_provider: Option<Box<str>>,
    pub(crate) authentication: Authentication,
}

impl Claims {
    /// Reads the claims of the authority block.
    ///
    /// A query without scope sees facts of the authority block and of the authorizer, which has none here.
    pub(crate) fn read(authorizer: &mut Authorizer) -> Result<Self, ReadTokenError> {
        if integer(one(authorizer, VERSION_FACT)?)? != VERSION {
            return Err(ReadTokenError::Malformed);
        }
        let issued_at = time(&one(authorizer, ISSUED_AT)?)?;
        Ok(Self {
            tenant: id(one(authorizer, TENANT)?)?,
            principal: id(one(authorizer, PRINCIPAL)?)?,
            application: at_most_one(authorizer, APPLICATION)?.map(id).transpose()?,
            kind: kind(&text(one(authorizer, IDTYP)?)?)?,
            audience: text(one(authorizer, AUDIENCE)?)?.into(),
            issued_at,
            expires: time(&one(authorizer, EXPIRES)?)?,
            token_id: text(one(authorizer, TOKEN_ID)?)?.into(),
            claims_challenges: values(authorizer, CAPABILITY)?.contains(&Term::Str(CLAIMS_CHALLENGES.to_owned())),
            identity_provider: None,
            authentication: Self::read_authentication(authorizer, issued_at)?,
        })
    }

    /// Tokens of earlier gateways say nothing of it; they are of applications with secrets.
    fn read_authentication(authorizer: &mut Authorizer, issued_at: UnixTime) -> Result<Authentication, ReadTokenError> {
        let client = match at_most_one(authorizer, CLIENT)? {
            None => ClientStrength::Secret,
            Some(number) => ClientStrength::of_number(integer(number)?).ok_or(ReadTokenError::Malformed)?,
        };
        Ok(Authentication {
            methods: texts(authorizer, METHOD)?,
            time: at_most_one(authorizer, AUTHENTICATED_AT)?.map_or(Ok(issued_at), |term| time(&term))?,
            contexts: texts(authorizer, CONTEXT)?,
            client,
            session: at_most_one(authorizer, SESSION)?.map(text).transpose()?.map(Into::into),
            on_behalf: values(authorizer, CAPABILITY)?.contains(&Term::Str(ON_BEHALF.to_owned())),
        })
    }

    /// Writes the claims into an authority block.
    pub(crate) fn write(&self) -> Result<BiscuitBuilder, error::Token> {
        let mut block = BiscuitBuilder::new()
            .fact(fact(VERSION_FACT, Term::Integer(VERSION)))?
            .fact(fact(TENANT, id_term(self.tenant)))?
            .fact(fact(PRINCIPAL, id_term(self.principal)))?
            .fact(fact(IDTYP, Term::Str(idtyp(self.kind).to_owned())))?
            .fact(fact(AUDIENCE, Term::Str(self.audience.to_string())))?
            .fact(fact(ISSUED_AT, date(self.issued_at)))?
            .fact(fact(EXPIRES, date(self.expires)))?
            .fact(fact(TOKEN_ID, Term::Str(self.token_id.to_string())))?
            .check(before(self.expires))?;
        if let Some(application) = self.application {
            block = block.fact(fact(APPLICATION, id_term(application)))?;
        }
        if self.claims_challenges {
            block = block.fact(fact(CAPABILITY, Term::Str(CLAIMS_CHALLENGES.to_owned())))?;
        }
        let Authentication { methods, time, contexts, client, session, on_behalf } = &self.authentication;
        block = block
            .fact(fact(CLIENT, Term::Integer(client.number().into())))?
            .fact(fact(AUTHENTICATED_AT, date(*time)))?;
        let texts = methods.iter().map(|method| (METHOD, method)).chain(contexts.iter().map(|id| (CONTEXT, id)));
        for (name, text) in texts.chain(session.iter().map(|session| (SESSION, session))) {
            block = block.fact(fact(name, Term::Str(text.to_string())))?;
        }
        if *on_behalf {
            block = block.fact(fact(CAPABILITY, Term::Str(ON_BEHALF.to_owned())))?;
        }
        Ok(block)
    }
}

/// A fact of one term.
pub(crate) fn fact(name: &str, term: Term) -> Fact {
    Fact::new(name.to_owned(), vec![term])
}

/// The check `check if time($t), $t < end`.
pub(crate) fn before(end: UnixTime) -> Check {
    let less = vec![Op::Value(var("t")), Op::Value(date(end)), Op::Binary(Binary::LessThan)];
    let query = Rule::new(
        Predicate::new("query".to_owned(), vec![]),
        vec![Predicate::new(TIME.to_owned(), vec![var("t")])],
        vec![Expression { ops: less }],
        vec![],
    );
    Check { queries: vec![query], kind: CheckKind::One }
}

/// A time as a date. Dates begin in 1970; a time before that is its first second.
pub(crate) fn date(time: UnixTime) -> Term {
    Term::Date(u64::try_from(time.0).unwrap_or(0))
}

pub(crate) const TIME: &str = "time";

/// The values of the facts of one name.
fn values(authorizer: &mut Authorizer, name: &str) -> Result<Vec<Term>, ReadTokenError> {
    let rule = Rule::new(
        Predicate::new("value".to_owned(), vec![var("v")]),
        vec![Predicate::new(name.to_owned(), vec![var("v")])],
        vec![],
        vec![],
    );
    let facts: Vec<Fact> = authorizer.query(rule).map_err(ReadTokenError::from)?;
    Ok(facts.into_iter().flat_map(|fact| fact.predicate.terms).collect())
}

fn at_most_one(authorizer: &mut Authorizer, name: &str) -> Result<Option<Term>, ReadTokenError> {
    let mut values = values(authorizer, name)?;
    let value = values.pop();
    if values.is_empty() { Ok(value) } else { Err(ReadTokenError::Malformed) }
}

fn one(authorizer: &mut Authorizer, name: &str) -> Result<Term, ReadTokenError> {
    at_most_one(authorizer, name)?.ok_or(ReadTokenError::Malformed)
}

fn text(term: Term) -> Result<String, ReadTokenError> {
    if let Term::Str(text) = term { Ok(text) } else { Err(ReadTokenError::Malformed) }
}

/// The texts of the facts of one name, in order.
fn texts(authorizer: &mut Authorizer, name: &str) -> Result<Vec<Box<str>>, ReadTokenError> {
    let texts = values(authorizer, name)?.into_iter().map(|term| Ok(text(term)?.into()));
    let mut texts = texts.collect::<Result<Vec<Box<str>>, ReadTokenError>>()?;
    texts.sort_unstable();
    Ok(texts)
}

fn integer(term: Term) -> Result<i64, ReadTokenError> {
    i64::try_from(term).map_err(|_| ReadTokenError::Malformed)
}

fn id<T: FromStr>(term: Term) -> Result<T, ReadTokenError> {
    text(term)?.parse().map_err(|_| ReadTokenError::Malformed)
}

fn time(term: &Term) -> Result<UnixTime, ReadTokenError> {
    let Term::Date(seconds) = term else { return Err(ReadTokenError::Malformed) };
    i64::try_from(*seconds).map(UnixTime).map_err(|_| ReadTokenError::Malformed)
}

fn kind(text: &str) -> Result<PrincipalKind, ReadTokenError> {
    [PrincipalKind::ServicePrincipal, PrincipalKind::User]
        .into_iter()
        .find(|kind| idtyp(*kind) == text)
        .ok_or(ReadTokenError::Malformed)
}

const fn idtyp(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::ServicePrincipal => "app",
        PrincipalKind::User => "user",
    }
}

fn id_term(id: impl Display) -> Term {
    Term::Str(id.to_string())
}

const VERSION: i64 = 1;
const VERSION_FACT: &str = "portcullis_token";
const TENANT: &str = "tenant";
const PRINCIPAL: &str = "principal";
const APPLICATION: &str = "application";
const IDTYP: &str = "idtyp";
const AUDIENCE: &str = "audience";
const ISSUED_AT: &str = "issued_at";
const EXPIRES: &str = "expires";
const TOKEN_ID: &str = "token_id";
const CLIENT: &str = "client";
const METHOD: &str = "method";
const AUTHENTICATED_AT: &str = "authenticated_at";
const CONTEXT: &str = "context";
const SESSION: &str = "session";
const CAPABILITY: &str = "capability";
const ON_BEHALF: &str = "on_behalf";
const CLAIMS_CHALLENGES: &str = "cp1";
