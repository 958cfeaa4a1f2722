#include "ds/base/stop.h"

#include <csignal>

#include <atomic>

#include "ds/base/error.h"

namespace ds {
namespace {

std::atomic<int> stopped_by{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

extern "C" void on_stop_signal(int signal_number) {
  if (stopped_by.exchange(signal_number) == SIGINT && signal_number == SIGINT) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
}

}  // namespace

void install_stop_handlers() {
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int stop_signal() {
  return stopped_by.load();
}
void throw_if_stopped() {
  if (int signal_number = stop_signal()) throw Interrupted(signal_number);
}
void request_stop(int signal_number) {
  stopped_by.store(signal_number);
}

}  // namespace ds
