//! Copies the engine's C headers, `conf.h` generated for exactly our features included, to the
//! folder named by ICPD_RUST_INCLUDE_OUT. Without that variable it does nothing.

use std::path::Path;
use std::{env, fs, io};

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn main() {
    println!("cargo:rerun-if-env-changed=ICPD_RUST_INCLUDE_OUT");
    let Ok(out) = env::var("ICPD_RUST_INCLUDE_OUT") else {
        return;
    };
    let include = env::var("DEP_WASMTIME_C_API_INCLUDE").expect("wasmtime-c-api-impl exports it");
    copy_tree(Path::new(&include), Path::new(&out)).expect("copy the headers");
}
