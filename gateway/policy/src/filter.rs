//! Leaving out of a list what the caller may not read (`filter-list`).
//!
//! Each item is judged as the request that would read it, by the very evaluation that such a request meets, and is left
//! out whatever refuses it. What is left out shall not show, so a page is filled from what follows, within a bound on
//! what is judged for one request; beyond that bound a page is shorter than what was asked for.

use std::sync::Arc;

use portcullis_model::{Call, ListItem, Listing, Lists, Operation, Outcome};

use crate::decide::{Conclusion, not_judged, token_refuses};
use crate::facts::ItemFacts;
use crate::{
    Creditor, Decision, Denial, Denied, Evaluation, Facts, Failure, Grant, ObjectFacts, Obligations, OtherOperation,
    Permitted, Policy,
};

/// The items that are judged at most for one request.
const JUDGED: u8 = 100;
/// The items about which a plugin may take too long before no more are judged. Whoever can make objects that a plugin is
/// slow about would hold up who lists them once for each, and bring the plugin into quarantine for him.
const LATE: u8 = 2;
/// The items that are read at once (Azure's own bound of a page).
const PAGE: u8 = 25;

/// A list that is being filtered.
#[derive(Debug)]
pub(crate) struct Filter {
    grant: Grant,
    listing: Listing,
    reading: Operation,
    /// The items that the answer may have.
    room: usize,
    /// The items that were asked for last.
    asked: u8,
    /// The items that may still be judged.
    left: u8,
    /// What may be told by now.
    told: Option<Outcome>,
    /// Whether the token's restrictions are too costly to evaluate, as they would be for every item.
    exhausted: bool,
    /// The items about which a plugin took too long.
    late: u8,
}

/// How far a list has been filtered.
#[derive(Debug)]
pub(crate) enum Filtered {
    /// As far as it is told.
    Whole(Outcome),
    /// There is room for more, which this call reads.
    GoOn(Permitted<Call>, Box<Filter>),
}

/// What came of judging an item of a list as the request that would read it.
#[derive(Debug)]
pub struct JudgedItem {
    /// The request that would read it.
    pub facts: Arc<Facts>,
    /// That it may be made, or why the item is left out.
    pub result: Result<Conclusion, Box<Denied>>,
}

impl Filter {
    /// The filter of a permitted call, if one is demanded and there is something to be filtered.
    pub(crate) fn demanded(grant: &Grant, call: &Call) -> Result<Option<Box<Self>>, OtherOperation> {
        if !grant.obligations().filter_list {
            return Ok(None);
        }
        let reading = match call.operation().lists() {
            Lists::Nothing => return Ok(None),
            Lists::Objects(reading) => reading,
            Lists::Others => return Err(OtherOperation),
        };
        let (listing, limit) = call.listing().ok_or(OtherOperation)?;
        let asked = limit.max(1);
        Ok(Some(Box::new(Self {
            grant: grant.clone(),
            listing,
            reading,
            room: usize::from(asked),
            asked,
            left: JUDGED,
            told: None,
            exhausted: false,
            late: 0,
        })))
    }

    /// Takes a page of the list. What items oblige to that are told is added to the obligations of the list.
    pub(crate) async fn take(
        mut self: Box<Self>,
        policy: &Policy,
        mut outcome: Outcome,
        obligations: &mut Obligations,
        creditor: &mut impl Creditor,
    ) -> Result<Filtered, OtherOperation> {
        let items = self.items(&mut outcome)?;
        let before = self.told.as_mut().and_then(Outcome::object_page).map_or(0, |page| page.len());
        let (mut found, mut kept) = (before, Vec::with_capacity(items.len()));
        for facts in items {
            // One more than there is room for shows that the list goes on.
            if found > self.room {
                break;
            }
            let result = self.judge(policy, &facts).await;
            kept.push(result.is_ok());
            if let Ok(conclusion) = &result {
                found += 1;
                if found <= self.room {
                    obligations.add_all(&conclusion.obligations);
                }
            }
            creditor.judged(&JudgedItem { facts, result });
        }
        outcome.object_page().ok_or(OtherOperation)?.keep(&kept);
        self.left = self.left.saturating_sub(self.asked);
        self.go_on(outcome)
    }

    /// Puts a page behind those before it, and says whether there is more to read.
    fn go_on(mut self: Box<Self>, outcome: Outcome) -> Result<Filtered, OtherOperation> {
        let mut told = match self.told.take() {
            None => outcome,
            Some(mut told) => {
                told.append_page(outcome).map_err(|_| OtherOperation)?;
                told
            }
        };
        let page = told.object_page().ok_or(OtherOperation)?;
        let full = page.len() > self.room;
        page.cut(self.room);
        let Some(position) = page.position().filter(|_| !full && self.left > 0) else {
            return Ok(Filtered::Whole(told));
        };
        self.asked = PAGE.min(self.left);
        let call = self.listing.after(position, self.asked).ok_or(OtherOperation)?;
        let permit = Permitted::new(call, self.grant.clone());
        self.told = Some(told);
        Ok(Filtered::GoOn(permit, self))
    }

    /// The requests that would read the items of a page.
    fn items(&self, outcome: &mut Outcome) -> Result<Vec<Arc<Facts>>, OtherOperation> {
        let page = outcome.object_page().ok_or(OtherOperation)?;
        let reading = |item: &dyn ListItem| ItemFacts {
            reading: self.reading,
            kind: self.listing.kind(),
            name: item.name().clone(),
            version: matches!(self.listing, Listing::Versions(..)).then(|| item.version().clone()),
            object: ObjectFacts::of(item),
        };
        let items = (0..page.len()).filter_map(|at| page.item(at)).map(reading);
        Ok(items.map(|item| Arc::new(self.grant.facts().reading(item))).collect())
    }

    async fn judge(&mut self, policy: &Policy, facts: &Arc<Facts>) -> Result<Conclusion, Box<Denied>> {
        if self.exhausted {
            return Err(token_refuses(Denial::TokenExhausted, Vec::new()));
        }
        if self.late >= LATE {
            return Err(not_judged());
        }
        let result = policy.judge(facts).await;
        let evaluations = match &result {
            Ok(conclusion) => &conclusion.evaluations,
            Err(denied) => &denied.evaluations,
        };
        // One that only reports costs the time as well.
        let late = |one: &Evaluation| matches!(one.decision, Decision::Failed(Failure::TimedOut(_)));
        self.late += u8::from(evaluations.iter().any(late));
        self.exhausted = matches!(&result, Err(denied) if denied.denial == Denial::TokenExhausted);
        result
    }
}

#[cfg(test)]
mod tests;
