//! Who gives out memory, to libtorch's C++ as well: jemalloc, told to keep what a step has freed for the next.
//!
//! A training step allocates and frees hundreds of megabytes. glibc gives them back to the system, which clears every
//! page anew before the next step. jemalloc takes the place of `malloc` in the whole process: libtorch's calls are
//! resolved to it by the loader, since the program comes before its libraries.

#![allow(unsafe_code, reason = "jemalloc finds its settings by the name of a symbol")]

use std::ffi::c_char;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What jemalloc reads before its first allocation: nothing is given back, pages are huge where the system has them, and
/// large blocks are kept like all others. `MALLOC_CONF` in the environment is read after it, and wins.
// SAFETY: jemalloc declares it as `const char *`, weak: a symbol of this name and layout is what it looks for. An `Option`
// of a reference has the layout of a pointer.
#[unsafe(export_name = "malloc_conf")]
static SETTINGS: Option<&'static c_char> = {
    let text = c"dirty_decay_ms:-1,muzzy_decay_ms:-1,thp:always,oversize_threshold:0";
    // SAFETY: the text is static and ends with a zero.
    Some(unsafe { &*text.as_ptr() })
};
