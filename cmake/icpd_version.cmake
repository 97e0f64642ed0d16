# Writes OUT, a C++ source with what this build is made of. Run at every build; OUT changes only
# when the answer does, so that nothing else is compiled anew.
find_program(GIT git)
set(version unknown)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} describe --tags --always --dirty --abbrev=12
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
  if(status EQUAL 0)
    set(version ${described})
  endif()
endif()
set(text "#include \"node/cli_version.hpp\"\n\nnamespace icpd::node {\n\nconst char* const kBuildVersion = \"${version}\";\n\n}  // namespace icpd::node\n")
if(EXISTS ${OUT})
  file(READ ${OUT} old)
endif()
if(NOT "${old}" STREQUAL "${text}")
  file(WRITE ${OUT} "${text}")
endif()
