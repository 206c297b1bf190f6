//! Pages of lists of vaults: `$top`, and `$skiptoken`, which is the name of the last vault of the page before. Vaults
//! that come and go between two pages neither repeat others nor hide them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis_model::management::VaultDescription;
use portcullis_model::{Operation, VaultName};
use serde::Serialize;

use super::route::ManagementRouted;
use crate::query::Query;
use crate::{ApiError, ErrorCode, Hosts};

/// The greatest number of vaults on a page that is asked for by number.
const MOST: usize = 1_000;

/// Which page of a list of vaults is asked for; without a number all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VaultPage {
    most: Option<usize>,
    after: Option<VaultName>,
}

impl VaultPage {
    /// The page of a request. Other lists have one page, and their requests say nothing of it.
    pub(super) fn parse(query: &Query<'_>, operation: Operation) -> Result<Self, ApiError> {
        if !matches!(operation, Operation::VaultList | Operation::ResourceList) {
            return Ok(Self::default());
        }
        let refused = |what: &str| ApiError::new(ErrorCode::BadRequest, format!("the query parameter {what}"));
        let most = query.top.as_deref().map(|text| {
            let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
            number.ok_or_else(|| refused(&format!("$top has invalid value: it is 1 to {MOST}")))
        });
        let after = query.skiptoken.as_deref().map(|text| {
            text.parse().map_err(|_| refused("$skiptoken has invalid value: take it from a nextLink, as it is"))
        });
        Ok(Self { most: most.transpose()?, after: after.transpose()? })
    }

    /// The vaults on the page, of a list in the order of their names, and the link to the next one if there is one.
    pub(super) fn cut<'v>(
        &self,
        vaults: &'v [VaultDescription],
        hosts: &Hosts,
        routed: &ManagementRouted,
    ) -> (&'v [VaultDescription], Option<String>) {
        let begins = self.after.as_ref().map_or(0, |after| vaults.partition_point(|it| it.path.vault <= *after));
        let rest = vaults.get(begins..).unwrap_or_default();
        let Some((page, more)) = self.most.and_then(|most| rest.split_at_checked(most)) else { return (rest, None) };
        let next = page.last().filter(|_| !more.is_empty());
        (page, next.map(|last| self.link(&last.path.vault, hosts, routed)))
    }

    fn link(&self, last: &VaultName, hosts: &Hosts, routed: &ManagementRouted) -> String {
        use std::fmt::Write as _;
        let list = match routed.operation {
            Operation::ResourceList => "resources",
            _ => "providers/Microsoft.KeyVault/vaults",
        };
        let (place, version) = (routed.target.path().id(), routed.api_version.as_str());
        let mut link = format!("{}{place}/{list}?api-version={version}&$skiptoken={last}", hosts.management_url());
        // Writing to a String cannot fail. Clients follow the link as it is, so it asks for what was asked for.
        if let Some(most) = self.most {
            let _ = write!(link, "&$top={most}");
        }
        if let Some(filter) = &routed.filter {
            let _ = write!(link, "&$filter={}", utf8_percent_encode(filter, NON_ALPHANUMERIC));
        }
        link
    }
}

/// A page as it is told.
#[derive(Debug, Serialize)]
pub(super) struct PageAnswer<T> {
    pub(super) value: Vec<T>,
    #[serde(rename = "nextLink", skip_serializing_if = "Option::is_none")]
    pub(super) next_link: Option<String>,
}
