//! Pages of lists.

/// A page of a list: at most `limit` items after a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<P> {
    /// 1 to 25.
    pub limit: u8,
    /// The last item of the page before; absent for the first page.
    pub after: Option<P>,
}

/// A page of what a list holds.
#[derive(Debug)]
pub struct Listed<T, P> {
    /// The items.
    pub items: Vec<T>,
    /// The position to go on from, if there may be more.
    pub next: Option<P>,
}

impl<P> Page<P> {
    /// Puts no more items on the page.
    pub fn cap(&mut self, items: u8) {
        self.limit = self.limit.min(items.max(1));
    }
}
