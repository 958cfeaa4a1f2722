#include "ranks/failure.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ranks/message.h"

namespace ds::detail {
namespace {

enum class Kind : char { plain, usage, data, busy, interrupted };

Kind kind_of(const std::exception& error) {
  if (dynamic_cast<const UsageError*>(&error) != nullptr) return Kind::usage;
  if (dynamic_cast<const DataError*>(&error) != nullptr) return Kind::data;
  if (dynamic_cast<const Busy*>(&error) != nullptr) return Kind::busy;
  if (dynamic_cast<const Interrupted*>(&error) != nullptr) return Kind::interrupted;
  return Kind::plain;
}

}  // namespace

std::string pack_failure(const std::exception& error) {
  const auto* interrupted = dynamic_cast<const Interrupted*>(&error);
  const auto* ours = dynamic_cast<const Error*>(&error);
  MessageWriter writer;
  writer.put(kind_of(error));
  writer.put(interrupted != nullptr ? interrupted->signal_number() : 0);
  writer.put_text(ours != nullptr ? error.what() : first_line(error.what()));
  writer.put_text(ours != nullptr ? ours->advice() : std::string());
  return writer.take();
}

void throw_failure_of(int rank, const std::string& packed) {
  MessageReader reader(packed);
  auto kind = reader.get<Kind>();
  auto signal_number = reader.get<int>();
  auto message = fmt::format("rank {}: {}", rank, reader.get_text());
  auto advice = reader.get_text();
  switch (kind) {
    case Kind::usage:
      throw UsageError(message, advice);
    case Kind::data:
      throw DataError(message, advice);
    case Kind::busy:
      throw Busy(message, advice);
    case Kind::interrupted:
      throw Interrupted(signal_number);
    case Kind::plain:
      break;
  }
  throw Error(message, advice);
}

std::string first_line(const char* text) {
  std::string line = text;
  return line.substr(0, line.find('\n'));
}

}  // namespace ds::detail
