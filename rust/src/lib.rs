//! One static library for all Rust code, so that the node carries one copy of its standard library.

pub use wasmtime_c_api::*;

mod candid_text;
mod compiler_panic;
