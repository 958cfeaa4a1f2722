#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What goes over the wire, free of any networking library.
namespace ds::http {

/// Header fields in their order; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every field of this name.
  void set(const std::string& name, std::string value);
  /// The first field of this name.
  std::optional<std::string> find(std::string_view name) const;
  std::string get_or(std::string_view name, std::string otherwise) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method;                             // "GET"
  std::string target;                             // as sent: "/v1/detect?draw=1"
  std::string path;                               // percent-decoded, without the query: "/v1/detect"
  std::map<std::string, std::string> query;       // decoded; the last of a repeated name wins
  std::map<std::string, std::string> parameters;  // what a route's {name} matched
  Headers headers;
  std::string body;
  std::string peer;        // address of the client
  std::string token_name;  // of the token that let the request in; empty without tokens

  std::optional<std::string> query_value(const std::string& name) const;
  /// A number from the query, or nothing when absent. Throws UsageError: `?score=x: expected a number`.
  std::optional<double> query_number(const std::string& name) const;
  /// True for `1`, `true`, `yes` and an empty value; false when absent, `0`, `false` or `no`; throws
  /// UsageError for anything else.
  bool query_flag(const std::string& name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  Headers headers = {};

  static Response json(std::string text, int status = 200) {
    return {status, "application/json", std::move(text)};
  }
  static Response text(std::string text, int status = 200) {
    return {status, "text/plain; charset=utf-8", std::move(text)};
  }
  /// `{"error": "<message>"}`
  static Response error(int status, const std::string& message);
};

/// `%41+b` to `A+b` (a plus stays a plus unless `plus_is_blank`); nothing when an escape is broken
/// or gives a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);
/// `a=1&b=x%20y` as a map; nothing when an escape is broken.
std::optional<std::map<std::string, std::string>> parse_query(std::string_view text);

/// One part of a multipart/form-data body.
struct FormPart {
  std::string name;
  std::string file_name;     // empty: a plain field
  std::string content_type;  // empty: not given
  std::string_view content;  // into the body it was parsed from
};

/// The parts of a multipart/form-data body (RFC 7578). Throws DataError when the boundary is missing or the
/// body does not follow it, and when there are more than 64 parts.
std::vector<FormPart> parse_multipart(std::string_view content_type, std::string_view body);

/// The picture (or other file) a client sent: the first file part of a multipart/form-data body, or else the
/// whole body. Throws DataError when a multipart body holds no file.
std::string_view uploaded_file(const Request& request);

}  // namespace ds::http
