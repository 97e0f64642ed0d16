# Replicas that are broken on purpose, for the simulator to catch (docs/mutants.md). Off by default,
# built only when asked for by name, never part of icpd.
#
#   icpd_mutants(DEPENDS sim)
#     mutants/hunt        tests/mutants/hunt.cpp with the replica as it is
#     mutants/hunt_NAME   the same for each tests/mutants/NAME.mutant: one file of src/ has a piece
#                         of its text replaced. Its object is linked before the folder's library,
#                         which thereby isn't asked for that file.
#     mutants             all of these
#     mutants/rule_NAME   for each tests/mutants/rules/NAME.mutant: the test program that its field
#                         `test` begins with, with one file of src/ broken in the same way
#     rule_mutants        all of these, and the programs as they are

option(ICPD_MUTANTS "have the target mutants" OFF)

set(icpd_mutants_dir ${CMAKE_BINARY_DIR}/mutants)

function(icpd_hunt program libraries)
  add_executable(${program} EXCLUDE_FROM_ALL $<TARGET_OBJECTS:hunt_main> ${ARGN})
  target_include_directories(${program} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${program} PRIVATE icpd_flags ${libraries})
  # Forty programs: without symbols they take a gigabyte less.
  target_link_options(${program} PRIVATE -Wl,--strip-all)
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${icpd_mutants_dir})
  add_dependencies(mutants ${program})
endfunction()

# The broken source of a description: its path goes to `result`.
function(icpd_mutant_source description result)
  cmake_path(GET description STEM name)
  set(source ${icpd_mutants_dir}/${name}.cpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${description})
  file(STRINGS ${description} file REGEX "^file: ")
  string(REGEX REPLACE "^file: " "" file "${file}")
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_SOURCE_DIR}/tools/mutants source ${description} ${source}
    DEPENDS ${description} ${CMAKE_SOURCE_DIR}/${file} ${CMAKE_SOURCE_DIR}/tools/mutants
    VERBATIM)
  # What is broken may leave something unused. By its #line the compiler takes the source for a header,
  # where an anonymous namespace would be a mistake.
  set_source_files_properties(${source} PROPERTIES
    COMPILE_OPTIONS "-Wno-unused;-Wno-subobject-linkage")
  set(${result} ${source} PARENT_SCOPE)
endfunction()

function(icpd_mutant description libraries)
  cmake_path(GET description STEM name)
  icpd_mutant_source(${description} source)
  icpd_hunt(hunt_${name} "${libraries}" ${source})
endfunction()

function(icpd_rule_mutant description)
  cmake_path(GET description STEM name)
  icpd_mutant_source(${description} source)
  file(STRINGS ${description} program REGEX "^test: ")
  string(REGEX REPLACE "^test: ([a-z_]+) .*" "\\1" program "${program}")
  string(REGEX REPLACE "_test$" "" folder "${program}")
  add_executable(rule_${name} EXCLUDE_FROM_ALL $<TARGET_OBJECTS:${program}> ${source})
  target_link_libraries(rule_${name} PRIVATE icpd_${folder} GTest::gtest_main GTest::gmock)
  target_link_options(rule_${name} PRIVATE -Wl,--strip-all)
  set_target_properties(rule_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${icpd_mutants_dir})
  add_dependencies(rule_mutants rule_${name} ${program})
endfunction()

function(icpd_mutants)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  icpd_library_names("${ARG_DEPENDS}" libraries)
  add_custom_target(mutants)
  add_library(hunt_main OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/mutants/hunt.cpp)
  target_include_directories(hunt_main PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(hunt_main PRIVATE icpd_flags)
  icpd_hunt(hunt "${libraries}")
  file(GLOB descriptions CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/mutants/*.mutant)
  foreach(description ${descriptions})
    icpd_mutant(${description} "${libraries}")
  endforeach()
  if(NOT GTest_FOUND)
    return()
  endif()
  add_custom_target(rule_mutants)
  file(GLOB descriptions CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/mutants/rules/*.mutant)
  foreach(description ${descriptions})
    icpd_rule_mutant(${description})
  endforeach()
endfunction()
