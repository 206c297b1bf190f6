//! A value that is being read.

use std::fmt::Display;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use toml::Spanned;
use toml::de::DeValue;

use super::quantity::{duration, show_duration, show_size, size};
use super::{Mistakes, Noted, Reader, nearest, quoted, type_name};

/// A value with the place where it stands. Each reading is the value in the type asked for, or a noted mistake.
#[derive(Debug)]
pub(crate) struct Value<'a> {
    value: &'a Spanned<DeValue<'a>>,
    path: String,
    disclosure: Disclosure,
    mistakes: &'a Mistakes<'a>,
}

/// Whether messages may show a value.
#[derive(Debug, Clone, Copy)]
enum Disclosure {
    Shown,
    Hidden,
}

impl<'a> Value<'a> {
    pub(super) fn new(value: &'a Spanned<DeValue<'a>>, path: String, mistakes: &'a Mistakes<'a>) -> Self {
        Self { value, path, disclosure: Disclosure::Shown, mistakes }
    }

    /// The same value, never shown in a message: where a secret may have been written by mistake.
    pub(crate) fn hidden(self) -> Self {
        Self { disclosure: Disclosure::Hidden, ..self }
    }

    /// The value as TOML has it.
    pub(crate) fn raw(&self) -> &'a DeValue<'a> {
        self.value.get_ref()
    }

    /// Where it is.
    pub(crate) fn place(&self) -> String {
        self.mistakes.place(&self.path, Some(self.value.span().start))
    }

    /// Notes a mistake of it.
    pub(crate) fn wrong(&self, message: String) -> Noted {
        self.mistakes.note(&self.path, Some(self.value.span().start), message)
    }

    /// A text.
    pub(crate) fn text(&self) -> Result<&'a str, Noted> {
        self.raw().as_str().ok_or_else(|| self.mistyped("a text in quotes"))
    }

    /// A text for people: not empty, at most 256 characters, no control characters.
    pub(crate) fn label(&self) -> Result<&'a str, Noted> {
        let text = self.text()?;
        let fits = !text.trim().is_empty() && text.chars().count() <= 256 && !text.contains(char::is_control);
        if fits {
            Ok(text)
        } else {
            Err(self.wrong("must have 1 to 256 characters, none of them a control character".to_owned()))
        }
    }

    /// A text in the form of a type.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self) -> Result<T, Noted> {
        let text = self.text()?;
        text.parse().map_err(|error| self.wrong(format!("{} cannot be used: {error}", self.shown(text))))
    }

    /// A text in a form for which `expected` stands in the message.
    pub(crate) fn parsed_with<T>(&self, expected: &str, parse: impl FnOnce(&'a str) -> Option<T>) -> Result<T, Noted> {
        let text = self.text()?;
        parse(text).ok_or_else(|| self.wrong(format!("{} is not {expected}", self.shown(text))))
    }

    /// One of a few words.
    pub(crate) fn one_of<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, Noted> {
        let text = self.text()?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(*value);
        }
        let all: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        let hint = nearest(text, words.iter().map(|(word, _)| *word));
        let hint = hint.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
        Err(self.wrong(format!("{} is not one of {}{hint}", self.shown(text), all.join(", "))))
    }

    /// A prefix of addresses; a single address is a prefix of its full length.
    pub(crate) fn prefix(&self) -> Result<IpNet, Noted> {
        let expected = "a prefix or an address, such as `10.1.0.0/16`, `2001:db8::/32` or `198.51.100.7`";
        let parse = |text: &str| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
        let prefix: IpNet = self.parsed_with(expected, parse)?;
        let truncated = prefix.trunc();
        if prefix != truncated {
            return Err(self.wrong(format!("`{prefix}` has bits set behind its prefix; write `{truncated}`")));
        }
        // Clients' addresses are written as IPv4, so a rule in this spelling would never match.
        if let IpNet::V6(mapped) = prefix
            && let (Some(address), Some(length)) = (mapped.addr().to_ipv4_mapped(), mapped.prefix_len().checked_sub(96))
        {
            return Err(self.wrong(format!("`{prefix}` is IPv4 written as IPv6; write `{address}/{length}`")));
        }
        Ok(prefix)
    }

    /// The path of a file or folder; a relative one is meant from `folder`.
    pub(crate) fn path(&self, folder: &Path) -> Result<PathBuf, Noted> {
        match self.text()? {
            "" => Err(self.wrong("must not be empty; write a path".to_owned())),
            text if text.contains('\0') => Err(self.wrong("a path cannot have a NUL character".to_owned())),
            text => Ok(folder.join(text)),
        }
    }

    /// True or false.
    pub(crate) fn flag(&self) -> Result<bool, Noted> {
        self.raw().as_bool().ok_or_else(|| self.mistyped("true or false, without quotes"))
    }

    /// An integer from `least` to `most`.
    pub(crate) fn integer<T>(&self, least: T, most: T) -> Result<T, Noted>
    where
        T: TryFrom<u64> + PartialOrd + Display + Copy,
    {
        let DeValue::Integer(integer) = self.raw() else {
            return Err(self.mistyped("an integer without quotes"));
        };
        let number =
            u64::from_str_radix(integer.as_str(), integer.radix()).ok().and_then(|number| T::try_from(number).ok());
        number
            .filter(|number| (&least..=&most).contains(&number))
            .ok_or_else(|| self.wrong(format!("{integer} is out of bounds; choose an integer from {least} to {most}")))
    }

    /// A duration from `least` to `most`.
    pub(crate) fn duration(&self, least: Duration, most: Duration) -> Result<Duration, Noted> {
        let value = self.parsed_with("a duration: an integer with `ms`, `s`, `m` or `h`, such as `10s`", duration)?;
        if (least..=most).contains(&value) {
            return Ok(value);
        }
        let [value, least, most] = [value, least, most].map(show_duration);
        Err(self.wrong(format!("`{value}` is out of bounds; choose a duration from `{least}` to `{most}`")))
    }

    /// A size in bytes from `least` to `most`: an integer, or a text such as `64KiB`.
    pub(crate) fn size<T>(&self, least: T, most: T) -> Result<T, Noted>
    where
        T: TryFrom<u64> + PartialOrd + Copy,
        u64: TryFrom<T>,
    {
        let expected = "a size: an integer of bytes, or one with `KiB`, `MiB` or `GiB` in quotes, such as `64KiB`";
        let bytes = match self.raw() {
            DeValue::Integer(integer) => u64::from_str_radix(integer.as_str(), integer.radix()).ok(),
            DeValue::String(text) => {
                Some(size(text).ok_or_else(|| self.wrong(format!("{} is not {expected}", self.shown(text))))?)
            }
            _ => return Err(self.mistyped(expected)),
        };
        let fitting = bytes.and_then(|bytes| T::try_from(bytes).ok()).filter(|bytes| (least..=most).contains(bytes));
        fitting.ok_or_else(|| {
            let [least, most] = [least, most].map(|bound| u64::try_from(bound).map(show_size).unwrap_or_default());
            self.wrong(format!("the size is out of bounds; choose one from {least} to {most}"))
        })
    }

    /// A table, every key of which `read` asks for.
    pub(crate) fn table<T>(&self, read: impl FnOnce(&mut Reader<'a>) -> Result<T, Noted>) -> Result<T, Noted> {
        let DeValue::Table(table) = self.raw() else { return Err(self.mistyped("a table")) };
        let (path, offset) = (self.path.clone(), Some(self.value.span().start));
        Reader { table: Some(table), path, offset, asked: Vec::new(), mistakes: self.mistakes }.read_all(read)
    }

    /// A list, each item of which is read, also behind a wrong one. `expected` stands in the message if it is none.
    pub(crate) fn each<T>(
        &self,
        expected: &str,
        mut read: impl FnMut(&Value<'a>) -> Result<T, Noted>,
    ) -> Result<Vec<T>, Noted> {
        let DeValue::Array(items) = self.raw() else { return Err(self.mistyped(expected)) };
        let values = items.iter().enumerate();
        let values = values.map(|(index, item)| Value::new(item, format!("{}[{index}]", self.path), self.mistakes));
        // First all, then the first failure: collecting into a result at once would stop there.
        let read: Vec<Result<T, Noted>> = values.map(|value| read(&value)).collect();
        read.into_iter().collect()
    }

    fn shown(&self, text: &str) -> String {
        match self.disclosure {
            Disclosure::Shown => quoted(text),
            Disclosure::Hidden => "the value".to_owned(),
        }
    }

    fn mistyped(&self, expected: &str) -> Noted {
        self.wrong(format!("expected {expected}, found {}", type_name(self.value)))
    }
}
