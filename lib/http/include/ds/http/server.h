#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "ds/http/message.h"

namespace ds::http {

struct ServerOptions {
  std::string host = "127.0.0.1";  // address to listen on
  int port = 0;                    // 0: any free one, see Server::port
  int io_threads = 1;  // handlers run on these: one that takes long answers from elsewhere (Reply)
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_body_bytes = 32 << 20;
  double deadline_s = 30;               // for one request, from its first byte to the last byte of the answer
  double idle_s = 30;                   // how long a connection may wait before a request begins
  int max_connections = 256;            // more are answered 503 and closed
  std::filesystem::path tls_cert = {};  // PEM chain; with tls_key: https
  std::filesystem::path tls_key = {};   // PEM
  std::filesystem::path token_file = {};  // see TokenFile; empty: no tokens asked for. Re-read on SIGHUP
  std::string tokens = {};                // the text of a token file, when there is no token_file
  std::string server_name = "ds";         // in the Server header
};

/// Answers one request, once, from any thread; later calls do nothing. A Reply that is dropped unanswered
/// answers 500, so that no client waits in vain.
class Reply {
 public:
  explicit Reply(std::function<void(Response)> send);
  void operator()(Response response) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

using Handler = std::function<Response(const Request&)>;
/// For work that does not happen on the I/O thread: keep the Reply and answer later.
using AsyncHandler = std::function<void(Request, Reply)>;

/// What was answered, for logs and metrics.
struct Served {
  std::string method;
  std::string route;  // the pattern that matched, or "" when none did
  std::string target;
  std::string peer;
  std::string token_name;
  int status = 0;
  double seconds = 0;
  std::size_t request_bytes = 0;   // of the body
  std::size_t response_bytes = 0;  // of the body
};

/// The HTTP/1.1 server of ds. Bounds everything a client controls: header and body size, time for a request,
/// number of connections. A request with both Content-Length and Transfer-Encoding is refused (400), as is a
/// compressed body (415). What a handler throws becomes the matching status: UsageError 400, DataError 422,
/// Busy 503, anything else 500, each as `{"error": "..."}`.
class Server {
 public:
  /// Opens nothing yet. Throws UsageError for bad options, Error for a certificate that cannot be used.
  explicit Server(ServerOptions options);
  /// Stops without draining.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// @param pattern `/v2/models/{name}`; `{rest...}` at the end matches what is left, slashes included
  /// @param scope   the token scope it asks for when there is a token file; empty: open to all
  void route(const std::string& method, const std::string& pattern, Handler handler, std::string scope = {});
  void route_async(const std::string& method, const std::string& pattern, AsyncHandler handler,
                   std::string scope = {});
  /// Called after each answer, on an I/O thread.
  void on_served(std::function<void(const Served&)> observer);

  /// Listens and returns. Throws Busy naming the address when the port is taken.
  void start();
  /// The port in use, after start.
  int port() const;
  /// `http://127.0.0.1:8080`
  std::string url() const;
  int connections() const;
  /// Reads the token file again; a broken one is reported as a warning and the old tokens stay.
  void reload_tokens();

  /// Refuses new connections, closes idle ones, lets requests in flight finish for up to `grace_s`, stops.
  /// @return true when everything in flight was answered
  bool drain(double grace_s);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ds::http
