//! Reads a TOML table key by key, and collects what is wrong instead of stopping at it.

mod mistakes;
mod nearest;
mod quantity;
mod quoted;
mod unique;
mod value;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(crate) use mistakes::{Mistakes, Noted, position};
pub(crate) use nearest::nearest;
pub(crate) use quoted::quoted;
pub(crate) use unique::Unique;
pub(crate) use value::Value;

/// A table that is being read. It remembers which keys were asked for; the others are unknown.
///
/// Every key is to be asked for before the first `?`, so that all mistakes are found and no key is taken for unknown.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    /// Absent for a section that the file leaves out: all its keys have their defaults.
    table: Option<&'a DeTable<'a>>,
    /// Such as `listener[0]`; empty for the whole file.
    path: String,
    /// Where the table begins; the file itself begins nowhere in particular.
    offset: Option<usize>,
    asked: Vec<&'static str>,
    mistakes: &'a Mistakes<'a>,
}

impl<'a> Reader<'a> {
    /// Reads the whole file.
    pub(crate) fn read_root<T>(
        table: &'a DeTable<'a>,
        mistakes: &'a Mistakes<'a>,
        read: impl FnOnce(&mut Self) -> Result<T, Noted>,
    ) -> Result<T, Noted> {
        Self { table: Some(table), path: String::new(), offset: None, asked: Vec::new(), mistakes }.read_all(read)
    }

    /// The value of a key that may be left out.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.asked.push(key);
        let value = self.table?.get(key)?;
        Some(Value::new(value, self.path_of(key), self.mistakes))
    }

    /// The value of a key that must be there; `example` shows a value as it is written in the file.
    pub(crate) fn required(&mut self, key: &'static str, example: &str) -> Result<Value<'a>, Noted> {
        self.optional(key).ok_or_else(|| {
            self.mistakes.note(&self.path_of(key), self.offset, format!("missing; add `{key} = {example}`"))
        })
    }

    /// Replaces a default by the value of a key, if it is there. A wrong value is noted, and the default stays.
    pub(crate) fn set<T>(
        &mut self,
        key: &'static str,
        target: &mut T,
        read: impl FnOnce(&Value<'a>) -> Result<T, Noted>,
    ) {
        if let Some(Ok(value)) = self.optional(key).map(|value| read(&value)) {
            *target = value;
        }
    }

    /// Reads a table that may be left out: then each of its keys is absent.
    pub(crate) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, Noted>,
    ) -> Result<T, Noted> {
        match self.optional(key) {
            Some(value) => value.table(read),
            None => {
                let path = self.path_of(key);
                Reader { table: None, path, offset: self.offset, asked: Vec::new(), mistakes: self.mistakes }
                    .read_all(read)
            }
        }
    }

    /// Reads every table of a list, none if the list is left out.
    pub(crate) fn tables<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Reader<'a>) -> Result<T, Noted>,
    ) -> Result<Vec<T>, Noted> {
        match self.optional(key) {
            Some(value) => {
                value.each(&format!("a list of tables, each under `[[{key}]]`"), |item| item.table(&mut read))
            }
            None => Ok(Vec::new()),
        }
    }

    /// Reads every table of a list that must have one; `example` is the key and value of such a table.
    pub(crate) fn some_tables<T>(
        &mut self,
        key: &'static str,
        example: &str,
        read: impl FnMut(&mut Reader<'a>) -> Result<T, Noted>,
    ) -> Result<Vec<T>, Noted> {
        let list = self.tables(key, read)?;
        if list.is_empty() {
            return Err(self.wrong(Some(key), format!("there must be at least one; add `[[{key}]]` with `{example}`")));
        }
        Ok(list)
    }

    /// Notes a mistake of the table, or of one key in it that may be absent.
    pub(crate) fn wrong(&self, key: Option<&str>, message: String) -> Noted {
        let path = key.map_or_else(|| self.path.clone(), |key| self.path_of(key));
        self.mistakes.note(&path, self.offset, message)
    }

    /// Where the table is.
    pub(crate) fn place(&self) -> String {
        self.mistakes.place(&self.path, self.offset)
    }

    fn read_all<T>(mut self, read: impl FnOnce(&mut Self) -> Result<T, Noted>) -> Result<T, Noted> {
        let result = read(&mut self);
        self.refuse_unknown().and(result)
    }

    fn refuse_unknown(&self) -> Result<(), Noted> {
        let mut refused = Ok(());
        for (key, _) in self.table.into_iter().flatten() {
            let name: &str = key.get_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let present = |known: &&str| self.table.is_some_and(|table| table.contains_key(*known));
            let absent = self.asked.iter().copied().filter(|known| !present(known));
            let advice = match nearest(name, absent) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "remove it, or look up its name in docs/configuration.md".to_owned(),
            };
            let path = self.path_of(&quoted(name));
            refused = Err(self.mistakes.note(&path, Some(key.span().start), format!("unknown key; {advice}")));
        }
        refused
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// What the reader calls the types of TOML.
fn type_name(value: &Spanned<DeValue<'_>>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
