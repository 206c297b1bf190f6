//! Scopes of role assignments.

use portcullis_model::{ObjectKind, ObjectName, ResourceGroupName, SubscriptionId, VaultName, VaultPath};

/// What a scope looks like, for messages.
pub(super) const EXPECTED: &str = "`/`, or a resource id of a subscription, a resource group, a vault, a secret, a key or a \
    certificate: \
    /subscriptions/<guid>/resourceGroups/<group>/providers/Microsoft.KeyVault/vaults/<vault>/secrets/<secret> \
    or its beginning, or the same with keys/<key> or certificates/<certificate>";

/// A scope in the spelling of the reference. What looks like a scope but is none is refused: it would cover
/// another part of the resources than its writer means, or nothing.
pub(super) fn parse(text: &str) -> Option<String> {
    if text == "/" {
        return Some(text.to_owned());
    }
    let mut segments = text.strip_prefix('/')?.split('/');
    expect(segments.next(), "subscriptions")?;
    let subscription: SubscriptionId = segments.next()?.parse().ok()?;
    let Some(segment) = segments.next() else { return Some(format!("/subscriptions/{subscription}")) };
    expect(Some(segment), "resourceGroups")?;
    let group: ResourceGroupName = segments.next()?.parse().ok()?;
    let Some(segment) = segments.next() else {
        return Some(format!("/subscriptions/{subscription}/resourceGroups/{group}"));
    };
    expect(Some(segment), "providers")?;
    expect(segments.next(), "Microsoft.KeyVault")?;
    expect(segments.next(), "vaults")?;
    let vault: VaultName = segments.next()?.parse().ok()?;
    let path = VaultPath { subscription, group, vault };
    let Some(segment) = segments.next() else { return Some(path.id()) };
    let kind = ObjectKind::of_collection(segment)?;
    let name: ObjectName = segments.next()?.parse().ok()?;
    segments.next().is_none().then(|| object(&path, kind, &name))
}

/// The scope of one object.
pub(super) fn object(vault: &VaultPath, kind: ObjectKind, name: &ObjectName) -> String {
    format!("{}/{}/{name}", vault.id(), kind.collection())
}

fn expect(segment: Option<&str>, name: &str) -> Option<()> {
    segment.filter(|segment| segment.eq_ignore_ascii_case(name)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/Rg/\
        providers/Microsoft.KeyVault/vaults/dev/secrets/Db";

    #[test]
    fn scopes_are_whole_resource_ids() {
        assert_eq!(parse("/").as_deref(), Some("/"));
        for length in [3, 5, 9, 11] {
            let scope = SECRET.split('/').take(length).collect::<Vec<_>>().join("/");
            assert_eq!(parse(&scope).as_deref(), Some(&*scope), "{scope}");
            assert!(parse(&format!("{scope}/")).is_none(), "{scope}/");
        }
        for length in [2, 4, 6, 7, 8, 10] {
            let scope = SECRET.split('/').take(length).collect::<Vec<_>>().join("/");
            assert!(parse(&scope).is_none(), "{scope}");
        }
        for other in ["", "//", "dev", &SECRET[1..], &format!("{SECRET}/x"), &SECRET.replace("secrets", "others")] {
            assert!(parse(other).is_none(), "{other}");
        }
        for collection in ["keys", "certificates"] {
            let scope = SECRET.replace("secrets", collection);
            assert_eq!(parse(&scope).as_deref(), Some(&*scope));
        }
    }

    #[test]
    fn the_spelling_is_the_reference_s() {
        let spelled =
            SECRET.to_ascii_uppercase().replace("/DEV/", "/dev/").replace("/RG/", "/Rg/").replace("/DB", "/Db");
        assert_eq!(parse(&spelled).as_deref(), Some(SECRET));
    }
}
