#include "ds/http/message.h"
#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::http;

TEST_CASE("percent escapes decode, and broken ones are refused") {
  REQUIRE(percent_decode("%41%2Fb+c") == "A/b+c");
  REQUIRE(percent_decode("a+b", true) == "a b");
  REQUIRE(percent_decode("%4") == std::nullopt);
  REQUIRE(percent_decode("%zz") == std::nullopt);
  REQUIRE(percent_decode("a%00b") == std::nullopt);
}

TEST_CASE("a query is a map, the last of a repeated name wins") {
  auto query = parse_query("a=1&b=x%20y&&flag&a=2");
  REQUIRE(query.has_value());
  REQUIRE(query->size() == 3);
  REQUIRE(query->at("a") == "2");
  REQUIRE(query->at("b") == "x y");
  REQUIRE(query->at("flag").empty());
  REQUIRE_FALSE(parse_query("a=%G0").has_value());
}

TEST_CASE("query values become numbers and flags, or say what was expected") {
  Request request;
  request.query = {{"score", "0.5"}, {"bad", "x"}, {"draw", ""}, {"off", "0"}, {"odd", "maybe"}};
  REQUIRE(request.query_number("score") == 0.5);
  REQUIRE_FALSE(request.query_number("none").has_value());
  REQUIRE_THROWS_WITH(request.query_number("bad"), "?bad=x: expected a number");
  REQUIRE(request.query_flag("draw"));
  REQUIRE_FALSE(request.query_flag("off"));
  REQUIRE_FALSE(request.query_flag("none"));
  REQUIRE_THROWS_WITH(request.query_flag("odd"), "?odd=maybe: expected 1 or 0");
}

TEST_CASE("header names compare without case") {
  Headers headers;
  headers.add("Content-Type", "image/png");
  headers.add("content-type", "image/jpeg");
  REQUIRE(headers.find("CONTENT-TYPE") == "image/png");
  headers.set("content-TYPE", "text/plain");
  REQUIRE(headers.find("Content-Type") == "text/plain");
  REQUIRE(std::distance(headers.begin(), headers.end()) == 1);
  REQUIRE(headers.get_or("X-None", "-") == "-");
}

TEST_CASE("an error is one JSON object, whatever the message holds") {
  REQUIRE(Response::error(400, "a \"b\"").body == "{\"error\":\"a \\\"b\\\"\"}\n");
  REQUIRE(Response::error(400, "\xff").body == "{\"error\":\"\xEF\xBF\xBD\"}\n");
}

namespace {
const std::string kType = "multipart/form-data; boundary=\"XY\"";
std::string form(const std::string& parts) {
  return parts + "--XY--\r\n";
}
}  // namespace

TEST_CASE("the first file of a form is the upload") {
  Request request;
  request.headers.add("Content-Type", kType);
  request.body = form(
      "--XY\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
      "--XY\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".png\"\r\n"
      "Content-Type: image/png\r\n\r\nPNG\r\n\r\n-data\r\n");
  REQUIRE(uploaded_file(request) == "PNG\r\n\r\n-data");
  auto parts = parse_multipart(kType, request.body);
  REQUIRE(parts.size() == 2);
  REQUIRE(parts[0].name == "note");
  REQUIRE(parts[0].content == "hello");
  REQUIRE(parts[1].file_name == "a \"b\".png");
  REQUIRE(parts[1].content_type == "image/png");
}

TEST_CASE("a body that is no form is the upload itself") {
  Request request;
  request.headers.add("Content-Type", "image/jpeg");
  request.body = "bytes";
  REQUIRE(uploaded_file(request) == "bytes");
}

TEST_CASE("broken forms are refused with the reason") {
  REQUIRE_THROWS_WITH(parse_multipart("multipart/form-data", "x"),
                      "multipart body: the Content-Type has no boundary of 1 to 70 characters");
  REQUIRE_THROWS_WITH(parse_multipart(kType, "no boundary here"), "multipart body: no line --XY");
  REQUIRE_THROWS_WITH(parse_multipart(kType, "--XY\r\nA: b\r\n\r\ncut"),
                      "multipart body: cut off, no closing --XY--");
  REQUIRE_THROWS_WITH(parse_multipart(kType, form("--XY\r\nno headers\r\n")),
                      "multipart body: part 1 has no headers");
  std::string many;
  for (int i = 0; i < 65; ++i) many += "--XY\r\nA: b\r\n\r\nx\r\n";
  REQUIRE_THROWS_WITH(parse_multipart(kType, form(many)), "multipart body: more than 64 parts");
  Request request;
  request.headers.add("Content-Type", kType);
  request.body = form("--XY\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n");
  REQUIRE_THROWS_WITH(uploaded_file(request), "multipart body: no part with a filename");
}
