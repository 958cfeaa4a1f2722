#include "errors.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <new>

#include "ds/base/charset.h"
#include "ds/base/error.h"
#include "output_closed.h"

namespace ds::detail {
namespace {

int report(const std::string& tool, const std::string& message, const std::string& advice, int code) {
  fmt::print(stderr, "{}: error: {}\n", tool, printable(message));
  if (!advice.empty()) fmt::print(stderr, "  hint: {}\n", advice);
  return code;
}

}  // namespace

int guarded(const std::string& tool, const std::function<int()>& work) {
  try {
    return work();
  } catch (const OutputClosed&) {
    return 0;
  } catch (const UsageError& error) {
    return report(tool, error.what(), error.advice(), 2);
  } catch (const DataError& error) {
    return report(tool, error.what(), error.advice(), 3);
  } catch (const Busy& error) {
    return report(tool, error.what(), error.advice(), 75);
  } catch (const Interrupted& error) {
    return report(tool, error.what(), error.advice(), 128 + error.signal_number());
  } catch (const Error& error) {
    return report(tool, error.what(), error.advice(), 1);
  } catch (const std::bad_alloc&) {
    return report(tool, "out of memory", "use a smaller batch or fewer threads, or close other programs", 1);
  } catch (const std::filesystem::filesystem_error& error) {
    auto path = printable(error.path1().string());
    return report(tool, fmt::format("cannot use {}: {}", path, error.code().message()), "", 1);
  } catch (const std::exception& error) {
    return report(tool, error.what(), "this is a bug in ds: please report it with the command you ran", 1);
  }
}

}  // namespace ds::detail
