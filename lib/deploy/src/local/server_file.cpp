#include "local/server_file.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/lock.h"
#include "ds/http/client.h"
#include "ds/project/project.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {
fs::path server_file(const fs::path& folder) {
  return folder / "server.json";
}
}  // namespace

fs::path server_lock(const fs::path& folder) {
  return folder / "server.lock";
}

void write_server_file(const fs::path& folder, const ServerFile& server) {
  nlohmann::ordered_json json{{"pid", server.pid},
                              {"url", server.url},
                              {"admin_port", server.admin_port},
                              {"admin_token", server.admin_token},
                              {"ca_file", server.ca_file}};
  AtomicFile file(server_file(folder));
  fs::permissions(file.temporary_path(), fs::perms::owner_read | fs::perms::owner_write);
  file.write(json.dump() + "\n");
  file.commit();
}

void remove_server_file(const fs::path& folder) {
  std::error_code ignored;
  fs::remove(server_file(folder), ignored);
}

std::optional<ServerFile> running_server(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(server_lock(folder), ignored) || FileLock::try_lock(server_lock(folder)))
    return std::nullopt;
  auto file = server_file(folder);
  if (!fs::exists(file, ignored)) return ServerFile{};  // it holds the lock and is about to write the file
  try {
    auto json = nlohmann::json::parse(read_file(file));
    return ServerFile{json.at("pid").get<int>(), json.at("url").get<std::string>(),
                      json.at("admin_port").get<int>(), json.at("admin_token").get<std::string>(),
                      json.at("ca_file").get<std::string>()};
  } catch (const nlohmann::json::exception& error) {
    throw FormatError({file}, error.what(), "stop the server by its pid and start it again");
  }
}

FileLock lock_deployment(Project& project, const std::string& name) {
  Stopwatch waited;
  for (;;) {
    try {
      return project.lock("deployment-" + name);
    } catch (const Busy&) {
      if (waited.seconds() > 10) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string ask_admin(const ServerFile& server, const std::string& method, const std::string& path,
                      const std::string& body, double timeout_s) {
  if (server.admin_port == 0) throw Busy("the server is only just starting", "try again in a moment");
  http::FetchOptions options;
  options.method = method;
  options.body = body;
  options.token = server.admin_token;
  options.timeout_s = timeout_s;
  auto answer = http::fetch(fmt::format("http://127.0.0.1:{}{}", server.admin_port, path), options);
  if (answer.status < 300) return answer.body;
  std::string message = answer.body;
  auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) message = json["error"];
  if (answer.status == 409 || answer.status == 503) throw Busy(message);
  if (answer.status == 400) throw UsageError(message);
  if (answer.status == 422) throw DataError(message);
  throw Error(fmt::format("the server answered {}: {}", answer.status, message));
}

}  // namespace ds::detail
