#include "session.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>
#include <type_traits>

#include "ds/base/clock.h"

namespace ds::http::detail {

namespace beast = boost::beast;
namespace wire = boost::beast::http;

namespace {

/// One connection: requests one after the other, each read, answered and written under one timer.
///
/// A session is a state machine (Phase) whose every step runs on the socket's strand, so that it needs no lock;
/// only Reply and close() come from other threads, and both post themselves there. Each pending operation holds
/// the session by a shared_ptr, a Reply only weakly: a client that has gone does not wait for its answer, and an
/// answer that comes late (the deadline has answered, the next request has begun) finds another request number
/// and is dropped. What can be refused is refused before a byte of the body is read.
template <typename Stream>
class Session final : public Connection, public std::enable_shared_from_this<Session<Stream>> {
 public:
  static constexpr bool kTls = !std::is_same_v<Stream, tcp::socket>;

  template <typename... More>
  Session(std::shared_ptr<Core> core, tcp::socket socket, More&... more)
      : core_(std::move(core)), stream_(std::move(socket), more...), timer_(stream_.get_executor()) {
    error_code ignored;
    auto endpoint = lowest().remote_endpoint(ignored);
    if (!ignored) peer_ = endpoint.address().to_string();
    lowest().set_option(tcp::no_delay(true), ignored);
    std::lock_guard guard(core_->mutex);
    core_->connections.insert(this);
  }
  ~Session() override {
    std::lock_guard guard(core_->mutex);
    core_->connections.erase(this);
    core_->changed.notify_all();
  }

  void start() {
    asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] {
      if constexpr (kTls) {
        self->arm(Phase::idle, self->core_->options.deadline_s);
        self->stream_.async_handshake(asio::ssl::stream_base::server, [self](error_code error) {
          if (error) return self->finish();
          self->wait_for_request();
        });
      } else {
        self->wait_for_request();
      }
    });
  }

  void close(bool only_if_idle) override {
    asio::post(stream_.get_executor(), [weak = this->weak_from_this(), only_if_idle] {
      if (auto self = weak.lock(); self && (!only_if_idle || self->phase_ == Phase::idle)) self->finish();
    });
  }

 private:
  enum class Phase { idle, reading, handling, writing, closing, closed };

  auto& lowest() {
    if constexpr (kTls)
      return stream_.next_layer();
    else
      return stream_;
  }

  void arm(Phase phase, double seconds) {
    phase_ = phase;
    timer_.expires_after(seconds_of(seconds));
    timer_.async_wait([self = this->shared_from_this()](error_code error) {
      // A cancelled wait whose timer was set again meanwhile must not act.
      if (!error && self->timer_.expiry() <= std::chrono::steady_clock::now()) self->on_deadline();
    });
  }

  void on_deadline() {
    error_code ignored;
    switch (phase_) {
      case Phase::reading:
        timed_out_ = true;
        lowest().cancel(ignored);
        break;
      case Phase::handling:
        keep_alive_ = false;
        answer(Response::error(504, "no answer within the deadline of one request"));
        break;
      case Phase::idle:
      case Phase::writing:
      case Phase::closing:
        finish();
        break;
      case Phase::closed:
        break;
    }
  }

  void wait_for_request() {
    if (phase_ == Phase::closed) return;
    if (core_->draining) return finish();
    if (buffer_.size() > 0) return read_header();
    arm(Phase::idle, core_->options.idle_s);
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = this->shared_from_this()](error_code error, std::size_t bytes) {
                              if (error || self->phase_ == Phase::closed) return self->finish();
                              self->buffer_.commit(bytes);
                              self->read_header();
                            });
  }

  void read_header() {
    elapsed_.restart();
    ++request_number_;
    timed_out_ = false;
    request_ = Request{};
    route_ = nullptr;
    is_head_ = false;
    keep_alive_ = false;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_->options.max_header_bytes));
    parser_->body_limit(core_->options.max_body_bytes);
    arm(Phase::reading, core_->options.deadline_s);
    wire::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->on_read_error(error);
                              self->on_header();
                            });
  }

  void on_read_error(error_code error) {
    if (phase_ == Phase::closed) return;
    if (timed_out_) return answer(Response::error(408, "the request did not arrive within its deadline"));
    if (error == wire::error::body_limit)
      return answer(Response::error(
          413, "the body is larger than " + std::to_string(core_->options.max_body_bytes) + " bytes"));
    if (error == wire::error::header_limit)
      return answer(Response::error(
          431, "the header is larger than " + std::to_string(core_->options.max_header_bytes) + " bytes"));
    bool malformed = error.category() == make_error_code(wire::error::bad_method).category() &&
                     error != wire::error::end_of_stream && error != wire::error::partial_message;
    if (malformed) return answer(Response::error(400, "malformed request: " + error.message()));
    finish();
  }

  void on_header() {
    if (phase_ == Phase::closed) return;
    const auto& header = parser_->get();
    request_.method = std::string(header.method_string());
    request_.target = std::string(header.target());
    request_.peer = peer_;
    for (const auto& field : header)
      request_.headers.add(std::string(field.name_string()), std::string(field.value()));
    is_head_ = header.method() == wire::verb::head;
    if (auto refusal = refuse(header)) {
      keep_alive_ = false;
      return answer(std::move(*refusal));
    }
    auto length = parser_->content_length();
    if (length && *length > core_->options.max_body_bytes) return on_read_error(wire::error::body_limit);
    if (!beast::iequals(header[wire::field::expect], "100-continue")) return read_body();
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = this->shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->on_read_error(error);
                        self->read_body();
                      });
  }

  /// What can be refused before a byte of the body is read.
  template <typename Header>
  std::optional<Response> refuse(const Header& header) {
    auto coding = header.find(wire::field::transfer_encoding);
    if (coding != header.end()) {
      if (header.count(wire::field::content_length) > 0)
        return Response::error(400, "both Content-Length and Transfer-Encoding");
      if (!beast::iequals(coding->value(), "chunked"))
        return Response::error(501, "Transfer-Encoding: only chunked is understood");
    }
    auto encoding = header[wire::field::content_encoding];
    if (!encoding.empty() && !beast::iequals(encoding, "identity"))
      return Response::error(415, "compressed request bodies are not accepted");
    if (!parse_target(request_)) return Response::error(400, "malformed target");
    std::vector<std::string> other_methods;
    route_ = core_->router.find(request_, other_methods);
    if (route_ == nullptr && other_methods.empty())
      return Response::error(404, "no such path: " + request_.path);
    if (route_ == nullptr) {
      auto refusal = Response::error(405, request_.method + " is not possible on " + request_.path);
      for (const auto& method : other_methods) refusal.headers.add("Allow", method);
      return refusal;
    }
    return refuse_token();
  }

  std::optional<Response> refuse_token() {
    auto tokens = core_->current_tokens();
    if (!tokens || route_->scope.empty()) return std::nullopt;
    auto given = request_.headers.get_or("Authorization", "");
    bool is_bearer = given.size() > 7 && beast::iequals(given.substr(0, 7), "bearer ");
    const TokenEntry* entry = is_bearer ? tokens->find(given.substr(7)) : nullptr;
    if (entry == nullptr) {
      auto refusal = Response::error(
          401, is_bearer ? "unknown token" : "a token is needed: Authorization: Bearer <token>");
      refusal.headers.add("WWW-Authenticate", "Bearer");
      return refusal;
    }
    request_.token_name = entry->name;
    if (!allows(*entry, route_->scope))
      return Response::error(403, "token " + entry->name + " lacks the scope " + route_->scope);
    return std::nullopt;
  }

  void read_body() {
    wire::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](error_code error, std::size_t) {
                       if (error) return self->on_read_error(error);
                       self->handle();
                     });
  }

  void handle() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::handling;  // under the same timer: the deadline is for the whole request
    keep_alive_ = parser_->get().keep_alive();
    request_.body = std::move(parser_->get().body());
    request_bytes_ = request_.body.size();
    Reply reply([weak = this->weak_from_this(), number = request_number_](Response response) {
      auto self = weak.lock();
      if (!self) return;
      asio::dispatch(self->stream_.get_executor(), [self, number, response = std::move(response)]() mutable {
        if (self->phase_ == Phase::handling && self->request_number_ == number)
          self->answer(std::move(response));
      });
    });
    served_ = {request_.method, route_->pattern, request_.target, peer_, request_.token_name};
    try {
      if (route_->handler)
        reply(route_->handler(request_));
      else
        route_->async_handler(std::move(request_), reply);
    } catch (...) {
      reply(response_for(std::current_exception()));
    }
  }

  void answer(Response response) {
    if (phase_ == Phase::closed) return;
    if (phase_ == Phase::reading) {
      served_ = {request_.method, route_ ? route_->pattern : "", request_.target, peer_, request_.token_name};
      keep_alive_ = false;
      request_bytes_ = 0;
    }
    arm(Phase::writing, std::max(1.0, core_->options.deadline_s - elapsed_.seconds()));
    if (core_->draining) keep_alive_ = false;
    served_.status = response.status;
    served_.request_bytes = request_bytes_;
    served_.response_bytes = response.body.size();
    outgoing_.emplace();
    outgoing_->version(11);
    outgoing_->result(static_cast<unsigned>(response.status));
    outgoing_->set(wire::field::server, core_->options.server_name);
    if (!response.content_type.empty()) outgoing_->set(wire::field::content_type, response.content_type);
    outgoing_->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) outgoing_->insert(name, value);
    outgoing_->content_length(response.body.size());
    outgoing_->keep_alive(keep_alive_);
    if (!is_head_) outgoing_->body() = std::move(response.body);
    wire::async_write(stream_, *outgoing_, [self = this->shared_from_this()](error_code error, std::size_t) {
      self->on_written(error);
    });
  }

  void on_written(error_code error) {
    if (phase_ == Phase::closed) return;
    served_.seconds = elapsed_.seconds();
    if (core_->observer) core_->observer(served_);
    if (error) return finish();
    if (keep_alive_) return wait_for_request();
    linger();
  }

  /// Closes so that the client can read the answer even while it is still sending: half-close, then read what
  /// comes for a moment (closing with unread bytes would reset the connection under the answer).
  void linger() {
    arm(Phase::closing, 1);
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](error_code) { self->finish(); });
    } else {
      error_code ignored;
      lowest().shutdown(tcp::socket::shutdown_send, ignored);
      discard();
    }
  }

  void discard() {
    buffer_.consume(buffer_.size());
    lowest().async_read_some(buffer_.prepare(65536),
                             [self = this->shared_from_this()](error_code error, std::size_t) {
                               if (error || self->phase_ == Phase::closed) return self->finish();
                               self->discard();
                             });
  }

  void finish() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    timer_.cancel();
    error_code ignored;
    lowest().shutdown(tcp::socket::shutdown_both, ignored);
    lowest().close(ignored);
  }

  std::shared_ptr<Core> core_;
  Stream stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::optional<wire::request_parser<wire::string_body>> parser_;
  std::optional<wire::response<wire::string_body>> outgoing_;
  Request request_;
  const Route* route_ = nullptr;
  Served served_;
  Stopwatch elapsed_;
  Phase phase_ = Phase::idle;
  std::string peer_;
  std::size_t request_bytes_ = 0;
  std::uint64_t request_number_ = 0;
  bool keep_alive_ = false;
  bool is_head_ = false;
  bool timed_out_ = false;
};

}  // namespace

void serve_plain(const std::shared_ptr<Core>& core, tcp::socket socket) {
  std::make_shared<Session<tcp::socket>>(core, std::move(socket))->start();
}

void serve_tls(const std::shared_ptr<Core>& core, tcp::socket socket, asio::ssl::context& tls) {
  std::make_shared<Session<asio::ssl::stream<tcp::socket>>>(core, std::move(socket), tls)->start();
}

}  // namespace ds::http::detail
