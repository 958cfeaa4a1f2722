# The warnings every target of ours compiles with; errors only where a preset asks for it.
add_library(ds_warnings INTERFACE)
target_compile_options(ds_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers)
if(DS_WARNINGS_AS_ERRORS)
  target_compile_options(ds_warnings INTERFACE -Werror)
endif()

# The tests' own code is compiled in half the time without optimisation; what they test is optimised.
add_library(ds_test_flags INTERFACE)
target_compile_options(ds_test_flags INTERFACE -O0)
