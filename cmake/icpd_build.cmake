# How everything is compiled and linked, whatever the preset.
#
#   ICPD_SANITIZE              sanitizers, as -fsanitize takes them
#   ICPD_PROGRAM_DIR           where the program icpd goes, if not into its build folder
#   ICPD_WHOLE_TEST_PROGRAMS   ctest runs a test program as one test: quick where starting is slow
#   ICPD_TESTS                 ON: a machine without GoogleTest is an error; OFF: no tests;
#                              AUTO: tests if GoogleTest is there

set(ICPD_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize takes them")
set(ICPD_PROGRAM_DIR "" CACHE PATH "where the program icpd goes")
set(ICPD_TESTS AUTO CACHE STRING "ON, OFF or AUTO")
option(ICPD_WHOLE_TEST_PROGRAMS "ctest runs a test program as one test" OFF)

# With the GNU extensions `linux` is a macro; here it is the namespace of src/io/linux.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Ulinux>)

# Paths below the tree count as relative, so that every clone shares what one has compiled.
# Precompiled headers would save a third of a cold build, but each rebuild of one makes everything
# miss this cache, and hashing 120 MB a file costs what they save.
find_program(CCACHE ccache)
if(CCACHE)
  set(launcher env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# Debian's versioned lld is not on the PATH under the name that -fuse-ld=lld asks for.
find_program(LLD NAMES ld.lld HINTS /usr/lib/llvm-19/bin)
if(LLD)
  cmake_path(GET LLD PARENT_PATH lld_dir)
  add_link_options(-B${lld_dir} -fuse-ld=lld)
endif()
# The build id is the key of what a build leaves for its next start (io/linux/system.hpp).
add_link_options(-Wl,--gc-sections -Wl,--build-id)

if(ICPD_SANITIZE)
  # Recovering would let a test pass that found something.
  add_compile_options(-fsanitize=${ICPD_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ICPD_SANITIZE})
endif()

# Linking a test of the engine takes 1 GiB: two at once are enough on any machine.
set_property(GLOBAL PROPERTY JOB_POOLS link_pool=2)
set(CMAKE_JOB_POOL_LINK link_pool)
