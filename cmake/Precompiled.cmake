# Headers that most files include and that cost seconds each time (json 2, torch 9, Catch2 1.5), compiled once for each kind of
# file. A kind is a set of flags: the compiler takes a precompiled header only with the flags that it was made with.
#
# Every file still includes what it uses: -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON (preset tidy) builds without, and clang-tidy
# and the check of the public headers run there. scripts/build.sh sets what ccache needs for it.

# ds_precompiled(<target> <kind>): the target reads precompiled/<kind>.h first; `kind` is one of those below.
function(ds_precompiled target kind)
  target_precompile_headers(${target} REUSE_FROM ds_precompiled_${kind})
  target_link_libraries(${target} PRIVATE fmt::fmt nlohmann_json::nlohmann_json)  # their definitions, the same everywhere
endfunction()

# ds_precompiled_kind(<kind> <header> [LIBRARIES ...] [EXECUTABLE]): an executable's files have other flags than a library's.
function(ds_precompiled_kind kind header)
  cmake_parse_arguments(ARG "EXECUTABLE" "" "LIBRARIES" ${ARGN})
  set(target ds_precompiled_${kind})
  if(ARG_EXECUTABLE)
    file(WRITE ${PROJECT_BINARY_DIR}/precompiled/main.cpp "int main() {}\n")
    add_executable(${target} EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/precompiled/main.cpp)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/precompiled)
  else()
    add_library(${target} STATIC EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/precompiled/empty.cpp)
  endif()
  target_link_libraries(${target} PRIVATE fmt::fmt nlohmann_json::nlohmann_json ds_warnings ${ARG_LIBRARIES})
  target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/${header}.h)
endfunction()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Needed where ccache looks at what the preprocessor gives.
  add_compile_options(-fpch-preprocess)
endif()
ds_precompiled_kind(library library)
ds_precompiled_kind(torch torch LIBRARIES ds_torch)
ds_precompiled_kind(tool library EXECUTABLE)
if(DS_BUILD_TESTS)
  ds_precompiled_kind(test test EXECUTABLE LIBRARIES Catch2::Catch2 ds_test_flags)
  ds_precompiled_kind(torch_test torch_test EXECUTABLE LIBRARIES ds_torch Catch2::Catch2 ds_test_flags)
endif()
