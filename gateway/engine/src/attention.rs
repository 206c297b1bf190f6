//! Objects that the service looks at when their time has come: keys that are due for rotation or a notice.

use portcullis_model::{ObjectKind, UnixTime};

use crate::keys::KeyWhole;
use crate::record::Head;

/// When an object is to be looked at, as its head says; `None` if never. A head that cannot be read says nothing here
/// and is refused where it is used.
pub(crate) fn attention_time(kind: ObjectKind, head: &Head) -> Option<UnixTime> {
    match kind {
        ObjectKind::Secret => None,
        ObjectKind::Key => KeyWhole::of(head).ok()?.due(head),
    }
}
