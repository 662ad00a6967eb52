//! `alexnet-tui summary`: the layers of a variant as a table, JSON or Markdown.

use crate::config::Variant;
use crate::model::{Summary, architecture};
use serde_json::{Value, json};

/// How the table is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SummaryFormat {
    /// For a terminal.
    Table,
    /// One object, plain integers.
    Json,
    /// For a document.
    Markdown,
}

/// The table of a variant, as published: one grey channel and 10 classes for `fashion` and `tiny`, colour pictures and
/// the 1,000 classes of `ImageNet` for the others.
pub fn text(variant: Variant, format: SummaryFormat, batch: usize) -> String {
    let (channels, classes) = match variant {
        Variant::Fashion | Variant::Tiny => (1, 10),
        Variant::Paper | Variant::Torchvision => (3, 1000),
    };
    let summary = Summary::new(&variant.to_string(), &architecture(variant, channels, classes), batch);
    match format {
        SummaryFormat::Table => summary.to_table(),
        SummaryFormat::Markdown => summary.to_markdown(),
        SummaryFormat::Json => {
            let value = serde_json::to_value(&summary).unwrap_or_else(|error| json!({ "error": error.to_string() }));
            format!("{}\n", pretty(&value))
        }
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}
