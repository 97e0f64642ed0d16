# Dependencies that tools/deps keeps in a cache outside the tree, as targets:
#
#   icpd_wasmtime   the WebAssembly engine's C interface: #include <wasmtime.h>, <icpd_compiler.h>
#   icpd_candid     Candid as text, in the same library: #include <icpd_candid.h>
#   blst            BLS12-381: #include <blst.h>
#   icpd_boost      Boost 1.81, headers only: #include <boost/asio.hpp>
#
# The engine takes minutes to build, so it is a build step: only what links it waits for it.

set(icpd_deps ${CMAKE_SOURCE_DIR}/tools/deps)

# The folder of the cache where a dependency is or will be.
function(icpd_dependency_path name result)
  execute_process(COMMAND ${icpd_deps} path ${name}
    OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${result} ${path} PARENT_SCOPE)
endfunction()

# The key is in the path, so whatever the key covers must bring CMake back here.
file(GLOB_RECURSE rust_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/rust/src/*.rs)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${icpd_deps} ${rust_sources} ${CMAKE_SOURCE_DIR}/rust/build.rs
  ${CMAKE_SOURCE_DIR}/rust/Cargo.toml ${CMAKE_SOURCE_DIR}/rust/Cargo.lock)

icpd_dependency_path(rust rust_prefix)
add_custom_command(
  OUTPUT ${rust_prefix}/lib/libicpd_rust.a
  COMMAND ${icpd_deps} build rust
  COMMENT "Building the WebAssembly engine (minutes, once)"
  USES_TERMINAL VERBATIM)
add_custom_target(icpd_rust DEPENDS ${rust_prefix}/lib/libicpd_rust.a)
add_library(icpd_wasmtime INTERFACE)
add_dependencies(icpd_wasmtime icpd_rust)
target_include_directories(icpd_wasmtime SYSTEM INTERFACE
  ${rust_prefix}/include ${CMAKE_SOURCE_DIR}/rust/include)
target_link_libraries(icpd_wasmtime INTERFACE ${rust_prefix}/lib/libicpd_rust.a pthread dl m)
add_library(icpd_candid INTERFACE)
target_link_libraries(icpd_candid INTERFACE icpd_wasmtime)

execute_process(COMMAND ${icpd_deps} build blst COMMAND_ERROR_IS_FATAL ANY)
icpd_dependency_path(blst blst_prefix)
add_library(blst STATIC ${blst_prefix}/src/server.c ${blst_prefix}/build/assembly.S)
target_include_directories(blst SYSTEM PUBLIC ${blst_prefix}/bindings)
# __BLST_PORTABLE__ picks the routines at run time by cpuid: one binary for all machines, and as
# fast as a build for this one. -mno-avx: mixing vector widths in its C code stalls older cores.
target_compile_definitions(blst PRIVATE __BLST_PORTABLE__)
target_compile_options(blst PRIVATE -O2 -fno-builtin -mno-avx -fno-sanitize=all)

# icpd_boost: the headers of Boost 1.81 (Asio and Beast need no library).
icpd_dependency_path(boost boost_prefix)
add_library(icpd_boost INTERFACE)
if(NOT boost_prefix STREQUAL "/usr")
  target_include_directories(icpd_boost SYSTEM INTERFACE ${boost_prefix}/include)
endif()
