//! The configuration: typed values, the table that explains and bounds them, and the layers they come from.

mod differences;
mod edit;
mod fields;
mod file;
mod keys;
mod load;
mod places;
mod problems;
mod render;
mod schema;

pub use differences::{Differing, differing, not_default};
pub use edit::{Clash, ConfigFile, DiffLine, Edit, EditError, Outcome};
pub use fields::{FIELDS, Field, Kind, Literal, Trouble, field, sections};
pub use keys::{ACTIONS, Key, Keys, Name};
pub use load::{Flag, Layers, Loaded, check_file, of_text};
pub use places::Places;
pub use problems::{ConfigError, Fault, Origin, Problem};
pub use render::{DEFAULTS, written};
pub use schema::*;
