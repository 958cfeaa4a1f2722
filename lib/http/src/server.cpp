#include "ds/http/server.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "core.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "session.h"

namespace ds::http {

using namespace detail;

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

/// Everything of a server that knows Asio: the listening socket, the threads and what its connections share.
/// The acceptor, its timer and the hang-up signal run on one strand, so that none of them needs a lock; the set
/// of connections is guarded by the core's mutex, because drain() reads it from the caller's thread. Sessions
/// hold the core, never the Impl: one that ends late finds everything it needs.
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
      serve_tls(core, std::move(socket), *tls);
    else
      serve_plain(core, std::move(socket));
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

}  // namespace ds::http
