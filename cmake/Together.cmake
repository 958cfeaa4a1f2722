# How our files reach the compiler: those of a module together, torch's headers once, cold code with -O1. Measured on GCC 12
# (docs/BENCHMARKS.md): the seven files of one format cost 35 CPU seconds alone and 15 together, because the templates of
# nlohmann-json are made once; yolox's net cost 18, and 10 with torch's headers precompiled. Precompiling json gained nothing.
#
# Every file still stands alone: -DDS_TOGETHER=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON (preset tidy) compiles each by itself,
# and clang-tidy and the check of the public headers run there. scripts/build.sh sets what ccache needs for precompiled headers.
option(DS_TOGETHER "Compile the files of a module together" ON)
set(DS_TOGETHER_BYTES 160000 CACHE STRING "How much text makes one compilation: less is faster to rebuild, more is faster to build")

# ds_together(<target> <bytes> <source>...): the sources, folder after folder, in compilations of `bytes` or a little more; a
# folder is never parted. So names in unnamed namespaces are unique in a module. Sources with options of their own stay alone.
function(ds_together target limit)
  if(NOT DS_TOGETHER)
    return()
  endif()
  set(group 1)
  set(bytes 0)
  set(last "")
  foreach(source IN LISTS ARGN)
    get_filename_component(room "${source}" DIRECTORY)
    if(NOT room STREQUAL last AND bytes GREATER limit)
      math(EXPR group "${group} + 1")
      set(bytes 0)
    endif()
    set(last "${room}")
    file(SIZE "${CMAKE_CURRENT_SOURCE_DIR}/${source}" size)
    math(EXPR bytes "${bytes} + ${size}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP part${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# ds_cold(<target>): code that waits for a database, a network, a person or torch, whose own loops are short. -O1 costs a
# quarter less to compile than -O2 (docs/BENCHMARKS.md).
function(ds_cold target)
  target_compile_options(${target} PRIVATE -O1)
endfunction()

# ds_precompiled(<target> <kind>): the target's files read precompiled/<kind>.h first; `kind` is one of those below.
function(ds_precompiled target kind)
  target_precompile_headers(${target} REUSE_FROM ds_precompiled_${kind})
endfunction()

# A kind has the flags of those that use it: the compiler takes a precompiled header only with the flags that it was made with.
function(ds_precompiled_kind kind)
  set(target ds_precompiled_${kind})
  if(kind MATCHES "test$")
    add_executable(${target} EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/precompiled/main.cpp)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/precompiled)
  else()
    add_library(${target} STATIC EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/precompiled/main.cpp)
  endif()
  target_link_libraries(${target} PRIVATE ds_torch ds_warnings ${ARGN})
  target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/${kind}.h)
endfunction()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # what ccache wants to see
endif()
ds_precompiled_kind(torch)
if(DS_BUILD_TESTS)
  ds_precompiled_kind(torch_test Catch2::Catch2 ds_test_flags)
endif()
