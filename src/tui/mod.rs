//! The front end of people: keys in, screens out.

pub mod action;
pub mod draw;
pub mod format;
pub mod keymap;
pub mod screens;
pub mod series;
pub mod state;
pub mod theme;
pub mod widgets;
