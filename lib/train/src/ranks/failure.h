#pragma once

#include <exception>
#include <string>

namespace ds::detail {

/// An exception as bytes that another process can throw again. Never empty.
std::string pack_failure(const std::exception& error);
/// Throws what was packed, of the same type and thus with the same exit code: "rank N: message".
[[noreturn]] void throw_failure_of(int rank, const std::string& packed);

/// A library's message without the call stack that torch appends to it.
std::string first_line(const char* text);

}  // namespace ds::detail
