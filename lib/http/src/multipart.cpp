#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/http/message.h"

namespace ds::http {
namespace {

constexpr std::size_t kMaxParts = 64;

/// The value of `name=` in `form-data; name="file"; filename="a.jpg"`, without its quotes.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  std::size_t at = header.find(';');
  while (at != std::string_view::npos) {
    auto rest = trim(header.substr(at + 1));
    auto equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    auto key = to_lower(trim(rest.substr(0, equals)));
    auto value = trim(rest.substr(equals + 1));
    std::string text;
    std::size_t used = 0;
    if (!value.empty() && value.front() == '"') {
      for (used = 1; used < value.size() && value[used] != '"'; ++used) {
        if (value[used] == '\\' && used + 1 < value.size()) ++used;
        text += value[used];
      }
      if (used >= value.size()) return std::nullopt;
    } else {
      used = std::min(value.find(';'), value.size());
      text = std::string(trim(value.substr(0, used)));
    }
    if (key == to_lower(name)) return text;
    auto next = value.find(';', used);
    at =
        next == std::string_view::npos ? next : static_cast<std::size_t>(value.data() - header.data()) + next;
  }
  return std::nullopt;
}

FormPart parse_part(std::string_view part, std::size_t number) {
  auto end_of_headers = part.find("\r\n\r\n");
  if (!part.starts_with("\r\n") || end_of_headers == std::string_view::npos)
    throw DataError(fmt::format("multipart body: part {} has no headers", number));
  FormPart result;
  result.content = part.substr(end_of_headers + 4);
  auto headers = part.substr(2, end_of_headers - 2 + 2);
  while (!headers.empty()) {
    auto line_end = headers.find("\r\n");
    if (line_end == std::string_view::npos) break;
    auto line = headers.substr(0, line_end);
    headers.remove_prefix(line_end + 2);
    auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto name = to_lower(trim(line.substr(0, colon)));
    auto value = trim(line.substr(colon + 1));
    if (name == "content-disposition") {
      result.name = parameter(value, "name").value_or("");
      result.file_name = parameter(value, "filename").value_or("");
    } else if (name == "content-type") {
      result.content_type = std::string(value);
    }
  }
  return result;
}

}  // namespace

std::vector<FormPart> parse_multipart(std::string_view content_type, std::string_view body) {
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70)
    throw DataError("multipart body: the Content-Type has no boundary of 1 to 70 characters");
  std::string delimiter = "\r\n--" + *boundary;
  std::size_t at = 0;
  if (body.starts_with(std::string_view(delimiter).substr(2))) {
    at = delimiter.size() - 2;
  } else {
    at = body.find(delimiter);
    if (at == std::string_view::npos) throw DataError(fmt::format("multipart body: no line --{}", *boundary));
    at += delimiter.size();
  }
  std::vector<FormPart> parts;
  while (!body.substr(at).starts_with("--")) {
    auto next = body.find(delimiter, at);
    if (next == std::string_view::npos)
      throw DataError(fmt::format("multipart body: cut off, no closing --{}--", *boundary));
    if (parts.size() == kMaxParts)
      throw DataError(fmt::format("multipart body: more than {} parts", kMaxParts));
    parts.push_back(parse_part(body.substr(at, next - at), parts.size() + 1));
    at = next + delimiter.size();
  }
  return parts;
}

std::string_view uploaded_file(const Request& request) {
  auto content_type = request.headers.get_or("Content-Type", "");
  if (!to_lower(content_type).starts_with("multipart/form-data")) return request.body;
  for (const auto& part : parse_multipart(content_type, request.body))
    if (!part.file_name.empty()) return part.content;
  throw DataError("multipart body: no part with a filename", "send the picture as -F file=@picture.jpg");
}

}  // namespace ds::http
