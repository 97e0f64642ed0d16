// What metering is measured with. Each kernel is one update method that leaves its result in
// memory. Built by ./build.sh; the module beside it is what benchmarks run, so that figures compare
// over time.
#include <stddef.h>
#include <stdint.h>

#define UPDATE(name) __attribute__((export_name("canister_update " #name))) void run_##name(void)

volatile uint64_t result;

// Calls.
__attribute__((noinline)) static uint32_t fib_of(uint32_t n) {
  return n < 2 ? n : fib_of(n - 1) + fib_of(n - 2);
}
UPDATE(fib) {
  result = fib_of(32);
}

// Straight integer code.
static uint32_t rotr(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}
static const uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static void sha256_block(uint32_t h[8], const uint32_t block[16]) {
  uint32_t w[64];
  for (int i = 0; i < 16; ++i)
    w[i] = block[i];
  for (int i = 16; i < 64; ++i) {
    uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], z = h[7];
  for (int i = 0; i < 64; ++i) {
    uint32_t t1 = z + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
    uint32_t t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    z = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += z;
}
UPDATE(sha256) {
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint32_t block[16] = {0};
  for (uint32_t i = 0; i < 100000; ++i) {
    block[0] = i;
    sha256_block(h, block);
  }
  result = h[0];
}

// Tight loops over bytes.
static uint8_t flags[2000000];
UPDATE(sieve) {
  uint32_t primes = 0;
  for (uint32_t i = 0; i < sizeof flags; ++i)
    flags[i] = 1;
  for (uint32_t i = 2; i < sizeof flags; ++i) {
    if (!flags[i]) continue;
    ++primes;
    for (uint32_t j = 2 * i; j < sizeof flags; j += i)
      flags[j] = 0;
  }
  result = primes;
}

// Loads and stores that depend on each other.
static uint64_t mixed[4096];
UPDATE(memory_mix) {
  uint64_t x = 88172645463325252u;
  for (uint32_t i = 0; i < 10000000; ++i) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    mixed[x & 4095] += mixed[x >> 12 & 4095] ^ i;
  }
  result = mixed[1];
}

// Floating point with NaN canonicalization.
static double terms[1024];
UPDATE(f64_sum) {
  double sum = 0;
  for (int i = 0; i < 1024; ++i)
    terms[i] = 1.0 / (i + 1);
  for (int n = 0; n < 10000; ++n)
    for (int i = 0; i < 1024; ++i)
      sum += terms[i] * 0.5;
  result = (uint64_t)sum;
}

// Branches and calls through a table, as an interpreter makes them.
typedef uint64_t (*operation)(uint64_t, uint64_t);
static uint64_t add(uint64_t a, uint64_t b) {
  return a + b;
}
static uint64_t sub(uint64_t a, uint64_t b) {
  return a - b;
}
static uint64_t xor_(uint64_t a, uint64_t b) {
  return a ^ b;
}
static uint64_t mul(uint64_t a, uint64_t b) {
  return a * (b | 1);
}
static operation volatile table[4] = {add, sub, xor_, mul};
UPDATE(dispatch) {
  uint64_t x = 1;
  for (uint32_t i = 0; i < 5000000; ++i) {
    switch (x >> 60 & 7) {
      case 0:
        x += 3;
        break;
      case 1:
        x ^= 0x9E3779B97F4A7C15;
        break;
      case 2:
        x = x << 1 | x >> 63;
        break;
      default:
        x += i;
        break;
    }
    x = table[i & 3](x, i);
  }
  result = x;
}
