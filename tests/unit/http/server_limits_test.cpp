#include <fmt/format.h>

#include <future>

#include "ds/base/error.h"
#include "ds/http/client.h"
#include "ds/http/server.h"
#include "raw_client.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::http;

namespace {

/// A server that counts what reaches its handler.
struct Fixture {
  explicit Fixture(ServerOptions options = small()) : server(std::move(options)) {
    server.route("POST", "/echo", [this](const Request& request) {
      ++handled;
      return Response::text(request.body);
    });
    server.start();
  }
  static ServerOptions small() {
    ServerOptions options;
    options.max_body_bytes = 1000;
    options.max_header_bytes = 500;
    return options;
  }
  std::string talk(const std::string& bytes) {
    RawClient client(server.port());
    client.send(bytes);
    return client.read_to_end();
  }
  std::atomic<int> handled{0};
  Server server;
};

std::string status_line(const std::string& answer) {
  return answer.substr(0, answer.find("\r\n"));
}
std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

const std::string kPost = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";

}  // namespace

TEST_CASE("a body over the limit is refused by its length alone") {
  Fixture f;
  auto answer = f.talk(kPost + "Content-Length: 1001\r\n\r\n");
  REQUIRE(status_line(answer) == "HTTP/1.1 413 Payload Too Large");
  REQUIRE(body_of(answer) == "{\"error\":\"the body is larger than 1000 bytes\"}\n");
  REQUIRE(f.talk(kPost + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x'))
              .ends_with(std::string(1000, 'x')));
  REQUIRE(f.handled == 1);
}

TEST_CASE("a chunked body over the limit is refused while it comes") {
  Fixture f;
  std::string chunk = "190\r\n" + std::string(400, 'x') + "\r\n";  // 0x190 = 400; three are 1200 > 1000
  auto answer = f.talk(kPost + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk + "0\r\n\r\n");
  REQUIRE(status_line(answer) == "HTTP/1.1 413 Payload Too Large");
  auto small = f.talk(kPost + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + "0\r\n\r\n");
  REQUIRE(body_of(small) == std::string(800, 'x'));
  REQUIRE(f.handled == 1);
}

TEST_CASE("a client that goes on sending after a refusal still reads the answer") {
  Fixture f;
  auto answer = f.talk(kPost + "Content-Length: 3000000\r\n\r\n" + std::string(3000000, 'x'));
  REQUIRE(status_line(answer) == "HTTP/1.1 413 Payload Too Large");
}

TEST_CASE("a header over the limit is refused") {
  Fixture f;
  auto answer = f.talk(kPost + "X-Big: " + std::string(600, 'x') + "\r\n\r\n");
  REQUIRE(status_line(answer) == "HTTP/1.1 431 Request Header Fields Too Large");
  REQUIRE(body_of(answer) == "{\"error\":\"the header is larger than 500 bytes\"}\n");
}

TEST_CASE("two lengths for one body are refused") {
  Fixture f;
  for (const char* lengths :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: gzip\r\n", "Content-Length: 3\r\nContent-Length: 4\r\n"}) {
    auto answer = f.talk(kPost + lengths + "\r\n0\r\n\r\n");
    REQUIRE(status_line(answer) == "HTTP/1.1 400 Bad Request");
  }
  auto odd = f.talk(kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
  REQUIRE(status_line(odd) == "HTTP/1.1 501 Not Implemented");
  REQUIRE(f.handled == 0);
}

TEST_CASE("a compressed body is refused") {
  Fixture f;
  auto answer = f.talk(kPost + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc");
  REQUIRE(status_line(answer) == "HTTP/1.1 415 Unsupported Media Type");
  REQUIRE(f.handled == 0);
}

TEST_CASE("what is no HTTP is refused") {
  Fixture f;
  REQUIRE(status_line(f.talk("hello\r\n\r\n")) == "HTTP/1.1 400 Bad Request");
  auto escape = f.talk("GET /a%zz HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(body_of(escape) == "{\"error\":\"malformed target\"}\n");
}

TEST_CASE("a client that waits for 100 is told to go on, or refused first") {
  Fixture f;
  RawClient client(f.server.port());
  client.send(kPost + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  REQUIRE(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  REQUIRE(body_of(client.read_to_end()) == "ok");
  auto refused = f.talk(kPost + "Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n");
  REQUIRE(status_line(refused) == "HTTP/1.1 413 Payload Too Large");
}

TEST_CASE("a slow client meets its deadline, in the header and in the body") {
  auto options = Fixture::small();
  options.deadline_s = 0.3;
  Fixture f(options);
  for (const std::string& beginning : {std::string("POST /ec"), kPost + "Content-Length: 10\r\n\r\nabc"}) {
    RawClient client(f.server.port());
    client.send(beginning);
    auto answer = client.read_to_end();
    REQUIRE(status_line(answer) == "HTTP/1.1 408 Request Timeout");
    REQUIRE(body_of(answer) == "{\"error\":\"the request did not arrive within its deadline\"}\n");
  }
  REQUIRE(f.handled == 0);
}

TEST_CASE("many slow clients do not keep a quick one waiting") {
  auto options = Fixture::small();
  options.deadline_s = 20;
  Fixture f(options);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 32; ++i) {
    slow.push_back(std::make_unique<RawClient>(f.server.port()));
    slow.back()->send("POST /echo HT");
  }
  FetchOptions quick;
  quick.method = "POST";
  quick.body = "quick";
  quick.timeout_s = 10;  // well under the slow ones' deadline
  REQUIRE(fetch(f.server.url() + "/echo", quick).body == "quick");
}

TEST_CASE("an answer that does not come is 504") {
  ServerOptions options;
  options.deadline_s = 0.3;
  Server server(options);
  std::promise<Reply> arrived;
  server.route_async("GET", "/never",
                     [&](const Request&, Reply reply) { arrived.set_value(std::move(reply)); });
  server.start();
  auto answer = fetch(server.url() + "/never");
  REQUIRE(answer.status == 504);
  arrived.get_future().get()(Response::text("late"));
}

TEST_CASE("an idle connection is closed without a word") {
  auto options = Fixture::small();
  options.idle_s = 0.2;
  Fixture f(options);
  REQUIRE(f.talk("").empty());
}

TEST_CASE("connections over the cap are turned away") {
  auto options = Fixture::small();
  options.max_connections = 2;
  Fixture f(options);
  RawClient first(f.server.port());
  RawClient second(f.server.port());
  first.send("POST /echo HT");
  second.send("POST /echo HT");
  RawClient third(f.server.port());
  auto answer = third.read_to_end();
  REQUIRE(status_line(answer) == "HTTP/1.1 503 Service Unavailable");
  REQUIRE(body_of(answer) == "{\"error\":\"too many connections\"}\n");
  REQUIRE(f.server.connections() == 2);
}
