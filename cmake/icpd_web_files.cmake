# Writes OUT, a C++ source that holds the files of the folder WEB (src/node/web_files.hpp).
#
# A file NAME.html is served as /_/NAME, any other as /_/NAME.EXTENSION.
set(types "html=text/html\; charset=utf-8" "css=text/css\; charset=utf-8"
  "js=text/javascript\; charset=utf-8" "svg=image/svg+xml")
file(GLOB files ${WEB}/*)
set(entries "")
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  get_filename_component(extension ${file} LAST_EXT)
  string(SUBSTRING ${extension} 1 -1 extension)
  set(type "")
  foreach(known IN LISTS types)
    if(known MATCHES "^${extension}=(.*)$")
      set(type "${CMAKE_MATCH_1}")
    endif()
  endforeach()
  if(NOT type)
    message(FATAL_ERROR "${file}: no content type is known for .${extension}")
  endif()
  set(path "/_/${name}")
  if(NOT extension STREQUAL "html")
    string(APPEND path ".${extension}")
  endif()
  file(READ ${file} content)
  string(APPEND entries "    {\"${path}\", \"${type}\",\n     R\"~icpd~(${content})~icpd~\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"node/web_files.hpp\"

namespace icpd::node {

namespace {
constexpr WebFile kFiles[] = {
${entries}};
}  // namespace

std::span<const WebFile> web_files() {
  return kFiles;
}

}  // namespace icpd::node
")
