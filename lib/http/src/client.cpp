#include "ds/http/client.h"

#include <fmt/format.h>

#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <utility>

#include "ds/base/error.h"
#include "net.h"

namespace ds::http {

namespace beast = boost::beast;
namespace wire = boost::beast::http;
using namespace detail;

namespace {

struct Url {
  bool tls = false;
  std::string host;
  std::string port;
  std::string target;
};

Url parse_url(const std::string& text) {
  auto bad = [&] { return UsageError(fmt::format("'{}': expected http(s)://host[:port]/path", text)); };
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://"))
    url.tls = true;
  else if (!rest.starts_with("http://"))
    throw bad();
  rest.remove_prefix(url.tls ? 8 : 7);
  auto slash = rest.find('/');
  auto authority = rest.substr(0, slash);
  url.target = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  std::size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    auto end = authority.find(']');
    if (end == std::string_view::npos) throw bad();
    url.host = std::string(authority.substr(1, end - 1));
    if (colon < end) colon = std::string_view::npos;
  } else {
    url.host = std::string(authority.substr(0, colon));
  }
  url.port =
      colon == std::string_view::npos ? (url.tls ? "443" : "80") : std::string(authority.substr(colon + 1));
  if (url.host.empty() || url.port.empty()) throw bad();
  return url;
}

/// One exchange, each step run to its end under one deadline kept by the stream.
class Exchange {
 public:
  Exchange(const std::string& url, const FetchOptions& options)
      : text_(url), url_(parse_url(url)), options_(options) {}

  Response run() {
    if (!url_.tls) {
      beast::tcp_stream stream(context_);
      connect(stream);
      return talk(stream, stream);
    }
    asio::ssl::context tls(asio::ssl::context::tls_client);
    error_code error;
    if (options_.ca_file.empty())
      tls.set_default_verify_paths(error);
    else
      tls.load_verify_file(options_.ca_file.string(), error);
    if (error) throw UsageError(fmt::format("cannot use {}: {}", options_.ca_file.string(), error.message()));
    beast::ssl_stream<beast::tcp_stream> stream(context_, tls);
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(url_.host));
    SSL_set_tlsext_host_name(stream.native_handle(), url_.host.c_str());
    connect(stream.next_layer());
    step([&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
    return talk(stream, stream.next_layer());
  }

 private:
  template <typename Start>
  void step(Start start) {
    error_code result;
    start([&result](error_code error, auto&&...) { result = error; });
    context_.restart();
    context_.run();
    if (result == beast::error::timeout)
      throw Busy(fmt::format("{}: no answer within {} s", text_, options_.timeout_s));
    if (result == wire::error::body_limit)
      throw Error(fmt::format("{}: the answer is larger than {} bytes", text_, options_.max_body_bytes));
    if (result) throw Busy(fmt::format("cannot reach {}: {}", text_, result.message()));
  }

  void connect(beast::tcp_stream& stream) {
    error_code error;
    auto addresses = tcp::resolver(context_).resolve(url_.host, url_.port, error);
    if (error) throw Busy(fmt::format("cannot find {}: {}", url_.host, error.message()));
    stream.expires_after(seconds_of(options_.timeout_s));
    step([&](auto done) { stream.async_connect(addresses, done); });
  }

  template <typename Stream>
  Response talk(Stream& stream, beast::tcp_stream& lowest) {
    auto method = wire::string_to_verb(options_.method);
    wire::request<wire::string_body> request{method, url_.target, 11};
    request.set(wire::field::host, url_.host + ":" + url_.port);
    request.set(wire::field::user_agent, "ds");
    request.set(wire::field::connection, "close");
    if (!options_.content_type.empty()) request.set(wire::field::content_type, options_.content_type);
    if (!options_.token.empty()) request.set(wire::field::authorization, "Bearer " + options_.token);
    for (const auto& [name, value] : options_.headers) request.set(name, value);
    request.body() = options_.body;
    request.prepare_payload();
    step([&](auto done) { wire::async_write(stream, request, done); });
    wire::response_parser<wire::string_body> parser;
    parser.body_limit(options_.max_body_bytes);
    parser.skip(method == wire::verb::head);
    beast::flat_buffer buffer;
    step([&](auto done) { wire::async_read(stream, buffer, parser, done); });
    error_code ignored;
    lowest.socket().shutdown(tcp::socket::shutdown_both, ignored);
    Response response{static_cast<int>(parser.get().result_int()), "", std::move(parser.get().body())};
    for (const auto& field : parser.get()) {
      if (field.name() == wire::field::content_type) response.content_type = std::string(field.value());
      response.headers.add(std::string(field.name_string()), std::string(field.value()));
    }
    return response;
  }

  std::string text_;
  Url url_;
  const FetchOptions& options_;
  asio::io_context context_;
};

}  // namespace

Response fetch(const std::string& url, const FetchOptions& options) {
  return Exchange(url, options).run();
}

}  // namespace ds::http
