#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "ds/http/server.h"
#include "ds/http/tokens.h"
#include "net.h"
#include "router.h"

namespace ds::http::detail {

class Connection {
 public:
  virtual ~Connection() = default;
  /// From any thread: close at once, or (drain) when nothing is in flight.
  virtual void close(bool only_if_idle) = 0;
};

/// What the server and its connections share; it outlives the last of them.
struct Core {
  explicit Core(ServerOptions o) : options(std::move(o)) {}
  ServerOptions options;
  asio::io_context context;
  Router router;
  std::function<void(const Served&)> observer;
  std::atomic<bool> draining{false};

  std::mutex mutex;
  std::condition_variable changed;
  std::set<Connection*> connections;
  std::shared_ptr<const TokenFile> tokens;

  std::shared_ptr<const TokenFile> current_tokens() {
    std::lock_guard guard(mutex);
    return tokens;
  }
};

}  // namespace ds::http::detail
