#pragma once

/// Ctrl-C and SIGTERM as a flag that long work looks at between steps.
namespace ds {

/// Installs handlers for SIGINT and SIGTERM; a second Ctrl-C ends the process at once.
void install_stop_handlers();
/// The signal that asked us to stop, or 0.
int stop_signal();
/// Throws Interrupted when a signal has asked us to stop.
void throw_if_stopped();
/// As if the signal had come; 0 clears it. For tests and for servers told to stop over HTTP.
void request_stop(int signal_number);

}  // namespace ds
