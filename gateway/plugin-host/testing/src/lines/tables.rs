//! Reads DWARF's line tables.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gimli::{Dwarf, EndianSlice, LineProgramHeader, LittleEndian, Unit};

use super::LinesError;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// The sections of debug information of one module, by their names.
pub(super) type DebugSections<'a> = HashMap<&'a str, &'a [u8]>;

/// A line of a plugin's own file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Line {
    /// The file, by the number that it was given.
    pub(super) file: usize,
    /// The line, counted from 1.
    pub(super) line: u64,
}

/// The instructions from one offset up to another, both in the content of the code section, as DWARF for WebAssembly
/// counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
    /// None of what the plugin's author did not write.
    pub(super) line: Option<Line>,
}

/// The spans of a module in their order. `own` gives the number of a file that is the plugin's.
pub(super) fn spans(
    sections: &DebugSections<'_>,
    mut own: impl FnMut(&Path) -> Option<usize>,
) -> Result<Vec<Span>, LinesError> {
    let section = |id: gimli::SectionId| sections.get(id.name()).copied().unwrap_or_default();
    let dwarf = Dwarf::load(|id| Ok::<_, gimli::Error>(EndianSlice::new(section(id), LittleEndian)))?;
    let mut spans = Vec::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        let Some(program) = unit.line_program.clone() else { continue };
        let mut files: HashMap<u64, Option<usize>> = HashMap::new();
        let mut sequence = Vec::new();
        let mut rows = program.rows();
        while let Some((header, row)) = rows.next_row()? {
            if row.end_sequence() {
                close(&mut sequence, row.address(), &mut spans);
                continue;
            }
            let file = row.file_index();
            let file =
                *files.entry(file).or_insert_with(|| path(&dwarf, &unit, header, file).and_then(|path| own(&path)));
            // Line 0, which gimli gives as none, is the compiler's own; what is no statement belongs to another line's.
            let line = file.zip(row.line()).filter(|_| row.is_stmt());
            sequence.push((row.address(), line.map(|(file, line)| Line { file, line: line.get() })));
        }
    }
    spans.sort_unstable();
    Ok(spans)
}

/// One sequence of rows, each of which holds up to the next one. A sequence at 0, where no function can be, is of a
/// function that the linker left out.
fn close(sequence: &mut Vec<(u64, Option<Line>)>, end: u64, spans: &mut Vec<Span>) {
    let rows = std::mem::take(sequence);
    if rows.first().is_none_or(|(start, _)| *start == 0) {
        return;
    }
    let ends = rows.iter().skip(1).map(|(start, _)| *start).chain([end]);
    for ((start, line), end) in rows.iter().copied().zip(ends) {
        if start < end {
            spans.push(Span { start, end, line });
        }
    }
}

/// The path of a file, which is relative to its folder and that to the one in which the compiler ran.
fn path(
    dwarf: &Dwarf<Bytes<'_>>,
    unit: &Unit<Bytes<'_>>,
    header: &LineProgramHeader<Bytes<'_>>,
    file: u64,
) -> Option<PathBuf> {
    let file = header.file(file)?;
    let text = |value| dwarf.attr_string(unit, value).ok().map(|text| text.to_string_lossy().into_owned());
    let mut path = unit.comp_dir.map_or_else(PathBuf::new, |folder| folder.to_string_lossy().into_owned().into());
    path.extend(file.directory(header).and_then(text));
    path.push(text(file.path_name())?);
    Some(path)
}

#[cfg(test)]
mod tests {
    use gimli::write::{Address, DwarfUnit, EndianVec, LineProgram, LineString, Sections};
    use gimli::{Encoding, Format, LineEncoding};

    use super::*;

    /// A row of a sequence: offset from its start, file, line, whether it begins a statement.
    type Row = (u64, &'static str, u64, bool);

    /// Sections as a compiler in `/w` writes them.
    fn compiled(version: u16, sequences: &[(u64, &[Row], u64)]) -> Vec<(&'static str, Vec<u8>)> {
        let encoding = Encoding { format: Format::Dwarf32, version, address_size: 4 };
        let text = |text: &str| LineString::String(text.as_bytes().to_vec());
        let mut program =
            LineProgram::new(encoding, LineEncoding::default(), text("/w"), None, text("src/own.rs"), None);
        for (start, rows, end) in sequences {
            program.begin_sequence(Some(Address::Constant(*start)));
            for (offset, file, line, is_statement) in *rows {
                let folder = program.add_directory(text(file.rsplit_once('/').unwrap().0));
                let file = program.add_file(text(file.rsplit_once('/').unwrap().1), folder, None);
                let row = program.row();
                (row.address_offset, row.file, row.line, row.is_statement) = (*offset, file, *line, *is_statement);
                program.generate_row();
            }
            program.end_sequence(*end);
        }
        let mut dwarf = DwarfUnit::new(encoding);
        dwarf.unit.line_program = program;
        let root = dwarf.unit.root();
        let folder = gimli::write::AttributeValue::String(b"/w".to_vec());
        dwarf.unit.get_mut(root).set(gimli::DW_AT_comp_dir, folder);
        let mut sections = Sections::new(EndianVec::new(LittleEndian));
        dwarf.write(&mut sections).unwrap();
        let mut written = Vec::new();
        sections
            .for_each(|id, bytes| {
                written.push((id.name(), bytes.slice().to_vec()));
                Ok::<_, gimli::Error>(())
            })
            .unwrap();
        written
    }

    fn read(version: u16, sequences: &[(u64, &[Row], u64)]) -> (Vec<Span>, Vec<PathBuf>) {
        let written = compiled(version, sequences);
        let sections = written.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        let mut asked = Vec::new();
        let spans = spans(&sections, |path| {
            asked.push(path.to_owned());
            path.starts_with("/w/src").then_some(3)
        });
        (spans.unwrap(), asked)
    }

    fn span(start: u64, end: u64, line: Option<u64>) -> Span {
        Span { start, end, line: line.map(|line| Line { file: 3, line }) }
    }

    #[test]
    fn each_row_holds_up_to_the_next_one() {
        let late: &[Row] = &[(0, "src/own.rs", 20, true), (6, "/rustc/1/core.rs", 7, true), (9, "src/own.rs", 0, true)];
        let early: &[Row] = &[
            (0, "src/own.rs", 1, true),
            (0, "src/own.rs", 2, true),
            (4, "src/own.rs", 3, false),
            (5, "src/own.rs", 2, true),
        ];
        let of_nothing: &[Row] = &[(0, "src/own.rs", 90, true), (3, "src/own.rs", 91, true)];
        for version in [4, 5] {
            let (spans, asked) = read(version, &[(100, late, 12), (0, of_nothing, 50), (10, early, 8)]);
            let expected = [
                // Line 1 has no instruction, and offset 4 is no statement.
                span(10, 14, Some(2)),
                span(14, 15, None),
                span(15, 18, Some(2)),
                span(100, 106, Some(20)),
                span(106, 109, None),
                span(109, 112, None),
            ];
            assert_eq!(spans, expected, "version {version}");
            assert_eq!(asked, ["/w/src/own.rs", "/rustc/1/core.rs"].map(PathBuf::from), "version {version}");
        }
    }

    #[test]
    fn what_is_no_line_table_is_an_error_and_none_is_none() {
        assert_eq!(spans(&DebugSections::new(), |_| None).unwrap(), []);
        let mut written = compiled(4, &[(10, &[(0, "src/own.rs", 1, true)], 8)]);
        let line = written.iter_mut().find(|(name, _)| *name == ".debug_line").unwrap();
        line.1.truncate(12);
        let sections = written.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        assert!(matches!(spans(&sections, |_| None), Err(LinesError::Tables(_))));
    }
}
