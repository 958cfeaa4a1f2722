#pragma once

#include <string>
#include <vector>

#include "ds/http/server.h"

namespace ds::http::detail {

struct Route {
  std::string method;
  std::string pattern;
  std::vector<std::string> parts;
  std::string scope;
  Handler handler;
  AsyncHandler async_handler;  // when there is no handler
};

class Router {
 public:
  void add(Route route);
  /// What a request matches: nullptr and the methods that would match, for 404 and 405. HEAD matches GET.
  const Route* find(Request& request, std::vector<std::string>& other_methods) const;

 private:
  std::vector<Route> routes_;
};

/// Fills path and query from the target. False when an escape is broken or it is no absolute path.
bool parse_target(Request& request);
/// The response for what a handler threw.
Response response_for(std::exception_ptr failure);

}  // namespace ds::http::detail
