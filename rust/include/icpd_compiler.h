/* The compiler's panics: the C interface of rust/src/compiler_panic.rs. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* After this call a panic, on whatever thread, prints its message and ends the process with this
 * exit status, without running anything else. Without this call a panic aborts. */
void icpd_exit_on_panic(int status);

#ifdef __cplusplus
}
#endif
