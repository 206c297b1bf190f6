//! Pages of lists: `maxresults` and the opaque `$skiptoken`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use portcullis_model::{ObjectName, ObjectVersion, Operation, Page, VaultName};

use crate::ApiError;
use crate::query::Query;

/// The greatest and the usual number of items on a page.
pub const MAX_PAGE: u8 = 25;

/// What a list request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// 1 to [`MAX_PAGE`].
    pub limit: u8,
    /// Where to go on from.
    pub after: Option<Position>,
}

/// A place in a list: the last item of the page before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// In a list of objects.
    Object(ObjectName),
    /// In a list of versions.
    Version(ObjectVersion),
}

/// Seals positions, so that where a page goes on does not tell what was left out of it. Implemented by the server.
pub trait PositionSeal: fmt::Debug + Send + Sync {
    /// A position, sealed for its list. What is sealed has one length, whatever the position. None when it cannot be.
    fn seal(&self, list: &str, position: &str) -> Option<Vec<u8>>;

    /// A position that was sealed for this list.
    fn open(&self, list: &str, sealed: &[u8]) -> Option<String>;
}

/// The list that a position belongs to. A position of one list is refused in every other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListOf<'a> {
    pub(crate) vault: &'a VaultName,
    pub(crate) operation: Operation,
    /// The object whose versions are listed.
    pub(crate) object: Option<&'a ObjectName>,
}

impl PageRequest {
    pub(crate) fn parse(query: &Query<'_>, list: ListOf<'_>, seal: &dyn PositionSeal) -> Result<Self, ApiError> {
        let limit = query.maxresults.as_deref().map_or(Ok(MAX_PAGE), parse_limit)?;
        let after = query.skiptoken.as_deref().map(|token| list.position(token, seal)).transpose()?;
        Ok(Self { limit, after })
    }

    /// The page of a list of objects.
    pub(crate) fn of_objects(&self) -> Page<ObjectName> {
        let after = match &self.after {
            Some(Position::Object(name)) => Some(name.clone()),
            Some(Position::Version(_)) | None => None,
        };
        Page { limit: self.limit, after }
    }

    /// The page of a list of versions.
    pub(crate) fn of_versions(&self) -> Page<ObjectVersion> {
        let after = match &self.after {
            Some(Position::Version(version)) => Some(version.clone()),
            Some(Position::Object(_)) | None => None,
        };
        Page { limit: self.limit, after }
    }
}

impl ListOf<'_> {
    /// The token of a position, sealed for its list. It grants nothing. None when it cannot be sealed.
    pub(crate) fn token(&self, position: &Position, seal: &dyn PositionSeal) -> Option<String> {
        let place = match position {
            Position::Object(name) => name.as_str(),
            Position::Version(version) => version.as_str(),
        };
        Some(URL_SAFE_NO_PAD.encode(seal.seal(&self.name(), place)?))
    }

    fn position(&self, token: &str, seal: &dyn PositionSeal) -> Result<Position, ApiError> {
        let refused = || ApiError::bad_parameter("the query parameter $skiptoken has invalid value");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| refused())?;
        let place = seal.open(&self.name(), &bytes).ok_or_else(refused)?;
        match self.object {
            None => place.parse().map(Position::Object).map_err(|_| refused()),
            Some(_) => place.parse().map(Position::Version).map_err(|_| refused()),
        }
    }

    /// No name holds a slash, so the parts cannot run into each other.
    fn name(&self) -> String {
        let object = self.object.map_or("", ObjectName::folded);
        format!("{}/{}/{object}", self.vault, self.operation.row().name)
    }
}

fn parse_limit(text: &str) -> Result<u8, ApiError> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|limit| (1..=MAX_PAGE).contains(limit))
        .ok_or_else(|| ApiError::bad_parameter("the query parameter maxresults must be between 1 and 25"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{OpenSeal, vault};

    fn list<'a>(vault: &'a VaultName, operation: Operation, object: Option<&'a ObjectName>) -> ListOf<'a> {
        ListOf { vault, operation, object }
    }

    proptest! {
        #[test]
        fn tokens_of_objects_come_back(name in "[0-9a-zA-Z-]{1,127}") {
            let (vault, name) = (vault(), name.parse::<ObjectName>().unwrap());
            let list = list(&vault, Operation::SecretList, None);
            let position = list.position(&list.token(&Position::Object(name.clone()), &OpenSeal).unwrap(), &OpenSeal).unwrap();
            let Position::Object(back) = position else { panic!("another kind of position") };
            prop_assert_eq!(back.as_str(), name.as_str());
        }

        #[test]
        fn tokens_of_versions_come_back(bytes in any::<[u8; 16]>()) {
            let (vault, name, version) = (vault(), "db".parse().unwrap(), ObjectVersion::from_bytes(bytes));
            let list = list(&vault, Operation::SecretListVersions, Some(&name));
            let token = list.token(&Position::Version(version.clone()), &OpenSeal).unwrap();
            prop_assert_eq!(list.position(&token, &OpenSeal).unwrap(), Position::Version(version));
        }

        #[test]
        fn anything_else_is_refused(token in "[A-Za-z0-9_-]{0,80}") {
            let vault = vault();
            prop_assert!(list(&vault, Operation::SecretList, None).position(&token, &OpenSeal).is_err());
        }
    }

    #[test]
    fn a_token_of_one_list_is_refused_in_every_other() {
        let (vault, other) = (vault(), "other".parse().unwrap());
        let (db, web): (ObjectName, ObjectName) = ("db".parse().unwrap(), "web".parse().unwrap());
        let position = Position::Object(db.clone());
        let token = list(&vault, Operation::SecretList, None).token(&position, &OpenSeal).unwrap();
        assert!(list(&vault, Operation::SecretList, None).position(&token, &OpenSeal).is_ok());
        assert!(list(&vault, Operation::SecretListDeleted, None).position(&token, &OpenSeal).is_err());
        assert!(list(&vault, Operation::SecretListVersions, Some(&db)).position(&token, &OpenSeal).is_err());
        assert!(list(&other, Operation::SecretList, None).position(&token, &OpenSeal).is_err());
        let version = Position::Version(ObjectVersion::from_bytes([7; 16]));
        let token = list(&vault, Operation::SecretListVersions, Some(&db)).token(&version, &OpenSeal).unwrap();
        assert!(list(&vault, Operation::SecretListVersions, Some(&db)).position(&token, &OpenSeal).is_ok());
        assert!(list(&vault, Operation::SecretListVersions, Some(&web)).position(&token, &OpenSeal).is_err());
    }

    #[test]
    fn a_token_has_one_spelling() {
        let vault = vault();
        let list = list(&vault, Operation::SecretList, None);
        let token = list.token(&Position::Object("db".parse().unwrap()), &OpenSeal).unwrap();
        for other in [format!("{token}="), format!("{token}=="), format!(" {token}"), token.to_lowercase()] {
            assert!(list.position(&other, &OpenSeal).is_err(), "{other}");
        }
    }

    #[test]
    fn a_page_has_1_to_25_items() {
        assert_eq!(parse_limit("1"), Ok(1));
        assert_eq!(parse_limit("25"), Ok(25));
        for text in ["", "0", "26", "-1", "+5", "1.0", "025", "5 ", "a", "99999999999"] {
            assert!(parse_limit(text).is_err(), "{text}");
        }
    }
}
