#include <fmt/format.h>

#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/http/client.h"
#include "session.h"

namespace ds::http {

struct Reply::State {
  std::function<void(Response)> send;
  std::atomic<bool> answered{false};
  explicit State(std::function<void(Response)> s) : send(std::move(s)) {}
  ~State() {
    if (!answered) send(Response::error(500, "the request was dropped"));
  }
};

Reply::Reply(std::function<void(Response)> send) : state_(std::make_shared<State>(std::move(send))) {}

void Reply::operator()(Response response) const {
  if (!state_->answered.exchange(true)) state_->send(std::move(response));
}

namespace {

using TlsStream = asio::ssl::stream<tcp::socket>;

void check_options(const ServerOptions& options) {
  if (options.port < 0 || options.port > 65535)
    throw UsageError(fmt::format("port {}: expected 0 to 65535", options.port));
  if (options.tls_cert.empty() != options.tls_key.empty())
    throw UsageError("TLS needs both a certificate and a key", "give --tls-cert and --tls-key");
  if (options.io_threads < 1)
    throw UsageError(fmt::format("I/O threads {}: expected at least 1", options.io_threads));
  if (options.deadline_s <= 0 || options.idle_s <= 0)
    throw UsageError("deadline and idle time must be more than 0 seconds");
  if (options.max_connections < 1)
    throw UsageError(fmt::format("{} connections: expected at least 1", options.max_connections));
}

asio::ip::address listen_address(const std::string& host) {
  error_code error;
  auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error)
    throw UsageError(fmt::format("host '{}': expected an address such as 127.0.0.1, 0.0.0.0 or ::1", host));
  return address;
}

}  // namespace

struct Server::Impl {
  std::shared_ptr<Core> core;
  tcp::acceptor acceptor;
  asio::steady_timer accept_pause;
  asio::signal_set hangup;
  std::optional<asio::ssl::context> tls;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
  int port = 0;

  explicit Impl(ServerOptions options)
      : core(std::make_shared<Core>(std::move(options))),
        acceptor(asio::make_strand(core->context)),
        accept_pause(acceptor.get_executor()),
        hangup(acceptor.get_executor()) {}

  void load_certificate() {
    const auto& options = core->options;
    tls.emplace(asio::ssl::context::tls_server);
    tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv3 |
                     asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    for (const auto& [what, file] : {std::pair{"certificate", options.tls_cert}, {"key", options.tls_key}})
      if (!std::filesystem::exists(file))
        throw UsageError(fmt::format("cannot use {} {}: no such file", what, file.string()));
    error_code error;
    tls->use_certificate_chain_file(options.tls_cert.string(), error);
    if (error)
      throw UsageError(
          fmt::format("cannot use certificate {}: {}", options.tls_cert.string(), error.message()));
    tls->use_private_key_file(options.tls_key.string(), asio::ssl::context::pem, error);
    if (error)
      throw UsageError(fmt::format("cannot use key {}: {}", options.tls_key.string(), error.message()));
  }

  void listen() {
    const auto& options = core->options;
    tcp::endpoint endpoint(listen_address(options.host), static_cast<unsigned short>(options.port));
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) {
      port = acceptor.local_endpoint().port();
      return;
    }
    error_code ignored;
    acceptor.close(ignored);
    auto where = fmt::format("{}:{}", options.host, options.port);
    if (error == asio::error::address_in_use)
      throw Busy(fmt::format("port {} is in use ({})", options.port, where),
                 "choose another with --port, or --port 0 for any free one");
    throw Error(fmt::format("cannot listen on {}: {}", where, error.message()));
  }

  void accept_next() {
    acceptor.async_accept(asio::make_strand(core->context), [this](error_code error, tcp::socket socket) {
      if (core->draining || error == asio::error::operation_aborted) return;
      if (error) {  // out of descriptors, most likely: give connections time to end
        accept_pause.expires_after(std::chrono::milliseconds(100));
        accept_pause.async_wait([this](error_code stopped) {
          if (!stopped) accept_next();
        });
        return;
      }
      welcome(std::move(socket));
      accept_next();
    });
  }

  void welcome(tcp::socket socket) {
    std::size_t open = 0;
    {
      std::lock_guard guard(core->mutex);
      open = core->connections.size();
    }
    if (open >= static_cast<std::size_t>(core->options.max_connections)) return turn_away(std::move(socket));
    if (tls)
      std::make_shared<Session<TlsStream>>(core, std::move(socket), *tls)->start();
    else
      std::make_shared<Session<tcp::socket>>(core, std::move(socket))->start();
  }

  void turn_away(tcp::socket socket) const {
    error_code ignored;
    if (!tls) {
      auto body = Response::error(503, "too many connections").body;
      auto text = fmt::format(
          "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
          "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
          body.size(), body);
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(text), ignored);
      socket.shutdown(tcp::socket::shutdown_send, ignored);
    }
    socket.close(ignored);
  }

  void watch_hangup(Server& server) {
    hangup.async_wait([this, &server](error_code error, int) {
      if (error) return;
      server.reload_tokens();
      watch_hangup(server);
    });
  }

  void close_connections(bool only_if_idle) {
    std::lock_guard guard(core->mutex);
    for (auto* connection : core->connections) connection->close(only_if_idle);
  }

  void stop_accepting() {
    core->draining = true;
    asio::post(acceptor.get_executor(), [this] {
      error_code ignored;
      acceptor.close(ignored);
      hangup.cancel(ignored);
      accept_pause.cancel();
    });
  }

  bool wait_until_empty(double seconds) {
    std::unique_lock guard(core->mutex);
    return core->changed.wait_for(guard, seconds_of(seconds), [this] { return core->connections.empty(); });
  }

  void join() {
    work.reset();
    for (auto& thread : threads) thread.join();
    threads.clear();
  }
};

Server::Server(ServerOptions options) {
  check_options(options);
  impl_ = std::make_unique<Impl>(std::move(options));
  if (!impl_->core->options.tls_cert.empty()) impl_->load_certificate();
  const auto& kept = impl_->core->options;
  if (!kept.token_file.empty())
    impl_->core->tokens = std::make_shared<TokenFile>(TokenFile::read(kept.token_file));
  else if (!kept.tokens.empty())
    impl_->core->tokens = std::make_shared<TokenFile>(TokenFile::parse(kept.tokens, "tokens"));
}

Server::~Server() {
  drain(0);
}

void Server::route(const std::string& method, const std::string& pattern, Handler handler,
                   std::string scope) {
  impl_->core->router.add({method, pattern, {}, std::move(scope), std::move(handler), nullptr});
}

void Server::route_async(const std::string& method, const std::string& pattern, AsyncHandler handler,
                         std::string scope) {
  impl_->core->router.add({method, pattern, {}, std::move(scope), nullptr, std::move(handler)});
}

void Server::on_served(std::function<void(const Served&)> observer) {
  impl_->core->observer = std::move(observer);
}

void Server::start() {
  impl_->listen();
  if (!impl_->core->options.token_file.empty()) {
    impl_->hangup.add(SIGHUP);
    impl_->watch_hangup(*this);
  }
  impl_->work.emplace(impl_->core->context.get_executor());
  impl_->accept_next();
  for (int i = 0; i < impl_->core->options.io_threads; ++i)
    impl_->threads.emplace_back([core = impl_->core] { core->context.run(); });
}

int Server::port() const {
  return impl_->port;
}

std::string Server::url() const {
  const auto& options = impl_->core->options;
  bool v6 = options.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", impl_->tls ? "https" : "http", v6 ? "[" : "", options.host,
                     v6 ? "]" : "", impl_->port);
}

int Server::connections() const {
  std::lock_guard guard(impl_->core->mutex);
  return static_cast<int>(impl_->core->connections.size());
}

void Server::reload_tokens() {
  const auto& path = impl_->core->options.token_file;
  if (path.empty()) return;
  try {
    auto fresh = std::make_shared<const TokenFile>(TokenFile::read(path));
    std::lock_guard guard(impl_->core->mutex);
    impl_->core->tokens = std::move(fresh);
  } catch (const Error& error) {
    log::warning(fmt::format("tokens not reloaded, the old ones stay: {}", error.what()));
  }
}

bool Server::drain(double grace_s) {
  if (impl_->threads.empty()) return true;
  impl_->stop_accepting();
  impl_->close_connections(true);
  bool finished = impl_->wait_until_empty(grace_s);
  if (!finished) impl_->close_connections(false);
  impl_->join();
  return finished;
}

// The client
// ---------------------------------------------------------------------------------------------------

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
