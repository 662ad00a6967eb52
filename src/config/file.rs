//! Reads one TOML text: what it sets, on which line, and everything that is wrong with it.

use super::fields::{FIELDS, Field, all_sections, field};
use super::keys::ACTIONS;
use super::problems::{Fault, Origin, Problem};
use std::ops::Range;
use std::path::Path;
use toml_edit::{Document, Item, Key};

/// A checked value and where it stands.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) field: &'static Field,
    pub(super) value: toml::Value,
    pub(super) origin: Origin,
}

/// What `text`, read from `path`, sets. Problems are collected, in the order of the text; only broken TOML ends the reading.
pub(super) fn read(text: &str, path: &Path, settings: &mut Vec<Setting>, problems: &mut Vec<Problem>) {
    let mut reader = Reader { text, path, settings, problems };
    match Document::parse(text) {
        Ok(document) => reader.document(&document),
        Err(error) => {
            let message = error.message().replace('\n', "; ");
            let start = error.span().map_or(0, |span| span.start);
            let line_start = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
            let line =
                text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim().to_owned();
            reader.problem(error.span(), Fault::Syntax { message, line });
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
    settings: &'a mut Vec<Setting>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn document(&mut self, document: &Document<&str>) {
        let before = self.problems.len();
        for (name, item) in document.iter() {
            let span = span(document.key(name), item);
            let Some(section) = all_sections().find(|section| *section == name) else {
                let alone = item.is_value() && !item.is_inline_table();
                self.problem(span, if alone { Fault::without_section(name) } else { Fault::unknown_section(name) });
                continue;
            };
            let Some(table) = item.as_table_like() else {
                let mut all = FIELDS.iter().chain(ACTIONS);
                let example = all.find(|field| field.section() == section).map_or("key", Field::name);
                self.problem(span, Fault::NotASection { name: section, example });
                continue;
            };
            for (name, item) in table.iter() {
                self.setting(section, name, table.key(name), item);
            }
        }
        // The document's order is by first mention of a section; people read from top to bottom.
        self.problems[before..].sort_by_key(|problem| match problem.origin {
            Origin::File { line, .. } => line,
            _ => 0,
        });
    }

    fn setting(&mut self, section: &str, name: &str, key: Option<&Key>, item: &Item) {
        let span = span(key, item);
        let Some(field) = field(&format!("{section}.{name}")) else {
            self.problem(span, Fault::unknown_key(section, name));
            return;
        };
        let Some(given) = item.as_value() else {
            let trouble = super::fields::Trouble::Type { found: item.type_name() };
            self.problem(span, Fault::value(field, "[…]".to_owned(), &trouble));
            return;
        };
        match field.check(given) {
            Ok(value) => {
                let origin = self.origin(span);
                self.settings.push(Setting { field, value, origin });
            }
            Err(trouble) => {
                let written = given.span().and_then(|span| self.text.get(span)).unwrap_or("…");
                let written = written.lines().map(str::trim).collect::<Vec<_>>().join(" ");
                self.problem(span, Fault::value(field, written, &trouble));
            }
        }
    }

    fn problem(&mut self, span: Option<Range<usize>>, fault: Fault) {
        let origin = self.origin(span);
        self.problems.push(Problem { origin, fault });
    }

    fn origin(&self, span: Option<Range<usize>>) -> Origin {
        let before = self.text.get(..span.map_or(0, |span| span.start)).unwrap_or(self.text);
        let line = 1 + before.matches('\n').count();
        Origin::File { path: self.path.to_owned(), line }
    }
}

/// Where a setting stands: at its key, else at its value.
fn span(key: Option<&Key>, item: &Item) -> Option<Range<usize>> {
    key.and_then(Key::span).or_else(|| item.span())
}
