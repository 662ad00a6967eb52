//! Holds the code to the house as `docs/ARCHITECTURE.md` draws it: who may use whom, and which crates stand where.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// No file is longer than one reads at a sitting.
const LINES: usize = 600;

/// What the two tables of the map say.
struct House {
    /// Module → those that it may use.
    may_use: BTreeMap<String, BTreeSet<String>>,
    /// Crate (or `unsafe`) → the modules that alone may name it.
    only_in: BTreeMap<String, BTreeSet<String>>,
}

impl House {
    fn read() -> Self {
        let map = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
        let rows = |header: &str| -> Vec<[BTreeSet<String>; 2]> {
            let table = map.lines().skip_while(|line| *line != header).skip(2);
            let rows: Vec<_> = table.take_while(|line| line.starts_with('|')).map(cells).collect();
            assert!(!rows.is_empty(), "docs/ARCHITECTURE.md has no table with the header {header}");
            rows
        };
        let may_use = rows("| module | may use |")
            .into_iter()
            .flat_map(|[modules, used]| modules.into_iter().map(move |module| (module, used.clone())));
        let only_in = rows("| only here | crates, and `unsafe` |")
            .into_iter()
            .flat_map(|[modules, crates]| crates.into_iter().map(move |name| (name, modules.clone())));
        Self { may_use: may_use.collect(), only_in: only_in.collect() }
    }

    /// What is wrong with a file, a line each.
    fn faults(&self, file: &SourceFile) -> Vec<String> {
        let mut faults = Vec::new();
        let module = file.module();
        for Use { line, what, of } in file.uses(&self.only_in) {
            let fault = match of {
                Kind::Module if module == "lib" || what == module => continue,
                Kind::Module => match self.may_use.get(&module) {
                    Some(allowed) if allowed.contains(&what) => continue,
                    Some(allowed) => format!("`{module}` may not use `{what}`, only {allowed:?}"),
                    None => format!("`{module}` is not on the map"),
                },
                Kind::Crate => match self.only_in.get(&what) {
                    Some(modules) if !modules.iter().any(|allowed| file.is_in(allowed)) => {
                        format!("`{what}` may stand only in {modules:?}")
                    }
                    _ => continue,
                },
            };
            faults.push(format!("{}:{line}: {fault}", file.path.display()));
        }
        faults
    }
}

/// The names in backquotes of a row's two cells.
fn cells(row: &str) -> [BTreeSet<String>; 2] {
    let mut cells = row.trim_matches('|').split('|').map(|cell| {
        let names = cell.split('`').skip(1).step_by(2);
        names.map(str::to_owned).collect()
    });
    [cells.next().unwrap_or_default(), cells.next().unwrap_or_default()]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Module,
    Crate,
}

#[derive(Clone, Debug, PartialEq)]
struct Use {
    line: usize,
    what: String,
    of: Kind,
}

/// A source file, by its path below `src/`.
struct SourceFile {
    path: PathBuf,
    text: String,
}

impl SourceFile {
    /// `tui` of `tui/mod.rs` and `tui/keys/table.rs`; `metrics` of `metrics.rs`.
    fn module(&self) -> String {
        let first = self.path.components().next().unwrap();
        Path::new(&first).file_stem().unwrap().to_string_lossy().into_owned()
    }

    /// Whether the file belongs to `tui`, or, where a path is given, begins with it: `session/worker`.
    fn is_in(&self, module: &str) -> bool {
        let path = self.path.to_string_lossy();
        path.strip_prefix(module).is_some_and(|rest| module.contains('/') || rest.starts_with(['/', '.']))
    }

    /// How many `super::` lead from the file to the crate's root.
    fn depth(&self) -> usize {
        match self.path.file_name().unwrap().to_str().unwrap() {
            "lib.rs" | "main.rs" => 0,
            "mod.rs" => self.path.components().count() - 1,
            _ => self.path.components().count(),
        }
    }

    /// Every use of another module, however it is spelt (`crate::a`, `use crate::{a, b}`, `super::super::a`, the program's
    /// `alexnet_tui::a`, in macros too), and every one of the `crates`. Comments and texts don't count.
    fn uses(&self, crates: &BTreeMap<String, BTreeSet<String>>) -> Vec<Use> {
        let tokens = self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
        let mut uses = Vec::new();
        find_uses(tokens, self.depth(), crates, &mut uses);
        uses
    }
}

fn find_uses(tokens: TokenStream, depth: usize, crates: &BTreeMap<String, BTreeSet<String>>, uses: &mut Vec<Use>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        let in_a_path = at >= 2 && is_colons(&tokens, at - 2);
        match &tokens[at] {
            TokenTree::Group(group) => {
                let inline_module = at >= 2
                    && group.delimiter() == Delimiter::Brace
                    && matches!(&tokens[at - 2], TokenTree::Ident(word) if word == "mod");
                find_uses(group.stream(), depth + usize::from(inline_module), crates, uses);
            }
            TokenTree::Ident(word) if !in_a_path => {
                let name = word.to_string();
                let is_path = is_colons(&tokens, at + 1);
                let is_imported = at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(before) if before == "use");
                if name == "unsafe" || (crates.contains_key(&name) && (is_path || is_imported)) {
                    uses.push(Use { line: line_of(word), what: name, of: Kind::Crate });
                } else if is_path && (name == "crate" || name == "alexnet_tui") {
                    add_heads(tokens.get(at + 3), uses);
                } else if name == "super" {
                    let mut climbed = 1;
                    while is_colons(&tokens, at + 1)
                        && matches!(tokens.get(at + 3), Some(TokenTree::Ident(next)) if next == "super")
                    {
                        at += 3;
                        climbed += 1;
                    }
                    if climbed >= depth {
                        add_heads(tokens.get(at + 3), uses);
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The modules that a path names right below the crate's root: one, or those of a `{…}`.
fn add_heads(after: Option<&TokenTree>, uses: &mut Vec<Use>) {
    let mut add = |word: &Ident| uses.push(Use { line: line_of(word), what: word.to_string(), of: Kind::Module });
    match after {
        Some(TokenTree::Ident(word)) => add(word),
        Some(TokenTree::Group(group)) => {
            let items: Vec<TokenTree> = group.stream().into_iter().collect();
            let is_comma = |item: &TokenTree| matches!(item, TokenTree::Punct(p) if p.as_char() == ',');
            for item in items.split(is_comma) {
                if let Some(TokenTree::Ident(word)) = item.first() {
                    add(word);
                }
            }
        }
        _ => {}
    }
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    tokens
        .get(at..at + 2)
        .is_some_and(|two| two.iter().all(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ':')))
}

fn line_of(word: &Ident) -> usize {
    word.span().start().line
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<SourceFile> {
    fn gather(folder: &Path, below: &Path, files: &mut Vec<SourceFile>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, below, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push(SourceFile { path: path.strip_prefix(below).unwrap().to_owned(), text });
            }
        }
    }
    let mut files = Vec::new();
    let src = root().join("src");
    gather(&src, &src, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 10, "src was not read");
    files
}

fn assert_none(faults: &[String]) {
    let text = faults.iter().fold(String::new(), |mut text, fault| {
        writeln!(text, "  {fault}").unwrap();
        text
    });
    assert!(faults.is_empty(), "\n{text}");
}

#[test]
fn each_module_uses_only_those_below_it() {
    let house = House::read();
    let faults: Vec<String> = sources().iter().flat_map(|file| house.faults(file)).collect();
    assert_none(&faults);
}

#[test]
fn the_map_shows_every_module_and_no_way_round() {
    let house = House::read();
    let modules: BTreeSet<String> = sources().iter().map(SourceFile::module).filter(|name| name != "lib").collect();
    assert_eq!(modules, house.may_use.keys().cloned().collect(), "modules of src/ and those on the map");

    // Take away those that use nothing that is left; whatever remains goes round in a circle.
    let mut left = house.may_use;
    while let Some(lowest) = left.iter().find(|(_, used)| used.is_empty()).map(|(module, _)| module.clone()) {
        left.remove(&lowest);
        for used in left.values_mut() {
            used.remove(&lowest);
        }
    }
    assert!(left.is_empty(), "these use each other in a circle, or use what isn't there: {left:?}");
}

#[test]
fn a_module_begins_with_what_it_is_for_and_is_short_enough_to_read() {
    let mut faults = Vec::new();
    for file in sources() {
        let path = file.path.display();
        if !file.text.starts_with("//! ") {
            faults.push(format!("{path} does not begin with `//! ` and its job"));
        }
        let lines = file.text.lines().count();
        if lines > LINES {
            faults.push(format!("{path} has {lines} lines; split it by job (at most {LINES})"));
        }
    }
    assert_none(&faults);
}

#[test]
fn the_terminal_crates_are_there_once() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for name in ["ratatui", "ratatui-core", "crossterm"] {
        let versions: Vec<&str> = lock
            .split("[[package]]\n")
            .filter_map(|package| package.strip_prefix(&format!("name = \"{name}\"\nversion = \"")))
            .map(|rest| rest.split('"').next().unwrap_or(rest))
            .collect();
        assert_eq!(
            versions.len(),
            1,
            "Cargo.lock has {name} in the versions {versions:?}; `cargo tree -i {name}` tells why"
        );
    }
}

#[test]
fn these_tests_see_a_use_however_it_is_spelt() {
    let house = House::read();
    let faults = |path: &str, text: &str| house.faults(&SourceFile { path: path.into(), text: text.into() }).len();
    for (path, text) in [
        ("tui/mod.rs", "use crate::train::Trainer;"),
        ("tui/mod.rs", "use crate::{config::Config, train};"),
        ("tui/mod.rs", "use super::train;"),
        ("tui/keys.rs", "use super::super::train;"),
        ("tui/keys.rs", "mod tests { use super::super::super::train; }"),
        ("tui/keys.rs", "fn f() { println!(\"{}\", crate::train::STEPS); }"),
        ("data/idx.rs", "use crate::checkpoint::write;"),
        ("main.rs", "fn main() { alexnet_tui::session::open(); }"),
        ("new/mod.rs", "use crate::config::Config;"),
        ("data/idx.rs", "use tch::Tensor;"),
        ("data/idx.rs", "use tch;"),
        ("session/handle.rs", "fn f(t: tch::Tensor) {}"),
        ("session/handle.rs", "use {std::fs, tch::Tensor};"),
        ("model/net.rs", "fn f() { unsafe { g() } }"),
        ("torchless.rs", "use tch::Tensor;"),
        ("session/mod.rs", "use ratatui::Frame;"),
    ] {
        assert_eq!(faults(path, text), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("tui/mod.rs", "use crate::{config::{Config, Theme}, session};"),
        ("tui/keys.rs", "use super::train; mod tests { use super::super::train; use super::*; }"),
        (
            "tui/mod.rs",
            "// crate::train\n/// [`crate::train`]\nconst A: &str = \"crate::train\"; use crate::tui::keys;",
        ),
        ("chance.rs", "mod tests { use super::*; }"),
        ("session/worker.rs", "use tch::Tensor; use crate::train::Trainer;"),
        ("session/worker/steps.rs", "use tch::Tensor;"),
        ("torch/shim.rs", "fn f() { unsafe { torch_sys::at_x() } }"),
        ("main.rs", "fn main() { alexnet_tui::cli::main() }"),
    ] {
        assert_eq!(faults(path, text), 0, "{path}: {text}");
    }
}
