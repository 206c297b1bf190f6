//! `docs/reference/wit.md` is what `wit/policy` says. `cargo run` in `tests/wit-reference` writes it anew.

use std::path::Path;

/// The lines of comments and the names of functions, as the interfaces have them.
fn interfaces(folder: &Path) -> (Vec<String>, Vec<String>) {
    let (mut comments, mut functions) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        for line in std::fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
            let line = line.trim();
            if let Some(comment) = line.strip_prefix("///") {
                comments.push(comment.trim().to_owned());
            } else if let Some((name, rest)) = line.split_once(": func") {
                functions.push(format!("{}: func{rest}", name.trim_start_matches('%')));
            }
        }
    }
    (comments, functions)
}

#[test]
fn the_reference_is_what_the_interfaces_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/reference/wit.md")).unwrap();
    let (comments, functions) = interfaces(&root.join("wit/policy"));
    assert!(comments.len() > 150 && functions.len() > 40, "the interfaces were found");
    for said in comments.iter().chain(&functions) {
        assert!(
            page.contains(said.as_str()),
            "docs/reference/wit.md lacks `{said}`: `cargo run` in tests/wit-reference"
        );
    }
    let text = page.lines().skip(3).map(str::trim).filter(|line| {
        let made = ["#", "```", "That of", "- `", "|"].iter().any(|start| line.starts_with(start));
        !line.is_empty() && !made && !line.contains(": func(")
    });
    for line in text {
        assert!(comments.iter().any(|comment| comment == line), "wit/policy does not say `{line}` any more");
    }
}
