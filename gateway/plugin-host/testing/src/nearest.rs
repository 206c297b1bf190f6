//! The name that somebody probably meant.

/// The known name that is nearest to one that is not known, if one is near.
pub(crate) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::osa_distance(&unknown.to_ascii_lowercase(), &name.to_ascii_lowercase());
    let (distance, name) =
        known.into_iter().map(|name| (distance(name), name)).min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + unknown.len() / 4).then_some(name)
}

/// Words for a name that is not known.
pub(crate) fn did_you_mean<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(unknown, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_misspelt_and_nothing_else() {
        let known = ["source", "settings", "principal"];
        assert_eq!(nearest("sorce", known), Some("source"));
        assert_eq!(nearest("Principle", known), Some("principal"));
        assert_eq!(nearest("colour", known), None);
    }
}
