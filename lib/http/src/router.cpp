#include "router.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"

namespace ds::http::detail {
namespace {

/// `/v2/models/x` to {v2, models, x}; a trailing slash gives an empty last part.
std::vector<std::string> path_parts(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 1;
  for (;;) {
    auto end = path.find('/', begin);
    parts.push_back(path.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

bool is_parameter(const std::string& part) {
  return part.starts_with('{') && part.ends_with('}');
}
bool takes_the_rest(const std::string& part) {
  return part.starts_with('{') && part.ends_with("...}");
}

bool match(const Route& route, const std::vector<std::string>& parts,
           std::map<std::string, std::string>& parameters) {
  for (std::size_t i = 0; i < route.parts.size(); ++i) {
    const auto& part = route.parts[i];
    if (i >= parts.size()) return false;
    if (takes_the_rest(part)) {
      parameters[part.substr(1, part.size() - 5)] =
          join({parts.begin() + static_cast<long>(i), parts.end()}, "/");
      return true;
    }
    if (is_parameter(part)) {
      if (parts[i].empty()) return false;
      parameters[part.substr(1, part.size() - 2)] = parts[i];
    } else if (part != parts[i]) {
      return false;
    }
  }
  return parts.size() == route.parts.size();
}

}  // namespace

void Router::add(Route route) {
  route.parts = path_parts(route.pattern);
  routes_.push_back(std::move(route));
}

const Route* Router::find(Request& request, std::vector<std::string>& other_methods) const {
  auto parts = path_parts(request.path);
  for (const auto& route : routes_) {
    std::map<std::string, std::string> parameters;
    if (!match(route, parts, parameters)) continue;
    if (route.method == request.method || (route.method == "GET" && request.method == "HEAD")) {
      request.parameters = std::move(parameters);
      return &route;
    }
    other_methods.push_back(route.method);
  }
  return nullptr;
}

bool parse_target(Request& request) {
  std::string_view target = request.target;
  if (target.empty() || target.front() != '/') return false;
  auto mark = target.find('?');
  auto path = percent_decode(target.substr(0, mark));
  auto query = parse_query(mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1));
  if (!path || !query) return false;
  request.path = std::move(*path);
  request.query = std::move(*query);
  return true;
}

Response response_for(std::exception_ptr failure) {
  auto text = [](const Error& error) {
    return error.advice().empty() ? std::string(error.what())
                                  : fmt::format("{} ({})", error.what(), error.advice());
  };
  try {
    std::rethrow_exception(failure);
  } catch (const UsageError& error) {
    return Response::error(400, text(error));
  } catch (const DataError& error) {
    return Response::error(422, text(error));
  } catch (const Busy& error) {
    auto response = Response::error(503, text(error));
    response.headers.add("Retry-After", "1");
    return response;
  } catch (const std::exception& error) {
    log::error(fmt::format("request failed: {}", error.what()));
    return Response::error(500, error.what());
  } catch (...) {
    return Response::error(500, "unknown failure");
  }
}

}  // namespace ds::http::detail
