#pragma once

#include <memory>

#include "core.h"

namespace boost::asio::ssl {
class context;
}

namespace ds::http::detail {

/// Serves one accepted connection until it ends. It stands in core->connections meanwhile, and keeps the core
/// alive; the socket's executor is its strand.
void serve_plain(const std::shared_ptr<Core>& core, tcp::socket socket);
/// The same after a TLS handshake. `tls` outlives the connection.
void serve_tls(const std::shared_ptr<Core>& core, tcp::socket socket, asio::ssl::context& tls);

}  // namespace ds::http::detail
