#pragma once

#include <string_view>

/// Files that are part of the program: lib/report/page/* and Debian's Chart.js.
namespace ds::detail {

std::string_view chart_js();
std::string_view page_css();
std::string_view dark_css();
std::string_view page_js();

}  // namespace ds::detail
