//! The configuration: schema, layers of origin, validation.

mod schema;

pub use schema::*;
