#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>

/// What the server and the client share of Asio. Beast is included by client.cpp and session.cpp only: it is
/// slow to compile.
namespace ds::http::detail {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

inline std::chrono::nanoseconds seconds_of(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

}  // namespace ds::http::detail
