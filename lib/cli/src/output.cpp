#include "ds/cli/output.h"

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "output_closed.h"

namespace ds {
namespace {

[[noreturn]] void failed() {
  int error = errno;
  if (error == EPIPE) throw detail::OutputClosed{};
  throw_io_error("write", "standard output", error);
}

}  // namespace

void Output::text(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) failed();
}

void Output::line(std::string_view text) {
  this->text(text);
  this->text("\n");
}

void Output::json(const nlohmann::ordered_json& document) {
  line(document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void Output::json_line(const nlohmann::ordered_json& document) {
  line(document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void Output::flush() {
  if (std::fflush(stdout) != 0) failed();
}

}  // namespace ds
