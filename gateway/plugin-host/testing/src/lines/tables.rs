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
