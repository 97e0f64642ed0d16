#!/usr/bin/env bash
# Builds the kernels for both widths of addresses. Only needed when kernels.c changes.
set -euo pipefail
cd "$(dirname "$0")"
build() {
  clang-19 --target="$1-unknown-unknown" -O2 -ffreestanding -fno-builtin -fno-vectorize -c kernels.c \
    -o kernels.o
  wasm-ld-19 --no-entry --export-table -z stack-size=65536 --strip-debug "${@:3}" -o "$2" kernels.o
  rm kernels.o
}
build wasm32 kernels32.wasm
build wasm64 kernels64.wasm -mwasm64
