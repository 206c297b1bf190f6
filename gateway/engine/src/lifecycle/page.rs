//! Pages of lists.

/// How many to read for a page, which is one more than it holds: then there is more.
pub(super) fn with_next(limit: u8) -> usize {
    usize::from(limit.max(1)) + 1
}

/// Takes away the item that only shows that there is more. The position to go on from is then the last one left.
pub(super) fn cut<T, P>(items: &mut Vec<T>, limit: u8, position: impl FnOnce(&T) -> P) -> Option<P> {
    let limit = usize::from(limit.max(1));
    if items.len() <= limit {
        return None;
    }
    items.truncate(limit);
    items.last().map(position)
}
