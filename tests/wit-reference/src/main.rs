//! Writes `docs/reference/wit.md` from the comments in `wit/policy`: `cargo run` in this folder. A test of the plugin host
//! compares the two.

use std::fmt::Write as _;
use std::path::Path;

use wit_parser::{Docs, Function, Interface, Resolve, Type, TypeDef, TypeDefKind, TypeOwner};

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::write(root.join("docs/reference/wit.md"), reference(&root.join("wit/policy")))
}

fn reference(folder: &Path) -> String {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder).expect("the interfaces can be read");
    let package = &resolve.packages[package];
    let mut page = format!(
        "# {}\n\nGenerated from the comments in `wit/policy`; see `wit/README.md` for what a hook may assume and what may change.\n",
        package.name
    );
    let mut interfaces: Vec<_> = package.interfaces.iter().collect();
    interfaces.sort();
    for (name, interface) in interfaces {
        of_interface(&resolve, name, &resolve.interfaces[*interface], &mut page);
    }
    let mut worlds: Vec<_> = package.worlds.iter().collect();
    worlds.sort();
    page.push_str("\n## Worlds\n");
    for (name, world) in worlds {
        let _ = write!(page, "\n### {name}\n\n{}", text(&resolve.worlds[*world].docs));
    }
    page
}

fn of_interface(resolve: &Resolve, name: &str, interface: &Interface, page: &mut String) {
    let _ = write!(page, "\n## {name}\n\n{}", text(&interface.docs));
    for (name, id) in &interface.types {
        of_type(resolve, name, &resolve.types[*id], page);
    }
    for function in interface.functions.values() {
        let _ = write!(
            page,
            "\n### {}\n\n```wit\n{}\n```\n\n{}",
            function.name,
            signature(resolve, function),
            text(&function.docs)
        );
    }
}

fn of_type(resolve: &Resolve, name: &str, kind: &TypeDef, page: &mut String) {
    let members: Vec<(String, &Docs)> = match &kind.kind {
        TypeDefKind::Record(record) => {
            let field = |field: &wit_parser::Field| format!("{}: {}", field.name, shown(resolve, &field.ty));
            record.fields.iter().map(|it| (field(it), &it.docs)).collect()
        }
        TypeDefKind::Variant(variant) => {
            let case = |case: &wit_parser::Case| match &case.ty {
                Some(inner) => format!("{}({})", case.name, shown(resolve, inner)),
                None => case.name.clone(),
            };
            variant.cases.iter().map(|it| (case(it), &it.docs)).collect()
        }
        TypeDefKind::Enum(kind) => kind.cases.iter().map(|case| (case.name.clone(), &case.docs)).collect(),
        TypeDefKind::Flags(flags) => flags.flags.iter().map(|flag| (flag.name.clone(), &flag.docs)).collect(),
        TypeDefKind::Type(Type::Id(of)) => {
            let TypeOwner::Interface(owner) = resolve.types[*of].owner else { return };
            let owner = resolve.interfaces[owner].name.as_deref().unwrap_or_default();
            let _ = write!(page, "\n### {name}\n\nThat of `{owner}`.\n");
            return;
        }
        other => panic!("the generator does not know {}", other.as_str()),
    };
    let _ = write!(page, "\n### {} {name}\n\n{}", kind.kind.as_str(), text(&kind.docs));
    page.push('\n');
    for (member, docs) in members {
        let docs = text(docs);
        let docs = docs.trim_end().replace('\n', "\n  ");
        let _ = if docs.is_empty() { writeln!(page, "- `{member}`") } else { writeln!(page, "- `{member}`: {docs}") };
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters: Vec<_> =
        function.params.iter().map(|it| format!("{}: {}", it.name, shown(resolve, &it.ty))).collect();
    let result = function.result.map(|it| format!(" -> {}", shown(resolve, &it))).unwrap_or_default();
    format!("{}: func({}){result};", function.name, parameters.join(", "))
}

fn shown(resolve: &Resolve, kind: &Type) -> String {
    match kind {
        Type::Bool => "bool".to_owned(),
        Type::U16 => "u16".to_owned(),
        Type::S16 => "s16".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::S64 => "s64".to_owned(),
        Type::String => "string".to_owned(),
        Type::Id(id) => {
            let of = &resolve.types[*id];
            match (&of.name, &of.kind) {
                (Some(name), _) => name.clone(),
                (None, TypeDefKind::Option(inner)) => format!("option<{}>", shown(resolve, inner)),
                (None, TypeDefKind::List(inner)) => format!("list<{}>", shown(resolve, inner)),
                (None, other) => panic!("the generator does not know {}", other.as_str()),
            }
        }
        other => panic!("the generator does not know {other:?}"),
    }
}

fn text(docs: &Docs) -> String {
    docs.contents.as_deref().map(|text| format!("{}\n", text.trim_end())).unwrap_or_default()
}
