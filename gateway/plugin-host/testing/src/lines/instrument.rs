//! Makes a component tell which lines it comes past.
//!
//! Everything but the code stays as it is, byte for byte: a module gets one more table at the end of its tables, so no
//! index changes, and loses its debug information, whose offsets would no longer be true. Before each run of
//! instructions of one line, and after each place that a branch may lead to, four instructions are put in that try to
//! grow the table ([`portcullis_plugin_host::Marks`]). They leave the stack, the locals and the memory as they were.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use wasmparser::{BinaryReader, ImportSectionReader, Operator, TypeRef};

use super::binary::{Section, sections, write_length, write_section, write_signed, write_unsigned};
use super::tables::{DebugSections, Line, Span, spans};
use super::{LinesError, Sources};

/// Sections of a module (core specification, section 5.5.2).
mod id {
    pub(super) const CUSTOM: u8 = 0;
    pub(super) const TYPE: u8 = 1;
    pub(super) const IMPORT: u8 = 2;
    pub(super) const FUNCTION: u8 = 3;
    pub(super) const TABLE: u8 = 4;
    pub(super) const CODE: u8 = 10;
    /// Sections of a component that have another module or component.
    pub(super) const MODULE: u8 = 1;
    pub(super) const COMPONENT: u8 = 4;
}

/// A table of functions that has no entry and never gets one.
const TABLE: [u8; 4] = [0x70, 0x01, 0, 0];

/// Components within components that are looked into.
const DEPTH: usize = 16;

/// The files that an error names as examples.
const EXAMPLES: usize = 3;

/// A component that tells which lines it comes past.
#[derive(Debug)]
pub struct Instrumented {
    /// Its bytes.
    pub component: Vec<u8>,
    /// The own files that have code: the whole path, and the path to show.
    pub(super) files: Vec<(PathBuf, PathBuf)>,
    /// The line of each place that it tells of.
    pub(super) places: Vec<Line>,
}

impl Instrumented {
    /// How many places it tells of.
    #[must_use]
    pub fn places(&self) -> usize {
        self.places.len()
    }
}

/// Instruments a component for the lines of a plugin's own sources.
///
/// # Errors
/// When the component has no line tables, or none of these sources, or is malformed.
pub fn instrument(component: &[u8], sources: &Sources) -> Result<Instrumented, LinesError> {
    let mut work = Work { sources, tables: false, files: Files::default(), places: Places::default() };
    let component = work.component(component, DEPTH)?;
    let Work { tables, files, places, .. } = work;
    if !tables {
        return Err(LinesError::NoLineTables);
    }
    if places.all.is_empty() {
        return Err(LinesError::NoOwnLines { folders: sources.folders(), examples: files.foreign });
    }
    Ok(Instrumented { component, files: files.own, places: places.all })
}

struct Work<'a> {
    sources: &'a Sources,
    /// Whether any module had line tables.
    tables: bool,
    files: Files,
    places: Places,
}

/// Files in the order of being met.
#[derive(Default)]
struct Files {
    own: Vec<(PathBuf, PathBuf)>,
    numbers: HashMap<PathBuf, Option<usize>>,
    /// Some that are not own.
    foreign: Vec<PathBuf>,
}

/// The lines that have code, each of which has a number.
#[derive(Default)]
struct Places {
    numbers: HashMap<Line, usize>,
    all: Vec<Line>,
}

impl Files {
    fn number(&mut self, path: &Path, sources: &Sources) -> Option<usize> {
        if let Some(known) = self.numbers.get(path) {
            return *known;
        }
        let number = sources.own(path).map(|names| match self.own.iter().position(|own| *own == names) {
            Some(number) => number,
            None => {
                self.own.push(names);
                self.own.len() - 1
            }
        });
        if number.is_none() && self.foreign.len() < EXAMPLES {
            self.foreign.push(path.to_owned());
        }
        self.numbers.insert(path.to_owned(), number);
        number
    }
}

impl Places {
    fn number(&mut self, line: Line) -> usize {
        *self.numbers.entry(line).or_insert_with(|| {
            self.all.push(line);
            self.all.len() - 1
        })
    }
}

impl Work<'_> {
    fn component(&mut self, bytes: &[u8], depth: usize) -> Result<Vec<u8>, LinesError> {
        let deeper = depth.checked_sub(1).ok_or(LinesError::Shape("its components are nested too deeply"))?;
        let (preamble, sections) = sections(bytes)?;
        let mut out = preamble.to_vec();
        for Section { id, content } in sections {
            match id {
                id::MODULE => write_section(&mut out, id, &self.module(content)?)?,
                id::COMPONENT => write_section(&mut out, id, &self.component(content, deeper)?)?,
                _ => write_section(&mut out, id, content)?,
            }
        }
        Ok(out)
    }

    fn module(&mut self, bytes: &[u8]) -> Result<Vec<u8>, LinesError> {
        let (preamble, sections) = sections(bytes)?;
        let debug = debug_sections(&sections)?;
        if !debug.contains_key(".debug_line") {
            return Ok(bytes.to_vec());
        }
        self.tables = true;
        let spans = spans(&debug, |path| self.files.number(path, self.sources))?;
        let Some(code) = sections.iter().find(|section| section.id == id::CODE) else { return Ok(bytes.to_vec()) };
        let code = self.code(code.content, &spans, count_tables(&sections)?)?;
        with_code(preamble, &sections, &code)
    }

    /// The code section's functions, with what tells put in.
    fn code(&mut self, content: &[u8], spans: &[Span], table: u32) -> Result<Vec<u8>, LinesError> {
        let mut reader = BinaryReader::new(content, 0);
        let functions = reader.read_var_u32()?;
        let mut out = Vec::with_capacity(content.len() + content.len() / 2);
        write_unsigned(&mut out, functions);
        for _ in 0..functions {
            let length = reader.read_var_u32()?;
            let start = reader.original_position();
            let length = usize::try_from(length).map_err(|_| LinesError::Shape("a function is too long"))?;
            let body = self.function(reader.read_bytes(length)?, start, spans, table)?;
            write_length(&mut out, body.len())?;
            out.extend_from_slice(&body);
        }
        Ok(out)
    }

    fn function(&mut self, body: &[u8], start: usize, spans: &[Span], table: u32) -> Result<Vec<u8>, LinesError> {
        let mut out = Vec::with_capacity(body.len());
        let mut copied = 0;
        // The span that is told of already, unless a branch led here past what tells.
        let mut told: Option<&Span> = None;
        let operators = wasmparser::FunctionBody::new(BinaryReader::new(body, start)).get_operators_reader()?;
        for operator in operators.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            match kind(&operator) {
                // What a branch leads to begins after it.
                Kind::Target => told = None,
                Kind::Frame => {}
                Kind::Code => {
                    let span = span_at(spans, offset);
                    if span != told
                        && let Some(line) = span.and_then(|span| span.line)
                    {
                        let until = offset - start;
                        out.extend_from_slice(body.get(copied..until).unwrap_or_default());
                        copied = until;
                        tell(&mut out, self.places.number(line), table)?;
                    }
                    told = span;
                }
            }
        }
        out.extend_from_slice(body.get(copied..).unwrap_or_default());
        Ok(out)
    }
}

/// A module with other code, one more table and no debug information.
fn with_code(preamble: &[u8], sections: &[Section<'_>], code: &[u8]) -> Result<Vec<u8>, LinesError> {
    let mut out = preamble.to_vec();
    let mut table_is_missing = true;
    for Section { id, content } in sections {
        let comes_later = !matches!(*id, id::CUSTOM | id::TYPE | id::IMPORT | id::FUNCTION | id::TABLE);
        if table_is_missing && (comes_later || *id == id::TABLE) {
            write_section(&mut out, id::TABLE, &tables_and_one(if *id == id::TABLE { content } else { &[0] })?)?;
            table_is_missing = false;
        }
        match *id {
            id::TABLE => {}
            id::CUSTOM if custom_name(content)?.starts_with(DEBUG) => {}
            id::CODE => write_section(&mut out, id::CODE, code)?,
            id => write_section(&mut out, id, content)?,
        }
    }
    Ok(out)
}

/// What an instruction is to whoever follows control.
enum Kind {
    /// It does something.
    Code,
    /// It frames others, and control passes it whatever happens.
    Frame,
    /// It frames others, and control may come to what follows it from elsewhere.
    Target,
}

fn kind(operator: &Operator<'_>) -> Kind {
    match operator {
        Operator::Block { .. } | Operator::Loop { .. } | Operator::Try { .. } | Operator::TryTable { .. } => {
            Kind::Frame
        }
        Operator::End | Operator::Else | Operator::Catch { .. } | Operator::CatchAll | Operator::Delegate { .. } => {
            Kind::Target
        }
        _ => Kind::Code,
    }
}

/// The span that an offset is in.
fn span_at(spans: &[Span], offset: usize) -> Option<&Span> {
    let offset = u64::try_from(offset).ok()?;
    let after = spans.partition_point(|span| span.start <= offset);
    spans.get(..after)?.last().filter(|span| offset < span.end)
}

/// `ref.null func`, `i32.const place + 1`, `table.grow`, `drop`.
fn tell(out: &mut Vec<u8>, place: usize, table: u32) -> Result<(), LinesError> {
    let by = place.checked_add(1).and_then(|by| i32::try_from(by).ok());
    out.extend_from_slice(&[0xd0, 0x70, 0x41]);
    write_signed(out, by.ok_or(LinesError::Shape("it has too many lines"))?);
    out.extend_from_slice(&[0xfc, 0x0f]);
    write_unsigned(out, table);
    out.push(0x1a);
    Ok(())
}

/// What the names of sections of debug information begin with.
const DEBUG: &str = ".debug_";

fn custom_name(content: &[u8]) -> Result<&str, LinesError> {
    Ok(BinaryReader::new(content, 0).read_string()?)
}

fn debug_sections<'a>(sections: &[Section<'a>]) -> Result<DebugSections<'a>, LinesError> {
    let mut found = DebugSections::new();
    for section in sections.iter().filter(|section| section.id == id::CUSTOM) {
        let mut reader = BinaryReader::new(section.content, 0);
        let name = reader.read_string()?;
        if name.starts_with(DEBUG) {
            found.insert(name, reader.read_bytes(reader.bytes_remaining())?);
        }
    }
    Ok(found)
}

/// How many tables the module imports and has: the number of the next one.
fn count_tables(sections: &[Section<'_>]) -> Result<u32, LinesError> {
    let mut tables = 0;
    for Section { id, content } in sections {
        let reader = BinaryReader::new(content, 0);
        match *id {
            id::IMPORT => {
                for import in ImportSectionReader::new(reader)?.into_imports() {
                    tables += u32::from(matches!(import?.ty, TypeRef::Table(_)));
                }
            }
            id::TABLE => tables += { reader }.read_var_u32()?,
            _ => {}
        }
    }
    Ok(tables)
}

/// A table section's content with one more table.
fn tables_and_one(content: &[u8]) -> Result<Vec<u8>, LinesError> {
    let mut reader = BinaryReader::new(content, 0);
    let tables = reader.read_var_u32()?.checked_add(1).ok_or(LinesError::Shape("it has too many tables"))?;
    let mut out = Vec::new();
    write_unsigned(&mut out, tables);
    out.extend_from_slice(reader.read_bytes(reader.bytes_remaining())?);
    out.extend_from_slice(&TABLE);
    Ok(out)
}

#[cfg(test)]
mod tests;
