//! What is put in, and that everything else stays.

use wasmparser::Validator;

use super::*;

/// Every kind of control: branches out of blocks and loops, a table of branches, arms, code that nothing reaches, early
/// returns; beside a table that is imported, and elements.
const CONTROL: &str = r#"(module
    (import "shim" "$imports" (table 1 1 funcref))
    (memory 1)
    (global (mut i32) (i32.const 0))
    (func $control (export "control") (param i32) (result i32) (local i64 f32)
        block
            local.get 0
            br_if 0
            loop
                local.get 0
                i32.const 1
                i32.sub
                local.tee 0
                br_if 0
            end
            block
                block
                    local.get 0
                    br_table 0 1 2
                end
                unreachable
            end
            i32.const 7
            return
            nop
            i32.add
            drop
        end
        local.get 0
        if (result i32)
            i32.const 1
        else
            i32.const 2
        end
    )
    (func $long (result i64) i64.const 1234567890123 i64.const -1 i64.mul)
    (elem (i32.const 0) func $control)
)"#;

/// A component around a module, without anything else.
fn around(module: &[u8]) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    write_section(&mut component, id::MODULE, module).unwrap();
    component
}

fn work<'a>(sources: &'a Sources) -> Work<'a> {
    Work { sources, tables: false, files: Files::default(), places: Places::default() }
}

fn code(module: &[u8]) -> &[u8] {
    sections(module).unwrap().1.iter().find(|section| section.id == id::CODE).unwrap().content
}

/// The operators of all functions, as text, with their offsets in the code section.
fn operators(module: &[u8]) -> Vec<(usize, String)> {
    let mut reader = BinaryReader::new(code(module), 0);
    let mut all = Vec::new();
    for _ in 0..reader.read_var_u32().unwrap() {
        let length = reader.read_var_u32().unwrap();
        let start = reader.original_position();
        let body = wasmparser::FunctionBody::new(BinaryReader::new(reader.read_bytes(length as usize).unwrap(), start));
        for operator in body.get_operators_reader().unwrap().into_iter_with_offsets() {
            let (operator, offset) = operator.unwrap();
            all.push((offset, format!("{operator:?}")));
        }
    }
    all
}

/// The module with its code instrumented by these spans.
fn instrumented(module: &[u8], spans: &[Span]) -> Vec<u8> {
    let sources = Sources::new(&[".".into()]).unwrap();
    let (preamble, all) = sections(module).unwrap();
    let code = work(&sources).code(code(module), spans, count_tables(&all).unwrap()).unwrap();
    with_code(preamble, &all, &code).unwrap()
}

/// The operators without what tells by a table, and before which of them it tells of which place.
fn told(module: &[u8], table: u32) -> (Vec<String>, Vec<(usize, i32)>) {
    let grow = format!("TableGrow {{ table: {table} }}");
    let all: Vec<String> = operators(module).into_iter().map(|(_, text)| text).collect();
    let (mut own, mut places, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(text) = all.get(at) {
        if text.starts_with("RefNull") {
            let by =
                all[at + 1].trim_start_matches("I32Const { value: ").trim_end_matches(" }").parse::<i32>().unwrap();
            assert!(all[at + 2] == grow && all[at + 3] == "Drop", "{:?}", &all[at..at + 4]);
            places.push((own.len(), by - 1));
            at += 4;
        } else {
            own.push(text.clone());
            at += 1;
        }
    }
    (own, places)
}

fn line(line: u64) -> Option<Line> {
    Some(Line { file: 0, line })
}

#[test]
fn a_place_before_every_instruction_leaves_a_valid_module_with_the_same_instructions() {
    let module = wat::parse_str(CONTROL).unwrap();
    let before = operators(&module);
    let offsets = before.iter().map(|(offset, _)| *offset as u64);
    let ends = offsets.clone().skip(1).chain([code(&module).len() as u64]);
    let spans: Vec<Span> =
        offsets.zip(ends).zip(1..).map(|((start, end), number)| Span { start, end, line: line(number) }).collect();
    let after = instrumented(&module, &spans);
    Validator::new().validate_all(&module).unwrap();
    Validator::new().validate_all(&after).unwrap();
    let (own, places) = told(&after, 1);
    assert_eq!(own, before.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>());
    let framing = ["Block", "Loop", "End", "Else"];
    let does = own.iter().enumerate().filter(|(_, text)| !framing.iter().any(|frame| text.starts_with(frame)));
    assert_eq!(places.iter().map(|(at, _)| *at).collect::<Vec<_>>(), does.map(|(at, _)| at).collect::<Vec<_>>());
}

#[test]
fn one_line_is_told_again_after_each_place_that_a_branch_may_lead_to() {
    let module = wat::parse_str(CONTROL).unwrap();
    let all = Span { start: 1, end: 10_000, line: line(5) };
    let (own, places) = told(&instrumented(&module, &[all]), 1);
    let before: Vec<String> = places.iter().map(|(at, _)| own[*at].clone()).collect();
    assert!(places.iter().all(|(_, place)| *place == 0), "it is one line: {places:?}");
    let expected = [
        // The function begins, and goes on after the loop, the two inner blocks and the outer one.
        "LocalGet { local_index: 0 }",
        "LocalGet { local_index: 0 }",
        "Unreachable",
        "I32Const { value: 7 }",
        "LocalGet { local_index: 0 }",
        // The arm that is reached by a branch only.
        "I32Const { value: 2 }",
        // The next function.
        "I64Const { value: 1234567890123 }",
    ];
    assert_eq!(before, expected);
}

#[test]
fn what_is_of_no_line_tells_nothing_and_ends_what_came_before() {
    let module = wat::parse_str("(module (func nop nop nop nop))").unwrap();
    let [first, second, third, ..] =
        operators(&module).iter().map(|(offset, _)| *offset as u64).collect::<Vec<_>>()[..]
    else {
        panic!("four instructions");
    };
    let spans = [
        Span { start: first, end: second, line: line(1) },
        Span { start: second, end: third, line: None },
        Span { start: third, end: third + 1, line: line(1) },
    ];
    let sources = Sources::new(&[".".into()]).unwrap();
    let mut work = work(&sources);
    work.code(code(&module), &spans, 1).unwrap();
    assert_eq!(work.places.all, [Line { file: 0, line: 1 }]);
    assert_eq!(told(&instrumented(&module, &spans), 0).1, [(0, 0), (2, 0)]);
}

#[test]
fn modules_without_line_tables_stay_byte_for_byte() {
    let component = around(&wat::parse_str(CONTROL).unwrap());
    let sources = Sources::new(&[".".into()]).unwrap();
    assert_eq!(work(&sources).component(&component, DEPTH).unwrap(), component);
    assert!(matches!(instrument(&component, &sources), Err(LinesError::NoLineTables)));
}

#[test]
fn components_within_components_are_looked_into_up_to_a_depth() {
    let sources = Sources::new(&[".".into()]).unwrap();
    let mut component = around(&wat::parse_str("(module)").unwrap());
    for _ in 1..DEPTH {
        let mut outer = b"\0asm\x0d\0\x01\0".to_vec();
        write_section(&mut outer, id::COMPONENT, &component).unwrap();
        component = outer;
    }
    assert!(matches!(instrument(&component, &sources), Err(LinesError::NoLineTables)));
    let mut outer = b"\0asm\x0d\0\x01\0".to_vec();
    write_section(&mut outer, id::COMPONENT, &component).unwrap();
    assert!(matches!(instrument(&outer, &sources), Err(LinesError::Shape(_))));
}

#[test]
fn lines_of_c_are_those_that_have_code() {
    let component = around(include_bytes!("../../../vectors/branches.wasm"));
    let told = instrument(&component, &Sources::new(&["vectors".into()]).unwrap()).unwrap();
    let source = include_str!("../../../vectors/branches.c");
    let with_code = source.lines().zip(1..).filter(|(text, _)| text.ends_with("// code")).map(|(_, line)| line);
    let mut lines: Vec<u64> = told.places.iter().map(|place| place.line).collect();
    lines.sort_unstable();
    assert_eq!(lines, with_code.collect::<Vec<u64>>());
    assert_eq!(told.files.iter().map(|(_, shown)| shown.as_path()).collect::<Vec<_>>(), [Path::new("branches.c")]);
    Validator::new().validate_all(sections(&told.component).unwrap().1[0].content).unwrap();
}
