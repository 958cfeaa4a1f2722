#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/deploy/deployments.h"
#include "ds/http/client.h"
#include "ds/media/image_io.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct CallFlags {
  std::string name;
  std::vector<std::string> images;
  std::optional<double> score;
  std::filesystem::path output;
  std::filesystem::path token_file;
  std::filesystem::path ca_file;
  std::string group;
  double timeout_s = 60;
};

/// Where to, and the certificate to trust.
std::pair<std::string, std::filesystem::path> address_of(Context& context, const CallFlags& flags) {
  if (flags.name.starts_with("http://") || flags.name.starts_with("https://"))
    return {flags.name, flags.ca_file};
  auto project = tool::open_project(context);
  auto status = Deployments(project).status(flags.name);
  if (status.url.empty())
    throw Busy(fmt::format("deployment {} is not running", flags.name),
               fmt::format("start it: ds-deploy start {}", flags.name));
  auto certificate = ServeSettings::from_yaml(status.record.options, flags.name).tls_cert;
  return {status.url, flags.ca_file.empty() ? certificate : flags.ca_file};
}

std::string token_of(const CallFlags& flags) {
  if (!flags.token_file.empty()) return std::string(trim(read_file(flags.token_file)));
  const char* token = std::getenv("DS_TOKEN");
  return token == nullptr ? "" : token;
}

[[noreturn]] void throw_refusal(const std::string& image, const http::Response& answer) {
  std::string message = answer.body;
  auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) message = json["error"];
  auto text = fmt::format("{}: the server answered {}: {}", image, answer.status, message);
  if (answer.status == 401 || answer.status == 403)
    throw UsageError(text, "name a token: --token-file FILE or DS_TOKEN");
  if (answer.status == 429 || answer.status == 503) throw Busy(text);
  if (answer.status == 400) throw UsageError(text);
  if (answer.status == 413 || answer.status == 422) throw DataError(text);
  throw Error(text);
}

void print_answer(Context& context, const std::string& image, const std::string& body, bool one_of_many) {
  auto json = nlohmann::ordered_json::parse(body);
  if (context.shared.json) {
    nlohmann::ordered_json line{{"file", image}};
    line.update(json);
    if (one_of_many)
      context.out.json_line(line);
    else
      context.out.json(line);
    return;
  }
  const auto& found = json.at("detections");
  context.out.line(fmt::format("{}: {} by {} (generation {})", image, counted(found.size(), "object"),
                               json.at("model").get<std::string>(),
                               json.at("generation").get<std::int64_t>()));
  for (const auto& one : found) {
    const auto& box = one.at("box");
    context.out.line(fmt::format("  {}  {:.3f}  [{:.1f}, {:.1f}, {:.1f}, {:.1f}]",
                                 one.at("class").get<std::string>(), one.at("score").get<double>(),
                                 box[0].get<double>(), box[1].get<double>(), box[2].get<double>(),
                                 box[3].get<double>()));
  }
}

/// Says where the pictures would go; nothing is sent, so that no server captures them.
int plan_call(Context& context, const CallFlags& flags, const std::string& url) {
  for (const auto& image : flags.images) read_file(image);
  return tool::would(context,
                     fmt::format("send {} to {}/v1/detect{}", counted(flags.images.size(), "picture"), url,
                                 flags.output.empty() ? "" : " and write " + flags.output.string()),
                     {{"url", url + "/v1/detect"}, {"files", flags.images}});
}

int run_call(Context& context, const CallFlags& flags) {
  if (!flags.output.empty() && flags.images.size() != 1)
    throw UsageError(fmt::format("--output with {} images: expected one", flags.images.size()));
  if (!flags.output.empty()) require_picture_name(flags.output);
  auto [url, certificate] = address_of(context, flags);
  if (context.shared.dry_run) return plan_call(context, flags, url);
  http::FetchOptions options;
  options.method = "POST";
  options.content_type = "application/octet-stream";
  options.token = token_of(flags);
  options.ca_file = certificate;
  options.timeout_s = flags.timeout_s;
  if (!flags.group.empty()) options.headers.add("X-DS-Group", flags.group);
  std::string query = flags.score ? "?score=" + shortest(*flags.score) : "";
  if (!flags.output.empty()) query += query.empty() ? "?draw=1" : "&draw=1";
  for (const auto& image : flags.images) {
    options.body = read_file(image);
    auto answer = http::fetch(url + "/v1/detect" + query, options);
    if (answer.status != 200) throw_refusal(image, answer);
    if (flags.output.empty()) {
      print_answer(context, image, answer.body, flags.images.size() > 1);
      continue;
    }
    write_image(flags.output, answer.body);
    context.out.line(fmt::format("{}: {} objects drawn -> {}", image,
                                 answer.headers.get_or("X-DS-Detections", "?"), flags.output.string()));
  }
  return 0;
}

}  // namespace

void add_call(Tool& tool) {
  auto& verb = tool.verb("call", "send pictures to a running deployment");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<CallFlags>();
  verb.options()
      .add("score", flags.score, "report objects from this score on; default: the model's")
      .within(0, 1)
      .add("output", flags.output, "write the picture with boxes drawn in: .jpg or .png (also -o)")
      .add("group", flags.group,
           "what the pictures belong to (camera, session): captures of one group stay together", "TEXT")
      .add("token-file", flags.token_file, "file that holds the token; default: $DS_TOKEN")
      .add("ca-file", flags.ca_file, "certificate to trust; default: the deployment's own")
      .duration("timeout", flags.timeout_s, "for one picture");
  verb.example("ds-deploy call gate-3 photo.jpg")
      .argument("name", flags.name, "deployment, or an address: http://host:port")
      .arguments("image", flags.images, "JPEG or PNG files")
      .run([&flags](Context& context) { return run_call(context, flags); });
}

}  // namespace ds::deploy_tool
