# The shapes a target of ours can have. No target is made any other way.

# What each target declares, for the test that compares it with its includes and with docs/ARCHITECTURE.md: a line
# "<kind>;<name>;<folder>;<uses>;<private uses or sources>" in <build>/declared.txt, lists parted by blanks.
function(ds_declare kind name uses more)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  list(JOIN uses " " uses)
  list(JOIN more " " more)
  file(APPEND ${PROJECT_BINARY_DIR}/declared.txt "${kind};${name};${folder};${uses};${more}\n")
endfunction()
file(REMOVE ${PROJECT_BINARY_DIR}/declared.txt)

# ds_module(<name>
#   HEADERS  <public headers, under include/ds/<name>/>
#   SOURCES  <src/*.cpp>
#   USES     <modules whose types stand in the public headers>
#   USES_PRIVATE <modules used only inside>
#   LIBRARIES / LIBRARIES_PRIVATE <third-party targets, likewise>)
# TORCH: its files see torch.
# Every module has its own include root: an include of an undeclared module does not compile.
function(ds_module name)
  cmake_parse_arguments(ARG "TORCH" "" "HEADERS;SOURCES;USES;USES_PRIVATE;LIBRARIES;LIBRARIES_PRIVATE" ${ARGN})
  set(target ds_${name})
  ds_declare(module ${name} "${ARG_USES}" "${ARG_USES_PRIVATE}")
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(ds::${name} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${ARG_HEADERS})
  target_include_directories(${target} PRIVATE src)
  list(TRANSFORM ARG_USES PREPEND ds::)
  list(TRANSFORM ARG_USES_PRIVATE PREPEND ds::)
  target_link_libraries(${target}
    PUBLIC ${ARG_USES} ${ARG_LIBRARIES}
    PRIVATE ${ARG_USES_PRIVATE} ${ARG_LIBRARIES_PRIVATE} ds_warnings)
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  if(ARG_TORCH)
    set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE ds_torch_pool)
    ds_precompiled(${target} torch)
  endif()
  ds_together(${target} ${ARG_SOURCES})
endfunction()

# ds_plugin(<ds_name> [TORCH] [OF <the module it links, whose private headers it shares>] SOURCES <...> USES <modules> LIBRARIES <third-party targets>)
# A library that a module opens when it first needs it, because linking it would cost every start of every tool. Built to
# <build>/lib/ds, installed beside the tools' ../lib/ds. It may use modules above the one that opens it.
function(ds_plugin target)
  cmake_parse_arguments(ARG "TORCH" "OF" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(${target} MODULE ${ARG_SOURCES})
  ds_declare(plugin ${target} "${ARG_USES}" "${ARG_SOURCES}")
  list(TRANSFORM ARG_USES PREPEND ds::)
  if(ARG_OF)
    list(APPEND ARG_USES ds::${ARG_OF})
  endif()
  target_link_libraries(${target} PRIVATE ${ARG_USES} ${ARG_LIBRARIES} ds_warnings)
  target_include_directories(${target} PRIVATE src include)
  set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/ds)
  if(ARG_TORCH)
    set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE ds_torch_pool)
    ds_precompiled(${target} torch)
  endif()
  install(TARGETS ${target} LIBRARY DESTINATION lib/ds)
  set_property(GLOBAL APPEND PROPERTY DS_PLUGINS ${target})
endfunction()

# ds_tool(<ds-x> SOURCES <main.cpp and one file per verb> USES <modules>)
function(ds_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  ds_declare(tool ${name} "${ARG_USES}" "${ARG_SOURCES}")
  list(TRANSFORM ARG_USES PREPEND ds::)
  target_link_libraries(${name} PRIVATE ds_tools_common ds::cli ${ARG_USES} nlohmann_json::nlohmann_json fmt::fmt ds_warnings)
  target_link_options(${name} PRIVATE -Wl,--as-needed)
  ds_together(${name} ${ARG_SOURCES})
  set_property(GLOBAL APPEND PROPERTY DS_TOOLS ${name})
endfunction()

# ds_test(<module> [TORCH] SOURCES <*_test.cpp> USES <modules> LIBRARIES <third-party> LABELS <labels>)
# One executable per module, one ctest entry per TEST_CASE. A test that prints "SKIPPED: why" is counted as skipped.
function(ds_test name)
  cmake_parse_arguments(ARG "TORCH" "TIMEOUT" "SOURCES;USES;LIBRARIES;LABELS" ${ARGN})
  set(target test_${name})
  add_executable(${target} ${ARG_SOURCES})
  list(TRANSFORM ARG_USES PREPEND ds::)
  target_link_libraries(${target} PRIVATE ds_test_support ${ARG_USES} ${ARG_LIBRARIES} ds_warnings ds_test_flags)
  if(ARG_TORCH)
    target_link_libraries(${target} PRIVATE ds_torch)
    set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE ds_torch_pool)
    ds_precompiled(${target} torch_test)
    foreach(source IN LISTS ARG_SOURCES)
      file(STRINGS ${source} seen REGEX "#include (<(torch|ATen|c10)/|\"ds/nn/(detector_net|state_dict))")
      if(NOT seen)  # torch's own headers print containers in a way that Catch2 cannot
        set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
      endif()
    endforeach()
  endif()
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  catch_discover_tests(${target} TEST_PREFIX "${name}: "
    PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED: " TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# ds_fuzz(<name> SOURCES <files that define take() and seeds()> USES <modules> LIBRARIES <third-party>
#   INCLUDES <private include folders> SUBJECTS <names> RUNS <mutations in the normal test>)
# A normal test `fuzz: <name>` that replays the seeds and mutations of them, with any compiler. With DS_FUZZ and
# clang, a libFuzzer executable fuzz_<name> too. A target of several subjects has one of each for every subject.
function(ds_fuzz name)
  cmake_parse_arguments(ARG "" "RUNS" "SOURCES;USES;LIBRARIES;INCLUDES;SUBJECTS" ${ARGN})
  list(TRANSFORM ARG_USES PREPEND ds::)
  set(folder ${PROJECT_SOURCE_DIR}/tests/fuzz)
  function(ds_fuzz_executable target)
    add_executable(${target} ${ARG_SOURCES} ${ARGN})
    target_link_libraries(${target} PRIVATE ${ARG_USES} ${ARG_LIBRARIES} ds::base ds_warnings)
    target_include_directories(${target} PRIVATE ${folder} ${ARG_INCLUDES})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  endfunction()
  ds_fuzz_executable(replay_${name} ${folder}/replay_main.cpp ${folder}/mutate.cpp)
  if(NOT ARG_RUNS)
    set(ARG_RUNS 3000)
  endif()
  set(subjects ${ARG_SUBJECTS})
  if(NOT subjects)
    set(subjects ${name})
  endif()
  foreach(subject IN LISTS subjects)
    add_test(NAME "fuzz: ${subject}" COMMAND replay_${name} ${ARG_RUNS} ${subject})
    set_tests_properties("fuzz: ${subject}" PROPERTIES TIMEOUT 300 LABELS fuzz
      SKIP_REGULAR_EXPRESSION "SKIPPED: ")
    if(DS_FUZZ)
      ds_fuzz_executable(fuzz_${subject} ${folder}/fuzz_main.cpp)
      target_compile_definitions(fuzz_${subject} PRIVATE DS_FUZZ_SUBJECT="${subject}")
      target_link_options(fuzz_${subject} PRIVATE -fsanitize=fuzzer)
    endif()
  endforeach()
endfunction()
