#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

/// A socket that sends exactly the bytes it is told to: what a well-behaved client library would never send.
class RawClient {
 public:
  explicit RawClient(int port) {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<unsigned short>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(descriptor_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }

  /// False when the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Everything until the other side closes, or nothing comes for 10 s.
  std::string read_to_end() {
    std::string all;
    while (read_some(all)) {
    }
    return all;
  }

  /// Until `text` has come (or the end).
  std::string read_until(std::string_view text) {
    std::string all;
    while (all.find(text) == std::string::npos && read_some(all)) {
    }
    return all;
  }

 private:
  bool read_some(std::string& all) {
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, 10000) <= 0) return false;
    char buffer[4096];
    auto count = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    all.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  int descriptor_ = -1;
  bool connected_ = false;
};
