//! A panic ends the process with an exit status of the caller's choice, so that a parent can tell a
//! bug of the compiler from a lack of memory or a kill. See rust/include/icpd_compiler.h.

use std::ffi::c_int;
use std::io::Write;

extern "C" {
    fn _exit(status: c_int) -> !;
}

#[no_mangle]
pub extern "C" fn icpd_exit_on_panic(status: c_int) {
    std::panic::set_hook(Box::new(move |info| {
        // Whether anybody reads it doesn't matter.
        let _ = writeln!(std::io::stderr(), "{info}");
        unsafe { _exit(status) }
    }));
}
