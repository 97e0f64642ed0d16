# One target for each folder of src/, with its unit tests beside the code.
#
#   icpd_folder(codec DEPENDS base THIRD_PARTY PkgConfig::libcbor)
#
# makes the library icpd_codec from codec/*.cpp and the test program codec_test from
# codec/*_test.cpp. Folders below it (io/linux below io) are targets of their own and left out
# unless RECURSE is given.

find_package(GTest REQUIRED)
include(GoogleTest)

function(icpd_folder name)
  cmake_parse_arguments(ARG "RECURSE" "" "DEPENDS;THIRD_PARTY;EXCLUDE" ${ARGN})
  string(REPLACE "/" "_" target ${name})
  if(ARG_RECURSE)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  else()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  endif()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  foreach(pattern ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
    list(FILTER tests EXCLUDE REGEX ${pattern})
  endforeach()

  set(libraries ${ARG_DEPENDS})
  list(TRANSFORM libraries PREPEND icpd_)
  list(TRANSFORM libraries REPLACE "/" "_")
  if(sources)
    add_library(icpd_${target} STATIC ${sources})
    set(kind PUBLIC)
  else()
    add_library(icpd_${target} INTERFACE)
    set(kind INTERFACE)
  endif()
  target_include_directories(icpd_${target} ${kind} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(icpd_${target} ${kind} icpd_flags ${libraries} ${ARG_THIRD_PARTY})

  if(tests)
    add_executable(${target}_test ${tests})
    target_link_libraries(${target}_test PRIVATE icpd_${target} GTest::gtest_main GTest::gmock)
    gtest_discover_tests(${target}_test TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
