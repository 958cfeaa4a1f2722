#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

/// A mail server on a free loopback port that keeps what it is given.
class SmtpServer {
 public:
  struct Mail {
    std::string from, to, text;
  };

  /// @param refusals answers to the first RCPT TO commands, one each, before it begins to accept
  explicit SmtpServer(std::vector<std::string> refusals = {}) : refusals_(std::move(refusals)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 8);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~SmtpServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }

  std::string url() const { return fmt::format("smtp://127.0.0.1:{}", port_); }
  int connections() const { return connections_; }
  std::vector<Mail> mails() {
    std::lock_guard guard(mutex_);
    return mails_;
  }

 private:
  void serve() {
    while (!stopping_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 50) <= 0) continue;
      int client = ::accept(listener_, nullptr, nullptr);
      ++connections_;
      talk(client);
      ::close(client);
    }
  }

  static void say(int client, const std::string& line) {
    auto whole = line + "\r\n";
    (void)!::send(client, whole.data(), whole.size(), MSG_NOSIGNAL);
  }

  bool read_line(int client, std::string& buffer, std::string& line) const {
    for (;;) {
      auto end = buffer.find("\r\n");
      if (end != std::string::npos) {
        line = buffer.substr(0, end);
        buffer.erase(0, end + 2);
        return true;
      }
      pollfd waiting{client, POLLIN, 0};
      if (stopping_ || ::poll(&waiting, 1, 5000) <= 0) return false;
      char part[4096];
      auto count = ::recv(client, part, sizeof part, 0);
      if (count <= 0) return false;
      buffer.append(part, static_cast<std::size_t>(count));
    }
  }

  void talk(int client) {
    std::string buffer, line;
    Mail mail;
    say(client, "220 test");
    while (read_line(client, buffer, line)) {
      if (line.starts_with("EHLO")) {
        say(client, "250-test\r\n250 8BITMIME");
      } else if (line.starts_with("MAIL FROM:")) {
        mail.from = line.substr(10);
        say(client, "250 ok");
      } else if (line.starts_with("RCPT TO:")) {
        mail.to = line.substr(8);
        if (refusals_.empty()) {
          say(client, "250 ok");
        } else {
          say(client, refusals_.front());
          refusals_.erase(refusals_.begin());
        }
      } else if (line == "DATA") {
        say(client, "354 go on");
        while (read_line(client, buffer, line) && line != ".") mail.text += line + "\n";
        std::lock_guard guard(mutex_);
        mails_.push_back(mail);
        say(client, "250 taken");
      } else if (line == "QUIT") {
        say(client, "221 bye");
        return;
      } else {
        say(client, "502 what?");
      }
    }
  }

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::vector<std::string> refusals_;
  std::mutex mutex_;
  std::vector<Mail> mails_;
  std::thread thread_;
};
