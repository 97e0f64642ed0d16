/* Candid as text: the C interface of rust/src/candid_text.rs.
 *
 * Every function fills `out`, which the caller frees with icpd_buffer_free: the result if it returns
 * true, else what was wrong, as text. Texts are UTF-8 and need no end mark.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const uint8_t* data;
  size_t size;
} icpd_text_t;

typedef struct {
  uint8_t* data;
  size_t size;
} icpd_buffer_t;

void icpd_buffer_free(icpd_buffer_t buffer);

/* The message for "(1, \"a\")". With an interface (a .did text) numbers and names get the types of
 * the method's arguments, of the initializer's if `method` is empty; without one, their own. */
bool icpd_candid_encode(icpd_text_t text, icpd_text_t interface, icpd_text_t method,
                        icpd_buffer_t* out);

/* The text of a message: with the names and types of the method's results where it fits them. */
bool icpd_candid_decode(icpd_text_t message, icpd_text_t interface, icpd_text_t method,
                        icpd_buffer_t* out);

/* Whether clients of the older interface can go on with the newer one. */
bool icpd_candid_compatible(icpd_text_t newer, icpd_text_t older, icpd_buffer_t* out);

#ifdef __cplusplus
}
#endif
