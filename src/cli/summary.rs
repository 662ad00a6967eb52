//! `alexnet-tui summary`: the layers of a variant as a table, JSON or Markdown.

use super::arguments::SummaryFormat;
use super::{CliError, output};
use crate::config::{Config, Variant};
use crate::model::{Summary, architecture};
use serde_json::{Value, json};

/// Prints the table of the variant named, else of the configuration's.
pub(super) fn run(variant: Option<Variant>, format: SummaryFormat, config: &Config) -> Result<u8, CliError> {
    output::print(&text(variant.unwrap_or(config.model.variant), format))?;
    Ok(0)
}

/// The table of a variant, as published: one grey channel and 10 classes for `fashion` and `tiny`, colour pictures and
/// the 1,000 classes of `ImageNet` for the others.
fn text(variant: Variant, format: SummaryFormat) -> String {
    let (channels, classes) = match variant {
        Variant::Fashion | Variant::Tiny => (1, 10),
        Variant::Paper | Variant::Torchvision => (3, 1000),
    };
    let summary = Summary::new(&variant.to_string(), &architecture(variant, channels, classes), 1);
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
