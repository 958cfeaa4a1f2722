#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ds/base/lock.h"

namespace ds {
class Project;
}

namespace ds::detail {

/// deployments/<name>/server.json: how to reach the running server; readable by its owner only,
/// because of the token.
struct ServerFile {
  int pid = 0;
  std::string url;
  int admin_port = 0;
  std::string admin_token;
  std::string ca_file;  // what a client must trust, for a server with TLS
};

void write_server_file(const std::filesystem::path& folder, const ServerFile& server);
void remove_server_file(const std::filesystem::path& folder);
/// Nothing when no server runs: the lock that a server holds is free, whatever a crash left behind.
std::optional<ServerFile> running_server(const std::filesystem::path& folder);
std::filesystem::path server_lock(const std::filesystem::path& folder);

/// Held by whoever starts a deployment's server or changes its model: these take seconds, so it waits a
/// little for the one before. Throws Busy.
FileLock lock_deployment(Project& project, const std::string& name);

/// One request to the admin listener. Throws Busy when it cannot be reached, and Busy (409), UsageError
/// (400), DataError (422) or Error for what it answers.
std::string ask_admin(const ServerFile& server, const std::string& method, const std::string& path,
                      const std::string& body = {}, double timeout_s = 10);

}  // namespace ds::detail
